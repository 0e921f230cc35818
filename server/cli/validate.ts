/** kanmon validate: every fault of a configuration at once. */
import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { type Fault, formatFault, formatPath } from '../config/faults.ts';
import { readConfig } from '../config/read.ts';
import type { Snapshot } from '../config/snapshot.ts';
import { addExamples } from './examples.ts';
import { EXIT, ExitWith } from './exit-codes.ts';
import { configHint } from './explain.ts';
import { writeJson, writeLine } from './output.ts';
import type { World } from './world.ts';

/** The command. */
export function validateCommand(world: World): Command {
  const command = new Command('validate')
    .description('check a configuration and print every fault; exit code 2 if there is one')
    .argument('[file]', 'the configuration', 'kanmon.yaml')
    .option('--json', 'print the faults as JSON')
    .action((file: string, flags: { readonly json?: boolean }) => validate(file, flags.json === true, world));
  return addExamples(command, world.commandName, [
    ['Before a rollout, with the secrets that it refers to', 'OPENAI_API_KEY=x kanmon validate kanmon.yaml'],
  ]);
}

async function validate(file: string, json: boolean, world: World): Promise<void> {
  const compiled = await readConfig(file, { env: world.env, readFile: (path) => readFile(path, 'utf8') });
  const faults = compiled.ok ? [] : compiled.faults;
  if (json) await writeJson(world.stdout, { valid: compiled.ok, faults: faults.map(toJson) });
  else if (compiled.ok) await writeLine(world.stdout, describe(file, compiled.snapshot));
  else await writeFaults(faults.map(formatFault).join('\n'), world);
  if (!compiled.ok) throw new ExitWith(EXIT.usage);
}

async function writeFaults(faults: string, { stderr, commandName }: World): Promise<void> {
  const hint = configHint(faults, commandName);
  await writeLine(stderr, hint === undefined ? faults : `${faults}\n${hint}`);
}

function describe(file: string, { providers, models, clients, digest }: Snapshot): string {
  const count = (size: number, what: string) => `${size} ${what}${size === 1 ? '' : 's'}`;
  const parts = [count(providers.size, 'provider'), count(models.size, 'model'), count(clients.size, 'client')];
  return `${file} is valid: ${parts.join(', ')} (version ${digest.slice(0, 12)})`;
}

function toJson({ path, ...fault }: Fault) {
  return { ...fault, path: formatPath(path) };
}
