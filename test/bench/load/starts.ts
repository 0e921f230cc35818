/** Time from the start of the process to its first answer. */
import type { SubjectStarter } from './subjects.ts';

/** Milliseconds, of fresh processes one after the other. */
export async function measureStarts({ start }: SubjectStarter, times: number): Promise<readonly number[]> {
  const results: number[] = [];
  for (let time = 0; time < times; time += 1) {
    const startedAtMs = performance.now();
    const { caller, stop } = await start();
    try {
      await caller.complete();
      results.push(performance.now() - startedAtMs);
    } finally {
      await stop();
    }
  }
  return results;
}
