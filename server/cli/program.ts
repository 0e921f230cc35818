/** The command line as a tree of commands. */
import { Command } from 'commander';
import { certsCommand } from './certs.ts';
import { completeCommand } from './complete.ts';
import { completionCommand } from './completion.ts';
import { configSchemaCommand } from './config-schema.ts';
import { embedCommand } from './embed.ts';
import { exitCodesCommand } from './exit-codes-command.ts';
import { healthCommand } from './health.ts';
import { modelsCommand } from './models.ts';
import { protosetCommand } from './protoset.ts';
import { providerCommand } from './provider.ts';
import { quickstartCommand } from './quickstart.ts';
import { serveCommand } from './serve.ts';
import { streamCommand } from './stream.ts';
import { validateCommand } from './validate.ts';
import type { World } from './world.ts';

const GROUPS = [
  ['Run a gateway:', [quickstartCommand, serveCommand, validateCommand, certsCommand]],
  ['Call a gateway:', [completeCommand, streamCommand, embedCommand, modelsCommand, healthCommand]],
  ['Tools:', [providerCommand, protosetCommand, configSchemaCommand, completionCommand, exitCodesCommand]],
] as const;

/** The program. It throws a CommanderError instead of ending the process. */
export function buildProgram(world: World): Command {
  const program = new Command('kanmon')
    .description('Kanmon, an LLM gateway that speaks gRPC: run it, and call it.')
    .version(world.version)
    .addHelpText('after', `\nNew here? Run "${world.commandName} quickstart". Each command's --help has examples.`);
  for (const [heading, commands] of GROUPS) {
    for (const make of commands) program.addCommand(make(world).helpGroup(heading));
  }
  for (const command of [program, ...program.commands]) {
    command
      .exitOverride()
      .configureOutput({
        writeOut: (text) => world.stdout.write(text),
        writeErr: (text) => world.stderr.write(text),
        getOutHelpWidth: () => world.stdout.columns ?? 100,
        getErrHelpWidth: () => world.stderr.columns ?? 100,
      })
      .showHelpAfterError(`(${world.commandName} ${command === program ? '' : `${command.name()} `}--help explains)`);
  }
  return program;
}
