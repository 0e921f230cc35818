/** Time and chance as ports, so that what decides by them runs on a fake clock in tests and simulations. */

/** Stops a timer; does nothing once it has fired. */
export type CancelTimer = () => void;

/** A source of time. */
export interface Clock {
  /** Wall-clock time in milliseconds since 1970, for what people and other machines read. */
  readonly wallMs: () => number;
  /** Time in milliseconds that never jumps, for deadlines and durations. Its origin means nothing. */
  readonly nowMs: () => number;
  /** Calls back once after a delay in milliseconds (rounded up to 1). A timer alone never keeps the process alive. */
  readonly setTimer: (callback: () => void, delayMs: number) => CancelTimer;
}

/** Chance: a number from 0 up to, but not including, 1. */
export type Random = () => number;

const MAX_TIMER_MS = 2 ** 31 - 1; // Node fires longer timers at once.

/** The machine's own clock. */
export const systemClock: Clock = {
  wallMs: () => Date.now(),
  nowMs: () => performance.now(),
  setTimer(callback, delayMs) {
    const timer = setTimeout(callback, Math.min(Math.max(1, Math.ceil(delayMs)), MAX_TIMER_MS));
    timer.unref();
    return () => clearTimeout(timer);
  },
};
