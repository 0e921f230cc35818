/**
 * Everything that reads the tree without running it: types, lint, format, the contract's rules, generated code in step.
 * All at once, as they are separate processes; prints the output of those that fail. Arguments choose checks by name.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';

interface Check {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
}

/** An image of the contract as last released (`buf build --output`); until the first release there is none. */
const RELEASED = 'proto/released.binpb';

const CHECKS: readonly Check[] = [
  { name: 'types', command: ['tsc', '--project', 'tsconfig.json'] },
  { name: 'lint:biome', command: ['biome', 'check', '--error-on-warnings'] },
  { name: 'lint:oxlint', command: ['oxlint', '--type-aware', '--deny-warnings'] },
  { name: 'lint:buf', command: ['buf', 'lint'] },
  { name: 'lint:buf-format', command: ['buf', 'format', '--diff', '--exit-code'] },
  { name: 'generated:code', command: [process.execPath, '.ci/generate.ts', '--check'] },
  { name: 'generated:docs', command: [process.execPath, '--conditions=kanmon-source', '.ci/docs.ts', '--check'] },
  ...(existsSync(RELEASED)
    ? [{ name: 'breaking', command: ['buf', 'breaking', '--against', RELEASED] } satisfies Check]
    : []),
];

const wanted = process.argv.slice(2);
const chosen = CHECKS.filter(({ name }) => wanted.length === 0 || wanted.some((prefix) => name.startsWith(prefix)));
const failed = (await Promise.all(chosen.map(runCheck))).filter((ok) => !ok).length;
if (chosen.length === 0) console.error(`no such check; there are ${CHECKS.map(({ name }) => name).join(', ')}`);
process.exitCode = failed > 0 || chosen.length === 0 ? 1 : 0;

async function runCheck({ name, command: [file, ...args] }: Check): Promise<boolean> {
  const startMs = performance.now();
  const output: Buffer[] = [];
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  const ok = await new Promise<boolean>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code === 0));
  });
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
  if (!ok) process.stdout.write(Buffer.concat(output));
  return ok;
}
