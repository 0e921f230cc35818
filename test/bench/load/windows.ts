/** Windows: a stretch of steady load, and what it cost. */
import type { Case } from './cases.ts';
import { waitBeside } from './loads.ts';
import type { Mock } from './mock.ts';
import { readCpuUs } from './process.ts';
import type { Subject } from './subjects.ts';

/** One window of one subject. */
export interface Window {
  /** CPU microseconds per unit. */
  readonly cost: number;
  readonly unitsPerSecond: number;
}

/** How long and how often. */
export interface Measure {
  readonly windows: number;
  readonly windowMs: number;
  /** Least time of the warm-up of a subject before each case; it may take up to MAX_WARM_UP_FACTOR times that for ... */
  readonly warmUpMs: number;
  /** ... so many calls. */
  readonly warmUpCalls: number;
}

const MAX_WARM_UP_FACTOR = 5;
const POLL_MS = 20;

/** Measures a case: a warm-up of each subject, then windows in turn, A B C A B C. By subject, in the order of time. */
export async function measureCase(
  plan: Case,
  subjects: readonly Subject[],
  measure: Measure,
  mock: Mock,
): Promise<ReadonlyMap<string, readonly Window[]>> {
  const results = new Map<string, Window[]>(subjects.map(({ name }) => [name, []]));
  for (const subject of subjects) await warmUp(plan, subject, measure);
  for (let turn = 0; turn < measure.windows; turn += 1) {
    for (const subject of subjects) {
      results.get(subject.name)?.push(await measureWindow(plan, subject, measure.windowMs, mock));
    }
  }
  return results;
}

async function measureWindow(plan: Case, subject: Subject, windowMs: number, mock: Mock): Promise<Window> {
  const load = plan.load(subject.caller);
  const count = async () => (plan.unit === 'token' ? mock.countTokens() : load.answered());
  await waitBeside(load, plan.rampMs);
  const unitsBefore = await count();
  const cpuBefore = readCpuUs(subject.pid);
  const startedAtMs = performance.now();
  await waitBeside(load, windowMs);
  const cpuUs = readCpuUs(subject.pid) - cpuBefore;
  const tookMs = performance.now() - startedAtMs;
  const units = (await count()) - unitsBefore;
  load.stop();
  await load.done;
  if (units === 0) throw new Error(`${subject.name} did nothing in a window of ${plan.id}`);
  return { cost: cpuUs / units, unitsPerSecond: (units * 1000) / tookMs };
}

/** A load for a while, so that what is hot is compiled: by the clock and by the count, whichever comes last, within bounds. */
async function warmUp(plan: Case, subject: Subject, { warmUpMs, warmUpCalls }: Measure): Promise<void> {
  const load = plan.load(subject.caller);
  const startedAtMs = performance.now();
  const tookMs = () => performance.now() - startedAtMs;
  while (tookMs() < warmUpMs || (load.answered() < warmUpCalls && tookMs() < MAX_WARM_UP_FACTOR * warmUpMs)) {
    await waitBeside(load, POLL_MS);
  }
  load.stop();
  await load.done;
}
