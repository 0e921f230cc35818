/** kanmon completion: scripts that teach a shell our words. */
import { Argument, Command } from 'commander';
import { completionScript, SHELLS, type Shell } from './completion/scripts.ts';
import { describeCommands } from './completion/tree.ts';
import { addExamples } from './examples.ts';
import { write } from './output.ts';
import type { World } from './world.ts';

/** The command. */
export function completionCommand(world: World): Command {
  const command = new Command('completion')
    .description('print a completion script for a shell')
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .action((shell: Shell, _flags: object, self: Command) => {
      const program = self.parent ?? self;
      return write(world.stdout, completionScript(shell, describeCommands(program)));
    });
  return addExamples(command, world.commandName, [
    ['bash: in ~/.bashrc', 'source <(kanmon completion bash)'],
    ['zsh: in ~/.zshrc, after compinit', 'source <(kanmon completion zsh)'],
    ['fish: once', 'kanmon completion fish > ~/.config/fish/completions/kanmon.fish'],
  ]);
}
