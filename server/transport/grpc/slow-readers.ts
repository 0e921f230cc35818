/** Watches streams whose callers do not read. One timer for all of them, none per message. */
import type { Clock } from '../../model/clock.ts';

const SWEEP_MS = 1000; // A stall is noticed at most this much late.

/** One stream, from its first message to its end. */
export interface ReaderWatch {
  /** A message was handed over and waits for the caller. */
  waiting(): void;
  /** The caller has taken it. */
  taken(): void;
  /** The stream has ended. */
  close(): void;
}

/** The streams that are open. */
export interface SlowReaders {
  /** Watches a stream; calls back once if one of its messages waits longer than the limit, give or take the sweep. */
  open(limitMs: number, onTooSlow: () => void): ReaderWatch;
}

interface Entry {
  /** Monotonic time since which a message waits; undefined: none does. */
  sinceMs: number | undefined;
  readonly limitMs: number;
  readonly onTooSlow: () => void;
}

/** Makes the watch. Its timer runs only while a stream is open. */
export function createSlowReaders(clock: Clock): SlowReaders {
  const entries = new Set<Entry>();
  let sweeping = false;

  function sweep(): void {
    const nowMs = clock.nowMs();
    for (const entry of entries) {
      if (entry.sinceMs === undefined || nowMs - entry.sinceMs < entry.limitMs) continue;
      entries.delete(entry);
      entry.onTooSlow();
    }
    sweeping = entries.size > 0;
    if (sweeping) clock.setTimer(sweep, SWEEP_MS);
  }

  return {
    open(limitMs, onTooSlow) {
      const entry: Entry = { sinceMs: undefined, limitMs, onTooSlow };
      entries.add(entry);
      if (!sweeping) clock.setTimer(sweep, SWEEP_MS);
      sweeping = true;
      return {
        waiting: () => {
          entry.sinceMs = clock.nowMs();
        },
        taken: () => {
          entry.sinceMs = undefined;
        },
        close: () => void entries.delete(entry),
      };
    },
  };
}
