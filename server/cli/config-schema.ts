/** kanmon config-schema: the JSON Schema of the configuration. */
import { Command } from 'commander';
import { configJsonSchema } from '../config/schema.ts';
import { addExamples } from './examples.ts';
import { writeLine } from './output.ts';
import type { World } from './world.ts';

/** The command. */
export function configSchemaCommand(world: World): Command {
  const command = new Command('config-schema')
    .description('print the JSON Schema of the configuration, for editors')
    .action(() => writeLine(world.stdout, configSchemaText()));
  return addExamples(command, world.commandName, [
    [
      'Then put "# yaml-language-server: $schema=kanmon.schema.json" first in the configuration',
      'kanmon config-schema > kanmon.schema.json',
    ],
  ]);
}

/** The schema as text. */
export function configSchemaText(): string {
  return JSON.stringify(configJsonSchema(), undefined, 2);
}
