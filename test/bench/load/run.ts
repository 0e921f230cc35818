/**
 * The bench: `npm run bench`. The load generator and a mock upstream on one core, the subjects on the other; CPU time by
 * the kernel's account. Everything is on the loopback, bounded in time, and gone at the end.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measureAll } from './figures.ts';
import { startMock } from './mock.ts';
import { HELP, type Options, readOptions } from './options.ts';
import { renderFigures, writePage } from './page.ts';
import { LOAD_CORE } from './process.ts';
import { mergeResults, type Results, readResults, writeResults } from './results.ts';
import {
  gatewayStarter,
  goProxyStarter,
  nginxStarter,
  nodeProxyStarter,
  type SubjectStarter,
  type Surroundings,
} from './subjects.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

const options = readOptions(process.argv.slice(2));
if (options === undefined) console.log(HELP);
else report(await run(options), options);

async function run(wanted: Options): Promise<Results> {
  if (availableParallelism() < 2) throw new Error('the bench needs two cores: for the load, and for who is measured');
  execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', String(LOAD_CORE), String(process.pid)]);
  if (wanted.builds) execFileSync('npm', ['run', 'build'], { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] });
  const folder = mkdtempSync(join(tmpdir(), 'kanmon-bench-'));
  const mock = await startMock();
  try {
    const starters = await findStarters(wanted, { folder, upstreamPort: mock.port });
    return await measureAll(wanted, starters, mock);
  } finally {
    await mock.stop();
    rmSync(folder, { recursive: true });
  }
}

function report(results: Results, { writes }: Options): void {
  console.log(renderFigures(results));
  if (!writes) return;
  const merged = mergeResults(readResults(), results);
  writeResults(merged);
  writePage(merged);
}

/** The gateway first; proxies that the machine does not have are left out. */
async function findStarters(
  { before, without, profiles, mode }: Options,
  surroundings: Surroundings,
): Promise<readonly SubjectStarter[]> {
  const gateway = await gatewayStarter({ name: 'kanmon', root: ROOT, profiles }, surroundings);
  if (mode === 'soak') return [gateway];
  const old = before && (await gatewayStarter({ name: 'before', root: before, profiles: undefined }, surroundings));
  const go = without.has('go') ? undefined : goProxyStarter(surroundings);
  const nginx = without.has('nginx') ? undefined : nginxStarter(surroundings);
  return [gateway, old, nodeProxyStarter(surroundings), go, nginx].filter(
    (starter) => starter !== undefined && starter !== '',
  );
}
