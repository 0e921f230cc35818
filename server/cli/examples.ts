/** Help that teaches: examples below a command's options. */
import type { Command } from 'commander';

/** One example: what it does, and the command line without the program's name. */
export type Example = readonly [what: string, line: string];

/** Adds examples to a command's help. */
export function addExamples(command: Command, commandName: string, examples: readonly Example[]): Command {
  const lines = examples.map(([what, line]) => `  # ${what}\n  ${line.replaceAll('kanmon ', `${commandName} `)}`);
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n\n')}`);
}
