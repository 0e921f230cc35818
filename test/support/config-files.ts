/** A folder of files in memory, and configurations read from it. */
import { formatFault } from '../../server/config/faults.ts';
import type { LoadDeps } from '../../server/config/load.ts';
import { type ReadResult, readConfig } from '../../server/config/read.ts';
import type { Snapshot } from '../../server/config/snapshot.ts';

/** Where the configuration of these tests lies. */
export const CONFIG_PATH = '/etc/kanmon/kanmon.yaml';

/** The least that works. */
export const MINIMAL = `providers:
  sim: { host: simulator }
models:
  chat: { deployments: [{ provider: sim, model: sim-chat }] }
clients:
  shop: { identity: { dns: shop.example }, models: [chat] }
`;

/** Files by absolute path, with the listener's certificates already there. */
export function fileMap(files: Readonly<Record<string, string>> = {}): Map<string, string> {
  const tls = ['server.pem', 'server.key', 'ca.pem'].map((name) => [`/etc/kanmon/tls/${name}`, 'PEM'] as const);
  return new Map([...tls, ...Object.entries(files)]);
}

/** Loading from files in memory. */
export function loadDepsOf(files: ReadonlyMap<string, string>, env: Readonly<Record<string, string>> = {}): LoadDeps {
  return {
    env,
    readFile: async (path) => {
      const text = files.get(path);
      if (text === undefined) throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
      return text;
    },
  };
}

/** Reads a text as the configuration. */
export function readText(
  text: string,
  { env = {}, files = {} }: { env?: Readonly<Record<string, string>>; files?: Readonly<Record<string, string>> } = {},
): Promise<ReadResult> {
  return readConfig(CONFIG_PATH, loadDepsOf(fileMap({ ...files, [CONFIG_PATH]: text }), env));
}

/** The faults of a text as lines, the path of the file left away. */
export async function faultsOf(text: string, world?: Parameters<typeof readText>[1]): Promise<readonly string[]> {
  const result = await readText(text, world);
  return result.ok ? [] : result.faults.map((fault) => formatFault({ ...fault, file: 'kanmon.yaml' }));
}

/** The snapshot of a text that has no fault. */
export async function snapshotOf(text: string, world?: Parameters<typeof readText>[1]): Promise<Snapshot> {
  const result = await readText(text, world);
  if (!result.ok) throw new Error(result.faults.map(formatFault).join('\n'));
  return result.snapshot;
}
