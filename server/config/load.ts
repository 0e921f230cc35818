/** From disk: the file, and everything that it refers to. */
import { createHash } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import { checkNode } from './check.ts';
import type { Fault, Path } from './faults.ts';
import { createReferences, type FileContent } from './references.ts';
import { CONFIG, type Config } from './schema.ts';
import { parseSource } from './source.ts';

/** What loading needs of the world. */
export interface LoadDeps {
  /** The environment that `${env:…}` sees. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Reads a file as UTF-8; rejects as node:fs does. */
  readonly readFile: (path: string) => Promise<string>;
}

/** A configuration that was read and checked for its shape. */
export interface Loaded {
  /** Values with faults are replaced by neutral ones. */
  readonly config: Config;
  /** SHA-256 of the text, references unresolved, hexadecimal. */
  readonly digest: string;
  readonly faults: readonly Fault[];
  /** Whether the text said nothing that could be read, so that looking for more faults is idle. */
  readonly unreadable: boolean;
  /** Makes a fault at a path. */
  readonly fault: (path: Path, message: string) => Fault;
  /** Whether the value at a path has a reference in it. */
  readonly isReferenced: (path: Path) => boolean;
  /** Absolute paths of all files that were looked at, itself included. */
  readonly files: ReadonlySet<string>;
  /** Hash over what those files hold: while it stays, another load would find nothing new. */
  readonly fingerprint: string;
  /** The same over the files whose texts are in the result: while it stays, the result does. */
  readonly identity: string;
}

const MAX_FILE_CHARACTERS = 4 * 2 ** 20; // Far above any configuration; whatever is larger was named by mistake.
const MAX_ROUNDS = 4; // A file can name a file by reference; nothing sensible goes deeper.

/** Reads a configuration. Never rejects: what goes wrong is a fault. */
export async function loadConfig(file: string, deps: LoadDeps): Promise<Loaded> {
  const path = resolve(file);
  const files = new Map([[path, await readContent(path, deps)]]);
  for (let round = 1; ; round += 1) {
    const loaded = checkFiles(file, files, deps);
    const missing = [...loaded.files].filter((name) => !files.has(name));
    if (missing.length === 0 || round === MAX_ROUNDS) return loaded;
    for (const name of missing) files.set(name, await readContent(name, deps));
  }
}

/** Hash over what files hold now, as in Loaded.fingerprint. Never rejects. */
export async function fingerprintFiles(paths: Iterable<string>, deps: LoadDeps): Promise<string> {
  const read = async (path: string) => [path, await readContent(path, deps)] as const;
  const files = new Map(await Promise.all(Array.from(paths, read)));
  return hashFiles(files.keys(), files);
}

function checkFiles(file: string, files: ReadonlyMap<string, FileContent>, { env }: LoadDeps): Loaded {
  const path = resolve(file);
  const { text = '', problem } = files.get(path) ?? { text: '' };
  const source = parseSource(file, text);
  const faults: Fault[] = problem === undefined ? [...source.faults] : [source.fault([], `cannot read it: ${problem}`)];
  const unreadable = faults.length > 0;
  const references = createReferences({ folder: dirname(path), env, files });
  const referenced = new Set<string>();
  const value = checkNode(source.root, CONFIG.spec, [], {
    source,
    references,
    // A text that is no YAML has one kind of fault; its remains would only add misleading ones.
    report: (at, message) => void (unreadable || faults.push(source.fault(at, message))),
    onReference: (at) => void referenced.add(JSON.stringify(at)),
  });
  return {
    config: value as Config, // The checker gives what the spec says, and Config is the spec's type.
    digest: createHash('sha256').update(text).digest('hex'),
    faults,
    unreadable,
    fault: source.fault,
    isReferenced: (at) => referenced.has(JSON.stringify(at)),
    files: new Set([path, ...references.asked]),
    fingerprint: hashFiles([path, ...references.asked], files),
    identity: hashFiles([path, ...references.used], files),
  };
}

function hashFiles(paths: Iterable<string>, files: ReadonlyMap<string, FileContent>): string {
  const hash = createHash('sha256');
  for (const path of new Set([...paths].sort())) hash.update(`${JSON.stringify([path, files.get(path)])}\n`);
  return hash.digest('hex');
}

async function readContent(path: string, { readFile }: LoadDeps): Promise<FileContent> {
  try {
    const text = await readFile(path);
    return text.length > MAX_FILE_CHARACTERS ? { problem: 'it is larger than 4 MiB' } : { text };
  } catch (error) {
    return { problem: describeFileError(error) };
  }
}

function describeFileError(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  switch (code) {
    case 'ENOENT':
      return 'there is no such file';
    case 'EACCES':
    case 'EPERM':
      return 'this process may not read it';
    case 'EISDIR':
      return 'it is a folder';
    default:
      return code === '' ? 'reading failed' : `reading failed (${code})`;
  }
}
