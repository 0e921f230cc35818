/**
 * The configuration in use. A changed file, or a reload by signal, is loaded and compiled, and swaps the snapshot whole; a
 * bad one keeps the old snapshot and says so. Files are looked at, not watched: that sees in-place writes, atomic renames
 * and the symlink swaps of mounted volumes alike.
 */
import type { Clock } from '../model/clock.ts';
import { diffSnapshots } from './diff.ts';
import { configInvalid, type Fault } from './faults.ts';
import { fingerprintFiles, type LoadDeps } from './load.ts';
import { type ReadResult, readConfig } from './read.ts';
import type { Snapshot } from './snapshot.ts';

// A removed grant must bite within a second (fault row 106): look, wait for the file to settle, load.
const LOOK_MS = 500;
// A file counts as written when two looks this far apart see the same (fault row 105).
const SETTLE_MS = 200;

/** What the source needs of the world. */
export interface ConfigSourceDeps extends LoadDeps {
  readonly clock: Clock;
  /**
   * Told of every reload that a changed file caused, but for those without any effect: `unchanged` means that a bad
   * configuration gave way to the one in use. It must not throw.
   */
  readonly onReload?: (result: ReloadResult) => void;
}

/** What a reload did. `generation` is that of the snapshot now in use. */
export type ReloadResult =
  | { readonly outcome: 'unchanged'; readonly generation: number }
  | {
      readonly outcome: 'swapped';
      readonly generation: number;
      /** For the log, a line each. Never a secret. */
      readonly changes: readonly string[];
      /** Whether some of them take effect only with a restart. */
      readonly needsRestart: boolean;
    }
  | { readonly outcome: 'refused'; readonly generation: number; readonly faults: readonly Fault[] };

/** Told of a new snapshot, right after the swap. It must not throw. */
export type SnapshotListener = (snapshot: Snapshot, previous: Snapshot) => void;

/** The configuration in use. */
export interface ConfigSource {
  readonly current: () => Snapshot;
  /** Gives a function that ends it. */
  readonly onChange: (listener: SnapshotListener) => () => void;
  /** Loads now, without waiting for a file to settle. */
  readonly reload: () => Promise<ReloadResult>;
  /** `generation` counts snapshots from 1; `lastError`: why the newest configuration is not in use; undefined: it is. */
  readonly status: () => { readonly generation: number; readonly lastError: string | undefined };
  /** Stops looking at files. */
  readonly close: () => void;
}

/**
 * Opens a configuration.
 * @throws GatewayError CONFIG_INVALID with every fault if there is none to begin with.
 */
export async function createConfigSource(path: string, deps: ConfigSourceDeps): Promise<ConfigSource> {
  const first = await readConfig(path, deps);
  if (!first.ok) throw configInvalid(first.faults);
  return openSource(path, deps, first);
}

type Read = Extract<ReadResult, { ok: true }>;

function openSource(path: string, deps: ConfigSourceDeps, first: Read): ConfigSource {
  const holder = holdSnapshot(first);
  let turn: Promise<unknown> = Promise.resolve();
  /** Loads run one after another: an older text must never replace a newer one. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = turn.then(work);
    turn = result.catch(() => undefined); // Whoever asked for the work gets its error.
    return result;
  };
  const stop = keepLooking(deps, holder.seen, (settled) =>
    inTurn(async () => {
      const { files } = holder.seen;
      const read = await readConfig(path, deps);
      // Somebody went on writing: what was read may be neither the old nor the new.
      if ((await fingerprintFiles(files, deps)) !== settled) return;
      const healed = holder.source.status().lastError !== undefined;
      const result = holder.take(read);
      if (result.outcome !== 'unchanged' || healed) deps.onReload?.(result);
    }),
  );
  return {
    ...holder.source,
    reload: () => inTurn(async () => holder.take(await readConfig(path, deps))),
    close: stop,
  };
}

/** What the last load saw. */
interface Seen {
  files: ReadonlySet<string>;
  fingerprint: string;
}

/** The snapshot in use, and the swap. */
function holdSnapshot(first: Read) {
  const seen: Seen = { files: first.files, fingerprint: first.fingerprint };
  const listeners = new Set<SnapshotListener>();
  let { snapshot, identity } = first;
  let generation = 1;
  let lastError: string | undefined;

  const take = (read: ReadResult): ReloadResult => {
    seen.files = read.files;
    seen.fingerprint = read.fingerprint;
    lastError = read.ok ? undefined : configInvalid(read.faults).message;
    if (!read.ok) return { outcome: 'refused', generation, faults: read.faults };
    if (read.identity === identity) return { outcome: 'unchanged', generation };
    const previous = snapshot;
    ({ snapshot, identity } = read);
    generation += 1;
    for (const listener of listeners) listener(snapshot, previous);
    return { outcome: 'swapped', generation, ...diffSnapshots(previous, snapshot) };
  };
  const source: Pick<ConfigSource, 'current' | 'onChange' | 'status'> = {
    current: () => snapshot,
    onChange: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    status: () => ({ generation, lastError }),
  };
  return { seen, take, source };
}

/** Looks at the files again and again; calls `onSettled` when they have changed and stayed so over two looks. */
function keepLooking(
  deps: ConfigSourceDeps,
  seen: Seen,
  onSettled: (fingerprint: string) => Promise<void>,
): () => void {
  let candidate: string | undefined;
  let closed = false;
  const look = async (): Promise<void> => {
    const fingerprint = await fingerprintFiles(seen.files, deps);
    if (closed) return;
    if (fingerprint === seen.fingerprint) candidate = undefined;
    else if (fingerprint === candidate) await onSettled(fingerprint);
    else candidate = fingerprint;
    schedule(candidate === undefined ? LOOK_MS : SETTLE_MS);
  };
  let cancel = (): void => undefined;
  const schedule = (delayMs: number): void => {
    if (!closed) cancel = deps.clock.setTimer(() => void look(), delayMs);
  };
  schedule(LOOK_MS);
  return () => {
    closed = true;
    cancel();
  };
}
