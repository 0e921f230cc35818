/** One timer for the phases of one attempt, armed lazily: progress only notes a time, and the timer looks at it. */
import type { CancelTimer, Clock } from '../model/clock.ts';

/** Barks when nothing has touched it for as long as it was armed for. */
export class Watchdog {
  readonly #clock: Clock;
  #limitMs = 0;
  #dueAtMs = Number.POSITIVE_INFINITY;
  #firesAtMs = Number.POSITIVE_INFINITY;
  #cancel: CancelTimer | undefined;
  #bark: () => void = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Begins a phase: it may last so long, counted anew from each touch. */
  arm(limitMs: number, bark: () => void): void {
    this.#limitMs = limitMs;
    this.#bark = bark;
    this.touch();
    if (this.#dueAtMs < this.#firesAtMs) this.#setTimer(limitMs);
  }

  /** Notes progress. */
  touch(): void {
    this.#dueAtMs = this.#clock.nowMs() + this.#limitMs;
  }

  /** Ends the phase; the next may be armed. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#firesAtMs = Number.POSITIVE_INFINITY;
    this.#dueAtMs = Number.POSITIVE_INFINITY;
  }

  #setTimer(delayMs: number): void {
    this.#cancel?.();
    this.#firesAtMs = this.#clock.nowMs() + delayMs;
    this.#cancel = this.#clock.setTimer(() => this.#look(), delayMs);
  }

  #look(): void {
    const leftMs = this.#dueAtMs - this.#clock.nowMs();
    if (leftMs > 0) {
      this.#setTimer(leftMs);
      return;
    }
    this.stop();
    this.#bark();
  }
}
