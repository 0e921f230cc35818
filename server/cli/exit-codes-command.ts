/** kanmon exit-codes: the table of exit codes, also as `kanmon help exit-codes`. */
import { Command } from 'commander';
import { EXIT_CODES } from './exit-codes.ts';
import { formatTable, writeJson, writeLine } from './output.ts';
import type { World } from './world.ts';

/** The command. */
export function exitCodesCommand(world: World): Command {
  return new Command('exit-codes')
    .description('explain the exit codes')
    .option('--json', 'print them as JSON')
    .addHelpText('after', `\n${table().join('\n')}`)
    .action(async ({ json }: { readonly json?: boolean }) => {
      if (json) return writeJson(world.stdout, EXIT_CODES);
      for (const line of table()) await writeLine(world.stdout, line);
    });
}

function table(): readonly string[] {
  return formatTable(
    ['CODE', 'MEANING'],
    EXIT_CODES.map(({ code, means }) => [String(code), means]),
  );
}
