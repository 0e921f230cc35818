/** One call to the gateway as its attempts: one deadline over all of them, one signal, one request id. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type CallOptions, ClientError, Metadata } from 'nice-grpc';
import { KanmonError, nameOfCode, readTrailers } from './kanmon-error.ts';
import { decideRetry, type RetryOptions, type RetryThrottle } from './retry.ts';

/** What a caller can say about one call beside its request. */
export interface KanmonCallOptions {
  /** Deadline from now, in milliseconds; the client's default if left away. */
  readonly timeoutMs?: number;
  /** Cancels the call. */
  readonly signal?: AbortSignal;
  /** Metadata to send along, for instance traceparent. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** What all calls of a client share. */
export interface CallDefaults {
  readonly defaultTimeoutMs: number;
  readonly retry: RetryOptions;
  readonly throttle: RetryThrottle;
}

/**
 * The gateway is told a deadline that lies a little before our own, so that its own word on it, with the call's id and what was
 * spent, arrives in time.
 */
const HEAD_START_RATIO = 0.05;
const MAX_HEAD_START_MS = 100;
const MAX_TIMEOUT_MS = 2_147_483_647; // Node's timers and, with room to spare, the header's eight digits.

/** Makes a unary call, again where that helps. @throws KanmonError */
export async function callUnary<T>(attempts: Attempts, invoke: (options: CallOptions) => Promise<T>): Promise<T> {
  try {
    for (;;) {
      try {
        const reply = await invoke(attempts.next());
        attempts.succeeded();
        return reply;
      } catch (thrown) {
        await attempts.retryOrThrow(thrown, false);
      }
    }
  } finally {
    attempts.end();
  }
}

/** Makes a streamed call, again where that helps: only as long as no message counted as output. @throws KanmonError */
export async function* callStream<T>(
  attempts: Attempts,
  invoke: (options: CallOptions) => AsyncIterable<T>,
  isOutput: (message: T) => boolean,
): AsyncGenerator<T, void, undefined> {
  let delivered = false;
  try {
    for (;;) {
      try {
        for await (const message of invoke(attempts.next())) {
          delivered ||= isOutput(message);
          yield message;
        }
        attempts.succeeded();
        return;
      } catch (thrown) {
        await attempts.retryOrThrow(thrown, delivered);
      }
    }
  } finally {
    attempts.end();
  }
}

/** The attempts of one call. It has to be ended, so that its timer and its listener go. */
export class Attempts {
  readonly #abort = new AbortController();
  readonly #options: KanmonCallOptions;
  readonly #defaults: CallDefaults;
  readonly #timeoutMs: number;
  readonly #deadlineMs: number;
  readonly #timer: NodeJS.Timeout;
  readonly #onAbort = (): void => this.#abort.abort();
  #trailers: Metadata | undefined;
  #made = 0;

  constructor(options: KanmonCallOptions, defaults: CallDefaults) {
    this.#options = options;
    this.#defaults = defaults;
    this.#timeoutMs = checkTimeout(options.timeoutMs ?? defaults.defaultTimeoutMs);
    this.#deadlineMs = performance.now() + this.#timeoutMs;
    this.#timer = setTimeout(this.#onAbort, this.#timeoutMs);
    options.signal?.addEventListener('abort', this.#onAbort);
    if (options.signal?.aborted) this.#abort.abort();
  }

  /** Options of the next attempt. */
  next(): CallOptions {
    this.#made += 1;
    this.#trailers = undefined;
    const metadata = Metadata(this.#options.metadata);
    metadata.set('grpc-timeout', `${Math.max(1, Math.floor(this.#remainingMs() - this.#headStartMs()))}m`);
    return {
      metadata,
      signal: this.#abort.signal,
      onTrailer: (trailers) => {
        this.#trailers = trailers;
      },
    };
  }

  succeeded(): void {
    this.#defaults.throttle.succeeded();
  }

  /** Waits until the call is to be made again. @throws KanmonError if it is not. */
  async retryOrThrow(thrown: unknown, delivered: boolean): Promise<void> {
    const error = this.#toError(thrown);
    const { retry, throttle } = this.#defaults;
    if (error.code === 'UNAVAILABLE') throttle.failed();
    const delayMs = decideRetry(
      error,
      { attempts: this.#made, remainingMs: this.#remainingMs(), delivered, random: Math.random() },
      retry,
    );
    if (delayMs === undefined || !throttle.allows()) throw error;
    try {
      await sleep(delayMs, undefined, { signal: this.#abort.signal });
    } catch (interrupted) {
      throw this.#toError(interrupted, error);
    }
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
  }

  #toError(thrown: unknown, cause: unknown = thrown): KanmonError {
    const attempts = this.#made;
    if (thrown instanceof ClientError) {
      const { code, details: message, path } = thrown;
      const text = message === '' ? `${path} failed without a message` : message;
      return new KanmonError({
        code: nameOfCode(code),
        message: text,
        ...readTrailers(this.#trailers),
        attempts,
        cause,
      });
    }
    if (this.#options.signal?.aborted) {
      return new KanmonError({
        code: 'CANCELLED',
        message: 'the caller cancelled the call',
        attempts,
        cause: this.#options.signal.reason,
      });
    }
    if (this.#abort.signal.aborted) {
      const message = `no answer within ${this.#timeoutMs} ms`;
      return new KanmonError({ code: 'DEADLINE_EXCEEDED', message, attempts, cause });
    }
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new KanmonError({ code: 'INTERNAL', message, attempts, cause });
  }

  #remainingMs(): number {
    return Math.max(0, this.#deadlineMs - performance.now());
  }

  #headStartMs(): number {
    return Math.min(MAX_HEAD_START_MS, this.#timeoutMs * HEAD_START_RATIO);
  }
}

function checkTimeout(timeoutMs: number): number {
  if (timeoutMs > 0 && timeoutMs <= MAX_TIMEOUT_MS) return timeoutMs;
  throw new RangeError(`timeoutMs is ${timeoutMs}: it must be over 0 and at most ${MAX_TIMEOUT_MS}`);
}
