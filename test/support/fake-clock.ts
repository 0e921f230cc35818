/** A clock that stands still until a test moves it. */
import type { Clock } from '../../server/model/clock.ts';

interface Timer {
  readonly dueAtMs: number;
  readonly order: number;
  readonly callback: () => void;
}

/** A Clock for tests. */
export interface FakeClock extends Clock {
  /**
   * Moves time on, firing every timer that falls due in the order of their times, and lets promises settle after each.
   */
  readonly advance: (ms: number) => Promise<void>;
  /** Lets promises settle without moving time. */
  readonly settle: () => Promise<void>;
  /** How many timers are set. */
  readonly pending: () => number;
}

const START_WALL_MS = Date.UTC(2026, 10, 24);

/** Makes a clock that stands at monotonic time 0. */
export function createFakeClock(): FakeClock {
  const timers = new Set<Timer>();
  let nowMs = 0;
  let order = 0;

  const settle = async (): Promise<void> => {
    // A macrotask: every promise that can settle has settled by then, however long its chain.
    await new Promise<void>((resolve) => setImmediate(resolve));
  };

  const nextDue = (untilMs: number): Timer | undefined =>
    [...timers]
      .filter(({ dueAtMs }) => dueAtMs <= untilMs)
      .sort((a, b) => a.dueAtMs - b.dueAtMs || a.order - b.order)[0];

  return {
    wallMs: () => START_WALL_MS + nowMs,
    nowMs: () => nowMs,
    setTimer(callback, delayMs) {
      const timer = { dueAtMs: nowMs + Math.max(1, Math.ceil(delayMs)), order: order++, callback };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    async advance(ms) {
      const untilMs = nowMs + ms;
      await settle();
      for (let timer = nextDue(untilMs); timer !== undefined; timer = nextDue(untilMs)) {
        timers.delete(timer);
        nowMs = timer.dueAtMs;
        timer.callback();
        await settle();
      }
      nowMs = untilMs;
    },
    settle,
    pending: () => timers.size,
  };
}
