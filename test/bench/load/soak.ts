/** Memory over many calls: it may grow while code is compiled and pools fill, and must then stay. */
import { closedLoop, waitBeside } from './loads.ts';
import { readRssBytes } from './process.ts';
import { medianOf } from './statistics.ts';
import type { Subject } from './subjects.ts';

/** Resident memory in bytes after every so many calls. */
export interface Soak {
  readonly everyCalls: number;
  readonly rss: readonly number[];
  /** Median of the last samples less that of the first ones after the warm-up, in bytes. */
  readonly growth: number;
  /** Median distance of the samples after the warm-up from their median: what a growth must stay within to be noise. */
  readonly noise: number;
}

const CALLS = 200_000;
const EVERY_CALLS = 10_000;
const WARM_UP_SAMPLES = 5;
const COMPARED_SAMPLES = 5;
const POLL_MS = 20;

/** Makes 200,000 unary calls, 16 in flight. */
export async function soak(subject: Subject, report: (calls: number, rss: number) => void): Promise<Soak> {
  const load = closedLoop(16, (caller) => caller.complete())(subject.caller);
  const rss: number[] = [];
  while (rss.length * EVERY_CALLS < CALLS) {
    await waitBeside(load, POLL_MS);
    if (load.answered() < (rss.length + 1) * EVERY_CALLS) continue;
    rss.push(readRssBytes(subject.pid));
    report(rss.length * EVERY_CALLS, rss.at(-1) ?? 0);
  }
  load.stop();
  await load.done;
  return { everyCalls: EVERY_CALLS, rss, ...judge(rss.slice(WARM_UP_SAMPLES)) };
}

function judge(steady: readonly number[]): Pick<Soak, 'growth' | 'noise'> {
  const middle = medianOf(steady);
  return {
    growth: medianOf(steady.slice(-COMPARED_SAMPLES)) - medianOf(steady.slice(0, COMPARED_SAMPLES)),
    noise: medianOf(steady.map((bytes) => Math.abs(bytes - middle))),
  };
}
