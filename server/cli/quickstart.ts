/** kanmon quickstart: from nothing to a gateway that answers over mutual TLS, and how to go on. */
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import { DEFAULT_DIRECTORY } from './connection.ts';
import { addExamples } from './examples.ts';
import { explainListenError } from './explain.ts';
import { writeLine } from './output.ts';
import { withProgress } from './progress.ts';
import { QUICKSTART_PROVIDERS, type QuickstartProvider } from './quickstart/config.ts';
import { nextSteps } from './quickstart/next-steps.ts';
import type { GatewayLaunch, RunningGateway, World } from './world.ts';

interface QuickstartFlags {
  readonly dir: string;
  readonly port?: number;
  readonly provider?: QuickstartProvider;
  readonly once?: boolean;
}

/** The command. */
export function quickstartCommand(world: World): Command {
  const command = new Command('quickstart')
    .description('set up a gateway with a simulated provider, call it, and serve until interrupted')
    .option(
      '-d, --dir <directory>',
      'where certificates and configuration go',
      world.env.KANMON_DIR || DEFAULT_DIRECTORY,
    )
    .option(
      '-p, --port <number>',
      'port of the service; 0 for a free one; else 7443, or a free one if it is taken',
      parsePort,
    )
    .addOption(
      new Option(
        '--provider <name>',
        'who answers; the others take a key from OPENAI_API_KEY or ANTHROPIC_API_KEY',
      ).choices(QUICKSTART_PROVIDERS),
    )
    .option('--once', 'end after the calls')
    .action((flags: QuickstartFlags) => quickstart(flags, world));
  return addExamples(command, world.commandName, [
    ['Set up, call and serve', 'kanmon quickstart'],
    ['With a real provider', 'OPENAI_API_KEY=… kanmon quickstart --provider openai'],
    ['Only see that everything works', 'kanmon quickstart --once --port 0'],
  ]);
}

async function quickstart({ dir, port, provider, once: isOnce }: QuickstartFlags, world: World): Promise<void> {
  const [{ prepareDirectory, rememberConnection }, { takeTour }] = await Promise.all([
    import('./quickstart/files.ts'), // With the certificates' library, which only few commands need.
    import('./quickstart/tour.ts'),
  ]);
  const { stdout } = world;
  const files = await prepareDirectory(dir, { port, provider });
  await writeLine(stdout, `Certificates and configuration are in ${dir}${files.isOwn ? ' (yours is kept)' : ''}.`);
  const log = await open(files.logPath, 'a');
  try {
    const launch = { configPath: files.configPath, logFd: log.fd };
    const gateway = await withProgress(world, 'starting the gateway', start(launch, world));
    try {
      const address = `127.0.0.1:${gateway.port}`;
      await rememberConnection(dir, address);
      await writeLine(stdout, `The gateway serves on ${address}, over mutual TLS; its log is ${files.logPath}.`);
      await takeTour(address, files, world);
      if (isOnce !== true) await untilInterrupted(nextSteps(address, files, world.commandName), world);
    } finally {
      await gateway.stop();
    }
  } finally {
    await log.close();
  }
}

async function start(launch: GatewayLaunch, world: World): Promise<RunningGateway> {
  try {
    return await world.startGateway(launch);
  } catch (error) {
    throw explainListenError(error, 'use --port');
  }
}

async function untilInterrupted(steps: string, { stdout, interruption }: World): Promise<void> {
  const signal = interruption();
  await writeLine(stdout, steps);
  await writeLine(stdout, 'Serving until Ctrl-C.');
  if (!signal.aborted) await once(signal, 'abort');
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('It must be a number from 0 to 65535.');
}
