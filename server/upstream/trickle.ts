/**
 * Least speed of what a provider writes in one go: a whole reply, or one event of a stream (fault row 55, slow-loris).
 * Silence is not this file's business: it has limits of its own, and this one is only looked at when bytes come, so it needs
 * no timer. Between events a stream may be as slow as its model; nobody writes one event for seconds on end.
 */
import type { Clock } from '../model/clock.ts';
import { GatewayError } from '../model/errors.ts';

/** A tenth of the slowest modem line. How long it may be undercut is configured: times.slowProvider. */
const LEAST_BYTES_PER_SECOND = 128;

/** Measures one piece at a time. */
export class TrickleGuard {
  readonly #clock: Clock;
  readonly #windowMs: number;
  #sinceMs: number | undefined;
  #bytes = 0;

  /** @param windowMs How long bytes may come too slowly. */
  constructor(clock: Clock, windowMs: number) {
    this.#clock = clock;
    this.#windowMs = windowMs;
  }

  /** Bytes of a piece that is not whole yet. @throws GatewayError UPSTREAM_TOO_SLOW */
  add(bytes: number): void {
    const nowMs = this.#clock.nowMs();
    if (this.#sinceMs === undefined) {
      this.#sinceMs = nowMs;
      this.#bytes = 0;
      return;
    }
    this.#bytes += bytes;
    const elapsedMs = nowMs - this.#sinceMs;
    if (elapsedMs < this.#windowMs) return;
    if (this.#bytes * 1000 < LEAST_BYTES_PER_SECOND * elapsedMs) {
      throw new GatewayError(
        'UPSTREAM_TOO_SLOW',
        `the provider sent ${this.#bytes} bytes of a reply in ${Math.round(elapsedMs / 1000)} s`,
      );
    }
    this.#sinceMs = nowMs;
    this.#bytes = 0;
  }

  /** The piece is whole. */
  reset(): void {
    this.#sinceMs = undefined;
  }
}
