/** Loads: what is asked of a subject while it is measured. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Caller, OpenStream } from './caller.ts';
import type { Pace } from './mock-wire.ts';

/** A load that runs until it is stopped. */
export interface RunningLoad {
  /** Calls that have been answered so far. */
  readonly answered: () => number;
  /** Resolves when it has been stopped and nothing is under way any more; rejects with the first failure of all calls. */
  readonly done: Promise<void>;
  /** Begins no more calls. */
  readonly stop: () => void;
}

/** Begins a load on a caller. */
export type Load = (caller: Caller) => RunningLoad;

/** So many calls in flight, each followed by the next at once. */
export function closedLoop(inFlight: number, call: (caller: Caller) => Promise<void>): Load {
  return (caller) => {
    let answered = 0;
    let stopped = false;
    const worker = async () => {
      while (!stopped) {
        await call(caller);
        answered += 1;
      }
    };
    return {
      answered: () => answered,
      done: allOf(Array.from({ length: inFlight }, worker)),
      stop() {
        stopped = true;
      },
    };
  };
}

/** So many streams at a pace, each followed by the next; their beginnings lie apart evenly. Stopping gives them up. */
export function streamsLoop(streams: number, pace: Pace, spreadMs: number): Load {
  return (caller) => {
    let answered = 0;
    let stopped = false;
    const open = new Set<OpenStream>();
    const worker = async (_: unknown, index: number) => {
      await sleep((index * spreadMs) / streams);
      while (!stopped) {
        const stream = caller.stream(pace);
        open.add(stream);
        try {
          await stream.ended;
        } catch (error) {
          if (!stopped) throw error;
        }
        open.delete(stream);
        answered += 1;
      }
    };
    return {
      answered: () => answered,
      done: allOf(Array.from({ length: streams }, worker)),
      stop() {
        stopped = true;
        if (spreadMs > 0) for (const stream of open) stream.cancel();
      },
    };
  };
}

/** Waits, but hears of a failure of the load at once. */
export async function waitBeside(load: RunningLoad, ms: number): Promise<void> {
  await Promise.race([load.done, sleep(ms)]);
}

/** All of them, as one promise that somebody hears whenever it is looked at. */
function allOf(workers: readonly Promise<void>[]): Promise<void> {
  const all = Promise.all(workers).then(() => undefined);
  all.catch(() => undefined);
  return all;
}
