/** Certificates on disk: read and checked once before anything listens, looked at again and again afterwards. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { ServerTls } from '../../config/snapshot.ts';
import type { CancelTimer, Clock } from '../../model/clock.ts';
import { GatewayError } from '../../model/errors.ts';
import { checkTlsFiles, type TlsFiles, type TlsMaterial } from './tls.ts';

/** Something about the certificates that an operator wants to know. */
export type TlsEvent =
  /** New files are served from now on. */
  | { readonly kind: 'loaded'; readonly fingerprint: string; readonly certExpiresAtWallMs: number }
  /** The files on disk cannot be served; the last good ones stay. Told once for each fault. */
  | { readonly kind: 'kept'; readonly fault: string }
  /** A certificate or client CA runs out; told once at 14, 7, 3, 1 and 0 days. */
  | { readonly kind: 'expiring'; readonly what: 'certificate' | 'client CA'; readonly daysLeft: number };

/** How the certificates stand, for metrics and readiness. */
export interface TlsStatus {
  /** How many times files were taken over; 1 after the start. */
  readonly generation: number;
  readonly certExpiresAtWallMs: number;
  readonly clientCaExpiresAtWallMs: number | undefined;
  /** Why the files on disk are not what is served; undefined: they are. */
  readonly fault: string | undefined;
}

/** What the watch needs from outside. */
export interface TlsWatchDeps {
  readonly clock: Clock;
  /** Milliseconds between two looks. */
  readonly reloadMs: number;
  readonly onEvent: (event: TlsEvent) => void;
}

/** Watched certificates. */
export interface TlsWatch {
  /** The last good files. */
  readonly current: () => TlsMaterial;
  readonly status: () => TlsStatus;
  /** Calls back with every later material. */
  readonly onChange: (listener: (material: TlsMaterial) => void) => void;
  /** Looks at the files now. Resolves when that is done; never rejects. */
  readonly look: () => Promise<void>;
  readonly stop: () => void;
}

/** Files that change are read again after this time and taken only if they are still the same: nobody writes them at that moment. */
const SETTLE_MS = 200;
const DAY_MS = 86_400_000;
const ALARM_DAYS = [14, 7, 3, 1, 0] as const;

/** Reads and checks the files, then watches them. Rejects with CONFIG_INVALID if they cannot be served. */
export async function watchTls(config: ServerTls, deps: TlsWatchDeps): Promise<TlsWatch> {
  const files = await readFiles(config);
  const watch = new FileWatch(config, deps, check(files, deps.clock, config), digestOf(files));
  watch.schedule();
  return watch;
}

/** Whole days until a moment, 0 if it has passed. */
export function daysUntil(wallMs: number, nowWallMs: number): number {
  return Math.max(0, Math.floor((wallMs - nowWallMs) / DAY_MS));
}

class FileWatch implements TlsWatch {
  readonly #config: ServerTls;
  readonly #deps: TlsWatchDeps;
  readonly #listeners: ((material: TlsMaterial) => void)[] = [];
  readonly #alarms = new Map<string, number>();
  #material: TlsMaterial;
  #digest: string;
  #generation = 0;
  #fault: string | undefined;
  #cancel: CancelTimer | undefined;
  #looking: Promise<void> | undefined;
  #stopped = false;

  constructor(config: ServerTls, deps: TlsWatchDeps, material: TlsMaterial, digest: string) {
    this.#config = config;
    this.#deps = deps;
    this.#material = material;
    this.#digest = digest;
    this.#take(material, digest);
  }

  current = (): TlsMaterial => this.#material;

  status = (): TlsStatus => ({
    generation: this.#generation,
    certExpiresAtWallMs: this.#material.certExpiresAtWallMs,
    clientCaExpiresAtWallMs: this.#material.clientCaExpiresAtWallMs,
    fault: this.#fault,
  });

  onChange = (listener: (material: TlsMaterial) => void): void => {
    this.#listeners.push(listener);
  };

