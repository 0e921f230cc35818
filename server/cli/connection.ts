/** Which gateway a command calls, and as whom: by flag, by environment, or by what quickstart left behind. */
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { createClient, type KanmonCallOptions, type KanmonClient } from '@kanmon/client';
import type { Command } from 'commander';
import { parseDurationMs } from '../config/units.ts';
import { UsageError } from './exit-codes.ts';
import type { World } from './world.ts';

/** The flags that every calling command has. */
export interface ConnectionFlags {
  readonly address?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly serverName?: string;
  readonly timeout?: string;
  readonly insecure?: boolean;
}

/** Where a gateway is and which files vouch for the caller. */
export interface SavedConnection {
  readonly address: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** A client, and the options of its calls. */
export interface Connection {
  readonly address: string;
  readonly client: KanmonClient;
  readonly call: KanmonCallOptions;
}

/** The directory in which quickstart works unless told otherwise. */
export const DEFAULT_DIRECTORY = '.kanmon';

const SAVED_FILE = 'connection.json';
const DEFAULT_TIMEOUT = '2m';
const VARIABLES = {
  address: 'KANMON_ADDRESS',
  ca: 'KANMON_CA',
  cert: 'KANMON_CERT',
  key: 'KANMON_KEY',
  serverName: 'KANMON_SERVER_NAME',
  timeout: 'KANMON_TIMEOUT',
} as const;

/** Adds the flags. */
export function addConnectionOptions(command: Command): Command {
  return command
    .optionsGroup('Connection (without flags and variables: what quickstart left in .kanmon):')
    .option('--address <host:port>', 'the gateway (KANMON_ADDRESS)')
    .option('--ca <file>', "CA of the gateway's certificate, PEM (KANMON_CA)")
    .option('--cert <file>', "the caller's certificate, PEM (KANMON_CERT)")
    .option('--key <file>', 'its private key, PEM (KANMON_KEY)')
    .option('--server-name <name>', "name in the gateway's certificate, if not the address's (KANMON_SERVER_NAME)")
    .option('--timeout <duration>', `deadline of the call, for instance 30s (KANMON_TIMEOUT; else ${DEFAULT_TIMEOUT})`)
    .option('--insecure', 'without TLS, for a sidecar on the loopback that adds it')
    .optionsGroup('Options:');
}

/** Runs work with a client, which is closed after it. @throws UsageError if nothing says where the gateway is */
export async function withConnection<T>(
  flags: ConnectionFlags,
  world: World,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const { address, timeoutMs, ...tls } = await resolveConnection(flags, world.env);
  const client = openClient({ address, ...tls });
  try {
    return await work({ address, client, call: { timeoutMs, signal: world.interruption() } });
  } finally {
    client.close();
  }
}

/** What the flags, the environment and the saved connection say together; a flag beats a variable beats what was saved. */
export async function resolveConnection(flags: ConnectionFlags, env: World['env']) {
  const given = (name: keyof typeof VARIABLES) => flags[name] ?? (env[VARIABLES[name]] || undefined);
  const saved = await readConnection(env.KANMON_DIR || DEFAULT_DIRECTORY);
  const address = given('address') ?? saved?.address;
  if (address === undefined) {
    throw new UsageError(
      'no gateway to call: name one by --address or KANMON_ADDRESS, or run quickstart in this directory first',
    );
  }
  const own = address === saved?.address && flags.insecure !== true ? saved : undefined; // Its certificates are for its gateway only.
  return {
    address,
    timeoutMs: parseTimeout(given('timeout') ?? DEFAULT_TIMEOUT),
    ...defined({ ca: given('ca') ?? own?.ca, cert: given('cert') ?? own?.cert, key: given('key') ?? own?.key }),
    ...defined({ serverName: given('serverName'), insecure: flags.insecure }),
  };
}

/** The file from which later commands know a connection; paths in it start at its directory. */
export function connectionFile(directory: string, connection: SavedConnection): readonly [path: string, text: string] {
  return [join(directory, SAVED_FILE), `${JSON.stringify(connection, undefined, 2)}\n`];
}

async function readConnection(directory: string): Promise<SavedConnection | undefined> {
  const path = resolve(directory, SAVED_FILE);
  const text = await readFile(path, 'utf8').catch(() => undefined); // Most directories have none.
  if (text === undefined) return undefined;
  const saved = parseSaved(text);
  if (saved === undefined) throw new UsageError(`${path} is broken: remove it, or run quickstart again`);
  const file = (name: 'ca' | 'cert' | 'key') => resolve(dirname(path), saved[name]);
  return { address: saved.address, ca: file('ca'), cert: file('cert'), key: file('key') };
}

function parseSaved(text: string): SavedConnection | undefined {
  try {
    const { address, ca, cert, key } = JSON.parse(text) as Partial<Record<string, unknown>>; // Checked in the next line.
    const parts = [address, ca, cert, key].filter((part) => typeof part === 'string');
    const [first, second, third, fourth] = parts;
    return fourth === undefined
      ? undefined
      : { address: first ?? '', ca: second ?? '', cert: third ?? '', key: fourth };
  } catch {
    return undefined; // The caller says what that means.
  }
}

function openClient(options: Parameters<typeof createClient>[0]): KanmonClient {
  try {
    return createClient(options);
  } catch (cause) {
    const [, code, path] = /^(ENOENT|EACCES)\b.* '(.+)'$/.exec(cause instanceof Error ? cause.message : '') ?? [];
    if (code === 'ENOENT') throw new UsageError(`cannot read ${path}: there is no such file`, { cause });
    if (code === 'EACCES') throw new UsageError(`cannot read ${path}: this process may not read it`, { cause });
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function parseTimeout(text: string): number {
  const timeoutMs = parseDurationMs(text);
  if (timeoutMs !== undefined && timeoutMs > 0) return timeoutMs;
  throw new UsageError(`--timeout ${text}: write a duration such as 500ms, 30s or 2m`);
}

function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  // The entries that are left are those whose values are not undefined, which is what the type says.
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
