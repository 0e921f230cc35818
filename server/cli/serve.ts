/** kanmon serve: the gateway itself. */
import { once } from 'node:events';
import { Command } from 'commander';
import { addExamples } from './examples.ts';
import { explainListenError } from './explain.ts';
import type { World } from './world.ts';

/** The command. What it has to say is in the log, on the standard output. */
export function serveCommand(world: World): Command {
  const command = new Command('serve')
    .description('run the gateway until SIGTERM or SIGINT; calls under way finish first')
    .option('-c, --config <file>', 'the configuration; a changed file, and SIGHUP, make it take effect', 'kanmon.yaml')
    .action(({ config }: { readonly config: string }) => serve(config, world));
  return addExamples(command, world.commandName, [
    ['With the configuration that quickstart made', 'kanmon serve --config .kanmon/kanmon.yaml'],
    ['With a real key', 'OPENAI_API_KEY=… kanmon serve --config kanmon.yaml'],
  ]);
}

async function serve(configPath: string, { startGateway, interruption, onHangup }: World): Promise<void> {
  const signal = interruption(); // From now on: a signal while it starts ends it as soon as it has.
  const gateway = await startGateway({ configPath }).catch((error: unknown) => {
    throw explainListenError(error, `change its address under listen in ${configPath}`);
  });
  onHangup(() => void gateway.reload());
  if (!signal.aborted) await once(signal, 'abort');
  await gateway.stop();
}
