/** Runs tasks a few at a time. */

/**
 * Runs `run` over all items, at most `concurrency` at once, and gives their results in the order of the items. The first
 * failure is the result; no item is begun after it, and it is told (`onFailure`) before the others have ended.
 */
export async function runPool<T, U>(
  items: readonly T[],
  run: (item: T, index: number) => Promise<U>,
  { concurrency, onFailure }: { readonly concurrency: number; readonly onFailure: (error: unknown) => void },
): Promise<readonly U[]> {
  const results = new Array<U>(items.length);
  const queue = items.entries();
  let failed = false;

  async function work(): Promise<void> {
    for (const [index, item] of queue) {
      if (failed) return;
      try {
        results[index] = await run(item, index);
      } catch (error) {
        if (!failed) onFailure(error);
        failed = true;
        throw error;
      }
    }
  }

  const workers = Array.from({ length: Math.min(concurrency, items.length) }, work);
  const ends = await Promise.allSettled(workers);
  const broken = ends.find((end) => end.status === 'rejected');
  if (broken !== undefined) throw broken.reason;
  return results;
}
