/** Retries as a share of calls, so that a provider in trouble is not asked ever more often. */

/** The retries that may be made. */
export interface RetryBudgets {
  /** Notes a call of a model. */
  readonly countCall: (model: string) => void;
  /** Takes one retry of a model, if the last ten seconds' calls allow it. */
  readonly takeRetry: (model: string, ratio: number) => boolean;
}

const SLOT_MS = 1000;
const WINDOW_SLOTS = 10;
const MIN_RETRIES = 3; // In every window: a quiet model may retry too.
const SLOTS = WINDOW_SLOTS + 1;

/** Calls and retries of one model by the second, in rings. */
interface Ring {
  /** Number of the newest slot, from the clock's origin. */
  slot: number;
  readonly calls: number[];
  readonly retries: number[];
}

/**
 * Budgets by model, outside the snapshot: a reloaded configuration forgives nothing. Retries are counted over the eleven
 * newest slots and calls over the ten newest, so that in every ten seconds that end with a retry, retries are at most
 * ratio x calls + 3.
 */
export function createRetryBudgets(nowMs: () => number): RetryBudgets {
  const rings = new Map<string, Ring>();

  function ringOf(model: string): Ring {
    const slot = Math.floor(nowMs() / SLOT_MS);
    let ring = rings.get(model);
    if (ring === undefined) {
      ring = { slot, calls: new Array<number>(SLOTS).fill(0), retries: new Array<number>(SLOTS).fill(0) };
      rings.set(model, ring);
    }
    advance(ring, slot);
    return ring;
  }

  return {
    countCall(model) {
      const ring = ringOf(model);
      add(ring.calls, ring.slot);
    },
    takeRetry(model, ratio) {
      const ring = ringOf(model);
      const calls = sum(ring.calls) - at(ring.calls, ring.slot + 1); // The slot after the newest is the oldest.
      if (sum(ring.retries) + 1 > ratio * calls + MIN_RETRIES) return false;
      add(ring.retries, ring.slot);
      return true;
    },
  };
}

function advance(ring: Ring, slot: number): void {
  const passed = Math.min(slot - ring.slot, SLOTS);
  for (let i = 1; i <= passed; i += 1) {
    ring.calls[(ring.slot + i) % SLOTS] = 0;
    ring.retries[(ring.slot + i) % SLOTS] = 0;
  }
  ring.slot = Math.max(ring.slot, slot);
}

function at(counts: readonly number[], slot: number): number {
  return counts[slot % SLOTS] ?? 0;
}

function add(counts: number[], slot: number): void {
  counts[slot % SLOTS] = at(counts, slot) + 1;
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
