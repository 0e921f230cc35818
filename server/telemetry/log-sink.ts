/**
 * Where log lines go: a bounded buffer before an outlet, written asynchronously. A reader that has stopped or a full
 * disk costs the calls nothing; what does not fit is dropped and counted. pino's own destination (sonic-boom 4.2) is not
 * used: at exit it writes synchronously and waits for a stopped reader for ever, and after EPIPE it drops without counting.
 */
import type { CancelTimer, Clock } from '../model/clock.ts';
import type { LogOutlet } from './log-outlet.ts';

/** Takes lines. */
export interface LogSink {
  /** Takes one or more whole lines. Never waits, never throws. */
  readonly write: (lines: string) => void;
  /** Writes what is buffered, but waits no longer than this. */
  readonly flush: (timeoutMs: number) => Promise<void>;
  /** Writes synchronously what the outlet takes at once; for the end of the process. */
  readonly flushNow: () => void;
  /** Ends it; what is still buffered is lost and counted. */
  readonly close: () => void;
}

/** What a sink needs. */
export interface LogSinkOptions {
  readonly outlet: LogOutlet;
  readonly clock: Pick<Clock, 'setTimer'>;
  /** Characters that are kept while the outlet takes nothing. */
  readonly maxBufferedChars?: number;
  readonly onDropped: (lines: number) => void;
}

const MAX_BUFFERED_CHARS = 4 * 1024 * 1024; // Some 8,000 lines: seconds of a busy gateway.
const WRITE_CHARS = 64 * 1024; // Written as soon as so much is there, which is what a pipe takes: each write wakes a thread.
const DELAY_MS = 100; // Written after so long, however little is there.
const GONE: ReadonlySet<unknown> = new Set(['EPIPE', 'EBADF', 'ECONNRESET', 'ERR_STREAM_DESTROYED']);
const RETRY_MS = 50; // After the outlet took nothing.

/** Opens a sink. */
export function openLogSink(options: LogSinkOptions): LogSink {
  return new BufferedSink(options);
}

class BufferedSink implements LogSink {
  readonly #options: LogSinkOptions;
  readonly #maxChars: number;
  #pending = '';
  #pendingLines = 0;
  /** What is being written, from `#at` on. */
  #chunk: Buffer = Buffer.alloc(0);
  #chunkLines = 0;
  #at = 0;
  #busy = false;
  #closed = false;
  #cancelTimer: CancelTimer | undefined;
  #idle: (() => void)[] = [];

  constructor(options: LogSinkOptions) {
    this.#options = options;
    this.#maxChars = options.maxBufferedChars ?? MAX_BUFFERED_CHARS;
    process.on('exit', this.flushNow);
  }

  readonly write = (lines: string): void => {
    const count = countLines(lines);
    if (this.#closed || this.#pending.length + this.#chunk.length - this.#at + lines.length > this.#maxChars) {
      this.#options.onDropped(count);
      return;
    }
    this.#pending += lines;
    this.#pendingLines += count;
    if (this.#busy) return;
    if (this.#pending.length >= WRITE_CHARS) this.#writeNext();
    else this.#cancelTimer ??= this.#options.clock.setTimer(() => this.#writeNext(), DELAY_MS);
  };

  readonly flush = (timeoutMs: number): Promise<void> => {
    return new Promise((resolve) => {
      const cancel = this.#options.clock.setTimer(resolve, timeoutMs);
      this.#idle.push(() => {
        cancel();
        resolve();
      });
      if (!this.#busy) this.#writeNext();
    });
  };

  readonly flushNow = (): void => {
    const { writeNow } = this.#options.outlet;
    if (this.#closed || this.#busy || writeNow === undefined) return; // What is under way must not be overtaken.
    this.#takePending();
    try {
      while (this.#at < this.#chunk.length) this.#at += writeNow(this.#chunk, this.#at);
      this.#chunkLines = 0;
    } catch {
      // The process ends, and its log with it: there is nobody left to tell.
    }
  };

  readonly close = (): void => {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelTimer?.();
    process.off('exit', this.flushNow);
    this.#discard();
    this.#options.outlet.close();
  };

  #writeNext(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    if (this.#closed) return;
    if (this.#at >= this.#chunk.length) this.#takePending();
    if (this.#chunk.length === 0) {
      this.#busy = false;
      for (const done of this.#idle.splice(0)) done();
      return;
    }
    this.#busy = true;
    this.#options.outlet.write(this.#chunk, this.#at, (error, written) => {
      if (this.#closed) return;
      if (error === undefined) {
        this.#at += written;
        this.#writeNext();
      } else this.#recover(error);
    });
  }

  /** A full pipe or disk may have room later; a reader that has gone never comes back. */
  #recover(error: Error): void {
    if ('code' in error && GONE.has(error.code)) {
      this.#discard();
      this.#busy = false;
      for (const done of this.#idle.splice(0)) done();
      return;
    }
    this.#cancelTimer = this.#options.clock.setTimer(() => this.#writeNext(), RETRY_MS);
  }

  #takePending(): void {
    const rest = this.#chunk.subarray(this.#at);
    const next = Buffer.from(this.#pending);
    this.#chunk = rest.length === 0 ? next : Buffer.concat([rest, next]);
    this.#at = 0;
    this.#chunkLines = this.#pendingLines + (rest.length === 0 ? 0 : this.#chunkLines);
    this.#pending = '';
    this.#pendingLines = 0;
  }

  #discard(): void {
    const unwritten = this.#at < this.#chunk.length ? this.#chunkLines : 0;
    if (this.#pendingLines + unwritten > 0) this.#options.onDropped(this.#pendingLines + unwritten);
    this.#chunk = Buffer.alloc(0);
    this.#at = 0;
    this.#chunkLines = 0;
    this.#pending = '';
    this.#pendingLines = 0;
  }
}

function countLines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}
