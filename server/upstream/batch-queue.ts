/** The rest of a stream between provider and caller: filled synchronously, read in batches, bounded by pausing. */
import type { BatchSource } from '../model/call.ts';
import { GatewayError } from '../model/errors.ts';
import type { StreamEvent } from '../model/wire.ts';

/** What the queue does to the stream that fills it. */
export interface QueueSource {
  readonly pause: () => void;
  readonly resume: () => void;
  /** The reader gave up. */
  readonly cancel: (error: GatewayError) => void;
}

/**
 * Bytes of a provider's stream that may wait for the reader. Enough that a reader which joins deltas over a second never
 * stops a fast model; small against what a stream costs otherwise.
 */
const HIGH_WATER_BYTES = 256 * 1024;

interface Waiter {
  readonly resolve: (events: readonly StreamEvent[] | undefined) => void;
  readonly reject: (error: GatewayError) => void;
}

/** Filled by `push`, `end` and `fail`; read through BatchSource. */
export class BatchQueue implements BatchSource {
  readonly #source: QueueSource;
  #pending: StreamEvent[] = [];
  #pendingBytes = 0;
  #paused = false;
  #ended = false;
  #error: GatewayError | undefined;
  #waiter: Waiter | undefined;
  #scheduled = false;

  constructor(source: QueueSource) {
    this.#source = source;
  }

  /** Adds events that came as so many bytes; the array is the queue's from now on. */
  push(events: StreamEvent[], bytes: number): void {
    if (this.#pending.length === 0) this.#pending = events;
    else for (const event of events) this.#pending.push(event);
    this.#pendingBytes += bytes;
    if (this.#waiter !== undefined) this.#schedule();
    else if (this.#pendingBytes > HIGH_WATER_BYTES && !this.#paused) {
      this.#paused = true;
      this.#source.pause();
    }
  }

  /** The stream is whole: the finished event was the last one pushed. */
  end(): void {
    this.#ended = true;
    this.#schedule();
  }

  /** The stream broke. What was pushed before is read first. */
  fail(error: GatewayError): void {
    this.#error = error;
    this.#schedule();
  }

  readonly read = (): Promise<readonly StreamEvent[] | undefined> => {
    if (this.#pending.length > 0) return Promise.resolve(this.#take());
    if (this.#error !== undefined) return Promise.reject(this.#error);
    if (this.#ended) return DONE;
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
    });
  };

  readonly cancel = (): void => {
    if (this.#ended || this.#error !== undefined) return;
    this.#source.cancel(new GatewayError('CANCELLED', 'the reader gave the stream up'));
  };

  /** After this turn, so that events of several chunks that were read in one turn leave together. */
  #schedule(): void {
    if (this.#waiter === undefined || this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(this.#deliver);
  }

  readonly #deliver = (): void => {
    this.#scheduled = false;
    const waiter = this.#waiter;
    if (waiter === undefined) return;
    this.#waiter = undefined;
    if (this.#pending.length > 0) waiter.resolve(this.#take());
    else if (this.#error !== undefined) waiter.reject(this.#error);
    else waiter.resolve(undefined);
  };

  #take(): readonly StreamEvent[] {
    const batch = this.#pending;
    this.#pending = [];
    this.#pendingBytes = 0;
    if (this.#paused) {
      this.#paused = false;
      this.#source.resume();
    }
    return batch;
  }
}

const DONE = Promise.resolve(undefined);
