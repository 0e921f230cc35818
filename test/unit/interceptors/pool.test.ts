/** A few tasks at a time. */
import assert from 'node:assert/strict';
import { runPool } from '../../../server/interceptors/batches/pool.ts';

describe('a pool', () => {
  it('gives results in the order of the items, and runs no more than it may', async () => {
    let running = 0;
    let most = 0;
    const results = await runPool(
      [5, 1, 4, 2, 3],
      async (item) => {
        running += 1;
        most = Math.max(most, running);
        for (let turn = 0; turn < item; turn += 1) await Promise.resolve();
        running -= 1;
        return item * 10;
      },
      { concurrency: 2, onFailure: () => assert.fail('it failed') },
    );
    assert.deepEqual([results, most], [[50, 10, 40, 20, 30], 2]);
  });

  it('begins nothing after a failure, and tells the first before the others have ended', async () => {
    const begun: number[] = [];
    const told: unknown[] = [];
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const result = runPool(
      [0, 1, 2, 3],
      (item) => {
        begun.push(item);
        return item === 0 ? Promise.reject(new Error('first')) : held;
      },
      {
        concurrency: 2,
        onFailure(error) {
          told.push(String(error));
          release();
        },
      },
    );
    await assert.rejects(result, { message: 'first' });
    assert.deepEqual([begun, told], [[0, 1], ['Error: first']]);
  });
});
