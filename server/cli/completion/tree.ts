/** The command line's words, as shells complete them. */
import type { Command } from 'commander';

/** One command. */
export interface CommandWords {
  readonly name: string;
  readonly description: string;
  readonly flags: readonly FlagWords[];
  /** The values that its first argument may have, where they are few. */
  readonly choices: readonly string[];
}

/** One flag. */
export interface FlagWords {
  readonly long: string;
  readonly short: string | undefined;
  readonly description: string;
  readonly takesValue: boolean;
}

/** All commands of a program, its own help among them. */
export function describeCommands(program: Command): readonly CommandWords[] {
  const help = program.createHelp();
  return help.visibleCommands(program).map((command) => ({
    name: command.name(),
    description: command.description(),
    flags: help.visibleOptions(command).map((option) => ({
      long: option.long ?? '',
      short: option.short,
      description: option.description,
      takesValue: option.required || option.optional,
    })),
    choices: command.registeredArguments[0]?.argChoices ?? [],
  }));
}
