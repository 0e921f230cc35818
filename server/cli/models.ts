/** kanmon models: what this caller may use. */
import { ModelInfo } from '@kanmon/client';
import { Command } from 'commander';
import { addConnectionOptions, type ConnectionFlags, withConnection } from './connection.ts';
import { addExamples } from './examples.ts';
import { formatTable, writeJson, writeLine } from './output.ts';
import { withProgress } from './progress.ts';
import type { World } from './world.ts';

/** The command. */
export function modelsCommand(world: World): Command {
  const command = new Command('models')
    .description('list the models that this caller may use')
    .option('--json', 'print them as JSON')
    .action((flags: ConnectionFlags & { readonly json?: boolean }) => models(flags, world));
  return addExamples(addConnectionOptions(command), world.commandName, [
    ['As a table', 'kanmon models'],
    ['Names only', 'kanmon models --json | jq -r .[].name'],
  ]);
}

async function models(flags: ConnectionFlags & { readonly json?: boolean }, world: World): Promise<void> {
  await withConnection(flags, world, async ({ client, call }) => {
    const found = await withProgress(world, 'listing models', collect(client.models(call)));
    if (flags.json)
      return writeJson(
        world.stdout,
        found.map((model) => ModelInfo.toJSON(model)),
      );
    for (const line of formatTable(['MODEL', 'CONTEXT', 'CAN', 'DESCRIPTION'], found.map(toRow))) {
      await writeLine(world.stdout, line);
    }
  });
}

async function collect(found: AsyncIterable<ModelInfo>): Promise<readonly ModelInfo[]> {
  const all: ModelInfo[] = [];
  for await (const model of found) all.push(model);
  return all;
}

function toRow({ name, contextWindowTokens, capabilities, description }: ModelInfo): readonly string[] {
  const can = capabilities.map((capability) => capability.replace('MODEL_CAPABILITY_', '').toLowerCase());
  return [name, contextWindowTokens === undefined ? '-' : String(contextWindowTokens), can.join(' '), description];
}
