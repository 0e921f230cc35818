/** Added latency: calls at a fixed rate, whatever the answers take, beside the same calls without anybody in between. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Caller } from './caller.ts';
import { quantileOf } from './statistics.ts';
import type { Subject } from './subjects.ts';
import type { Measure } from './windows.ts';

/** Milliseconds that a subject adds. */
export interface AddedLatency {
  readonly p50: number;
  readonly p99: number;
}

const CALLS_PER_SECOND = 100;
const MIN_CALLS = 200; // So that a p99 is the second worst, not the worst.

/** Measures in turn; by subject, in the order of time. */
export async function measureLatency(
  direct: Caller,
  subjects: readonly Pick<Subject, 'name' | 'caller'>[],
  { windows, windowMs }: Measure,
): Promise<ReadonlyMap<string, readonly AddedLatency[]>> {
  const calls = Math.max(MIN_CALLS, Math.round((windowMs / 1000) * CALLS_PER_SECOND));
  const results = new Map<string, AddedLatency[]>(subjects.map(({ name }) => [name, []]));
  for (let turn = 0; turn < windows; turn += 1) {
    const without = await timeCalls(direct, calls);
    for (const { name, caller } of subjects) {
      const took = await timeCalls(caller, calls);
      results.get(name)?.push({
        p50: quantileOf(took, 0.5) - quantileOf(without, 0.5),
        p99: quantileOf(took, 0.99) - quantileOf(without, 0.99),
      });
    }
  }
  return results;
}

async function timeCalls({ complete }: Caller, calls: number): Promise<readonly number[]> {
  const took: Promise<number>[] = [];
  const startedAtMs = performance.now();
  for (let call = 0; call < calls; call += 1) {
    await sleep(Math.max(0, startedAtMs + (call * 1000) / CALLS_PER_SECOND - performance.now()));
    took.push(timeCall(complete));
  }
  return Promise.all(took);
}

async function timeCall(complete: Caller['complete']): Promise<number> {
  const startedAtMs = performance.now();
  await complete();
  return performance.now() - startedAtMs;
}
