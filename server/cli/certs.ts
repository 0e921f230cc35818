/** kanmon certs: a development CA with a server's and clients' certificates. */
import { Command, InvalidArgumentError } from 'commander';
import { addExamples } from './examples.ts';
import { UsageError } from './exit-codes.ts';
import { parseCount } from './generation.ts';
import { formatTable, writeJson, writeLine } from './output.ts';
import type { World } from './world.ts';

interface CertsFlags {
  readonly dir: string;
  readonly name: readonly string[];
  readonly client?: ReadonlyMap<string, string>;
  readonly days: number;
  readonly json?: boolean;
}

const DEFAULT_CLIENTS: ReadonlyMap<string, string> = new Map([['client', 'spiffe://kanmon.local/client']]);

/** The command. */
export function certsCommand(world: World): Command {
  const command = new Command('certs')
    .description("make a development CA, a server's and clients' certificates; run it again to renew them")
    .option('-d, --dir <directory>', 'where they lie; a CA that is there is kept', 'tls')
    .option(
      '--name <host>',
      "host name or IP address of the server beside the loopback's; may be repeated",
      collect,
      [],
    )
    .option('--client <id>', 'a client: spiffe://… or file-name=spiffe://…; may be repeated', collectClient)
    .option('--days <count>', 'how long the certificates are valid; the CA: a year', parseCount, 30)
    .option('--json', 'print what was written as JSON')
    .action((flags: CertsFlags) => certs(flags, world));
  return addExamples(command, world.commandName, [
    ['For a gateway on this machine', 'kanmon certs --dir tls'],
    [
      'For a gateway elsewhere and two services',
      'kanmon certs --name gateway.corp.example --client spiffe://corp.example/checkout --client spiffe://corp.example/search',
    ],
  ]);
}

async function certs({ dir, name, client = DEFAULT_CLIENTS, days, json }: CertsFlags, world: World): Promise<void> {
  const { writeCertificates } = await import('./certs/files.ts'); // It takes a while to load, and only this needs it.
  const request = { directory: dir, serverNames: name, clients: client, validity: { days } };
  const written = await writeCertificates(request).catch((cause: unknown) => {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  });
  if (json) return writeJson(world.stdout, written);
  const pairs = [written.authority, written.server, ...written.clients];
  const rows = pairs.map((pair) => [
    pair.certPath,
    pair.keyPath,
    pair.kept ? 'kept' : 'new',
    client.get(pair.name) ?? '',
  ]);
  for (const line of formatTable(['CERTIFICATE', 'KEY', 'STATE', 'SPIFFE ID'], rows))
    await writeLine(world.stdout, line);
  await writeLine(
    world.stderr,
    'For development: the CA key lies beside the certificates. Use your own PKI in production.',
  );
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

/** Files are called by the last segment of the id, unless the flag says how. */
function collectClient(text: string, before: ReadonlyMap<string, string> = new Map()): ReadonlyMap<string, string> {
  const [, name, id] = /^(?:([^=]*)=)?(spiffe:\/\/.*)$/.exec(text) ?? [];
  if (id === undefined) throw new InvalidArgumentError('Write spiffe://trust-domain/path, or file-name=spiffe://….');
  const file = name ?? id.slice(id.lastIndexOf('/') + 1);
  if (before.has(file)) throw new InvalidArgumentError(`There is a client ${file} already: write another-name=${id}.`);
  return new Map([...before, [file, id]]);
}
