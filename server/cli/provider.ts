/** kanmon provider: a provider on the loopback that answers, and misbehaves, by a scenario. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import { addExamples } from './examples.ts';
import { UsageError } from './exit-codes.ts';
import { explainListenError } from './explain.ts';
import { writeJson, writeLine } from './output.ts';
import type { RecordedRequest, ScriptedProvider } from './provider/scripted-provider.ts';
import type { World } from './world.ts';

interface ProviderFlags {
  readonly port: number;
  readonly bodies?: boolean;
}

/** The command. */
export function providerCommand(world: World): Command {
  const command = new Command('provider')
    .description('run a scripted provider on the loopback: it answers, and misbehaves, as a scenario says')
    .argument('[scenario]', 'a YAML file (docs/provider.md); without one every call gets a short answer')
    .option('--port <port>', 'where it listens; 0: a free port', readPort, 0)
    .option('--bodies', 'print the bodies of requests too')
    .action((file: string | undefined, flags: ProviderFlags) => provide(file, flags, world));
  return addExamples(command, world.commandName, [
    ['A provider that answers everything', 'kanmon provider --port 8099'],
    ['Two rate limits, then a stream that breaks', 'kanmon provider scenario.yaml --port 8099'],
  ]);
}

const ANSWERS_ALL = 'rules: [{}]';

async function provide(file: string | undefined, { port, bodies = false }: ProviderFlags, world: World): Promise<void> {
  // Loaded here: what reads scenarios is needed by no other command.
  const { parseScenario } = await import('./provider/scenario.ts');
  const { openScriptedProvider } = await import('./provider/scripted-provider.ts');
  const scenario = parseScenario(file === undefined ? ANSWERS_ALL : await readScenario(file));
  const signal = world.interruption();
  const onRequest = (recorded: RecordedRequest) => void writeJson(world.stdout, describe(recorded, bodies));
  const provider = await openScriptedProvider(scenario, { port, onRequest }).catch((error: unknown) => {
    throw explainListenError(error, 'choose another --port');
  });
  await writeLine(world.stderr, `listening on ${provider.baseUrl}, until interrupted`);
  if (!signal.aborted) await once(signal, 'abort');
  await provider[Symbol.asyncDispose]();
  await writeLine(world.stderr, summarize(provider));
}

function summarize({ requests, billed }: ScriptedProvider): string {
  return `${requests.length} requests; ${billed.input} input and ${billed.output} output tokens billed`;
}

async function readScenario(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${error instanceof Error ? error.message : ''}`);
  }
}

/** Without headers: keys stand there. */
function describe({ number, request, rule, status, billed }: RecordedRequest, bodies: boolean): object {
  const { method, path, model, streams, wire, body } = request;
  return {
    number,
    method,
    path,
    dialect: wire?.dialectId,
    model,
    stream: streams,
    rule,
    status,
    billed,
    ...(bodies && { body }),
  };
}

function readPort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new InvalidArgumentError('It must be 0 to 65535.');
  return port;
}