  look = (): Promise<void> => {
    this.#looking ??= this.#lookOnce().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  };

  stop = (): void => {
    this.#stopped = true;
    this.#cancel?.();
  };

  schedule(): void {
    if (this.#stopped) return;
    this.#cancel = this.#deps.clock.setTimer(() => {
      void this.look().finally(() => this.schedule()); // Never rejects.
    }, this.#deps.reloadMs);
  }

  async #lookOnce(): Promise<void> {
    try {
      const files = await this.#readSettled();
      if (files === undefined) return; // Somebody writes them at this moment: the next look comes soon.
      const digest = digestOf(files);
      if (digest !== this.#digest) this.#take(check(files, this.#deps.clock, this.#config), digest);
      this.#fault = undefined;
    } catch (thrown) {
      this.#keep(GatewayError.from(thrown).message);
    }
    this.#alarm();
  }

  /** Undefined: the files changed between two readings. */
  async #readSettled(): Promise<TlsFiles | undefined> {
    const before = await readFiles(this.#config);
    if (digestOf(before) === this.#digest) return before;
    await new Promise<void>((resolve) => this.#deps.clock.setTimer(resolve, SETTLE_MS));
    const after = await readFiles(this.#config);
    return digestOf(after) === digestOf(before) ? after : undefined;
  }

  #take(material: TlsMaterial, digest: string): void {
    this.#material = material;
    this.#digest = digest;
    this.#generation += 1;
    this.#alarms.clear();
    for (const listener of this.#listeners) listener(material);
    const { fingerprint, certExpiresAtWallMs } = material;
    this.#deps.onEvent({ kind: 'loaded', fingerprint, certExpiresAtWallMs });
    this.#alarm();
  }

  #keep(fault: string): void {
    if (fault !== this.#fault) this.#deps.onEvent({ kind: 'kept', fault });
    this.#fault = fault;
  }

  #alarm(): void {
    this.#alarmFor('certificate', this.#material.certExpiresAtWallMs);
    if (this.#material.clientCaExpiresAtWallMs !== undefined) {
      this.#alarmFor('client CA', this.#material.clientCaExpiresAtWallMs);
    }
  }

  #alarmFor(what: 'certificate' | 'client CA', expiresAtWallMs: number): void {
    const daysLeft = daysUntil(expiresAtWallMs, this.#deps.clock.wallMs());
    const step = ALARM_DAYS.findLast((days) => daysLeft <= days);
    if (step === undefined || this.#alarms.get(what) === step) return;
    this.#alarms.set(what, step);
    this.#deps.onEvent({ kind: 'expiring', what, daysLeft });
  }
}

function check(files: TlsFiles, clock: Clock, config: ServerTls): TlsMaterial {
  try {
    return checkTlsFiles(files, clock.wallMs());
  } catch (thrown) {
    const { message } = GatewayError.from(thrown);
    throw new GatewayError('CONFIG_INVALID', `TLS files of ${config.certPath}: ${message}`, { cause: thrown });
  }
}

async function readFiles(config: ServerTls): Promise<TlsFiles> {
  const clientCaPath = config.clientAuth === 'require' ? config.clientCaPath : undefined;
  if (config.clientAuth === 'require' && clientCaPath === undefined) {
    throw new GatewayError('CONFIG_INVALID', 'client certificates are required but no client CA is given');
  }
  const [cert, key, clientCa] = await Promise.all([
    readOne(config.certPath),
    readOne(config.keyPath),
    clientCaPath === undefined ? undefined : readOne(clientCaPath),
  ]);
  return { cert, key, clientCa };
}

async function readOne(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    throw new GatewayError('CONFIG_INVALID', `cannot read ${path} (${code})`, { cause });
  }
}

function digestOf(files: TlsFiles): string {
  const hash = createHash('sha256');
  for (const file of [files.cert, files.key, files.clientCa ?? Buffer.alloc(0)])
    hash.update(`${file.length}:`).update(file);
  return hash.digest('hex');
}
