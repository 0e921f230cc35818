/** What quickstart leaves in its directory: certificates, configuration, schema, protoset and the connection for the CLI. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { protosetBytes } from '../../model/protoset.ts';
import { writeCertificates } from '../certs/files.ts';
import { configSchemaText } from '../config-schema.ts';
import { connectionFile, type SavedConnection } from '../connection.ts';
import { UsageError } from '../exit-codes.ts';
import { isQuickstartConfig, QUICKSTART_CLIENT, type QuickstartProvider, quickstartConfig } from './config.ts';
import { choosePorts } from './ports.ts';

/** Paths of what was written. */
export interface QuickstartFiles {
  readonly configPath: string;
  /** Whether the configuration was changed by its owner, and therefore kept. */
  readonly isOwn: boolean;
  /** Whether the simulator answers, as far as known. */
  readonly isSimulated: boolean;
  readonly protosetPath: string;
  readonly logPath: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

const TLS = { ca: 'tls/ca.pem', cert: 'tls/client.pem', key: 'tls/client.key' } as const;

/** What the flags choose. */
export interface QuickstartChoice {
  /** Port of the service; undefined: the default if it is free. */
  readonly port: number | undefined;
  /** Who answers; undefined: the simulator. */
  readonly provider: QuickstartProvider | undefined;
}

/** Writes everything that the gateway needs to start. */
export async function prepareDirectory(directory: string, choice: QuickstartChoice): Promise<QuickstartFiles> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFile(join(directory, '.gitignore'), '*\n'); // Keys do not belong into git.
  await writeCertificates({
    directory: join(directory, 'tls'),
    serverNames: [],
    clients: new Map([['client', QUICKSTART_CLIENT]]),
    validity: {},
  });
  const configPath = join(directory, 'kanmon.yaml');
  const isOwn = await writeConfig(configPath, choice);
  const isSimulated = !isOwn && (choice.provider ?? 'simulator') === 'simulator';
  const inside = (path: string) => join(directory, path);
  const protosetPath = inside('kanmon.protoset');
  await writeFile(protosetPath, protosetBytes());
  await writeFile(inside('kanmon.schema.json'), `${configSchemaText()}\n`);
  const pems = { ca: inside(TLS.ca), cert: inside(TLS.cert), key: inside(TLS.key) };
  return { configPath, isOwn, isSimulated, protosetPath, logPath: inside('gateway.log'), ...pems };
}

/** Lets later commands find the gateway by themselves. */
export async function rememberConnection(directory: string, address: string): Promise<void> {
  const connection: SavedConnection = { address, ...TLS };
  await writeFile(...connectionFile(directory, connection));
}

async function writeConfig(path: string, { port, provider }: QuickstartChoice): Promise<boolean> {
  const existing = await readFile(path, 'utf8').catch(() => undefined); // The first time there is none.
  if (existing !== undefined && !isQuickstartConfig(existing)) {
    if (port === undefined && provider === undefined) return true;
    throw new UsageError(
      `${path} was changed, so --port and --provider do not touch it: change it there, or remove it`,
    );
  }
  await writeFile(path, quickstartConfig(await choosePorts(port), provider));
  return false;
}
