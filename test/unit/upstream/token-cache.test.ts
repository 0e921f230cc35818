/** Tokens that expire: one fetch however many calls wait, ahead of time and in the background, and clear ends. */
import assert from 'node:assert/strict';
import { GatewayError } from '../../../server/model/errors.ts';
import { type FetchedToken, TokenCache } from '../../../server/upstream/sign/token-cache.ts';
import { rejection } from '../../support/upstream-rig.ts';

const HOUR_MS = 3_600_000;

describe('token cache', () => {
  let nowMs: number;
  let fetches: PromiseWithResolvers<FetchedToken>[];
  let cache: TokenCache;

  beforeEach(() => {
    nowMs = 0;
    fetches = [];
    const fetch = () => {
      const flight = Promise.withResolvers<FetchedToken>();
      fetches.push(flight);
      return flight.promise;
    };
    cache = new TokenCache(fetch, { nowMs: () => nowMs });
  });

  const land = async (token: string, lifeMs = HOUR_MS): Promise<void> => {
    fetches.at(-1)?.resolve({ token, lifeMs });
    await settled();
  };

  it('fetches once, however many calls wait', async () => {
    const waiting = Array.from({ length: 100 }, async () => cache.get());
    await land('one');
    assert.deepEqual(new Set(await Promise.all(waiting)), new Set(['one']));
    assert.equal(cache.get(), 'one'); // At once.
    assert.equal(fetches.length, 1);
  });

  it('fetches anew five minutes ahead, once, while calls go on with what there is', async () => {
    void cache.get();
    await land('one');
    nowMs = HOUR_MS - 5 * 60_000;
    assert.deepEqual([cache.get(), cache.get()], ['one', 'one']);
    assert.equal(fetches.length, 2);
    await land('two');
    assert.equal(cache.get(), 'two');
  });

  it('keeps a good token if fetching ahead fails, and tries again some seconds later', async () => {
    void cache.get();
    await land('one');
    nowMs = HOUR_MS - 200_000;
    void cache.get();
    fetches.at(-1)?.reject(new GatewayError('UPSTREAM_CREDENTIALS', 'no'));
    await settled();
    assert.equal(cache.get(), 'one');
    assert.equal(fetches.length, 2);
    nowMs += 10_000;
    assert.equal(cache.get(), 'one');
    assert.equal(fetches.length, 3);
  });

  it('waits for a new one at the end of the old', async () => {
    void cache.get();
    await land('one');
    nowMs = HOUR_MS - 5_000;
    const waiting = cache.get();
    await land('two');
    assert.equal(await waiting, 'two');
  });

  it('says to all who wait that there is none, and tries again for the next', async () => {
    const waiting = [cache.get(), cache.get()].map((token) => rejection(Promise.resolve(token)));
    fetches.at(-1)?.reject(new GatewayError('UPSTREAM_CREDENTIALS', 'no'));
    assert.deepEqual(
      (await Promise.all(waiting)).map(({ reason }) => reason),
      ['UPSTREAM_CREDENTIALS', 'UPSTREAM_CREDENTIALS'],
    );
    const again = cache.get();
    await land('one');
    assert.equal(await again, 'one');
  });

  it('forgets a token that was refused, but not the one that came since', async () => {
    void cache.get();
    await land('one');
    cache.forget('one');
    void cache.get();
    await land('two');
    cache.forget('one');
    assert.equal(cache.get(), 'two');
    assert.equal(fetches.length, 2);
  });
});

/** Everything that promises have still to do now is done. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
