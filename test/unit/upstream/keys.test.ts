/** Several keys of one provider: in turn, and without those that were refused. */
import assert from 'node:assert/strict';
import { GatewayError } from '../../../server/model/errors.ts';
import { Secret } from '../../../server/model/secret.ts';
import type { Provider } from '../../../server/model/target.ts';
import { takeKey } from '../../../server/upstream/sign/keys.ts';
import { makeProvider } from '../../support/upstream-rig.ts';

describe('keys in turn', () => {
  let nowMs: number;
  let provider: Provider;

  beforeEach(() => {
    nowMs = 1_000;
    provider = providerOf('a', 'b', 'c');
  });

  const take = () =>
    takeKey(
      provider,
      (key) => ({ authorization: key }),
      () => nowMs,
    );
  const next = () => take()?.headers.authorization;
  const refuse = (
    reason: 'UPSTREAM_CREDENTIALS' | 'UPSTREAM_RATE_LIMITED' | 'UPSTREAM_REJECTED',
    retryAfterMs?: number,
  ) => take()?.onRefusal?.(new GatewayError(reason, 'no', retryAfterMs === undefined ? {} : { retryAfterMs }));

  it('are each used as often as the others', () => {
    assert.deepEqual([next(), next(), next(), next()], ['a', 'b', 'c', 'a']);
  });

  it('rest for a minute once refused', () => {
    refuse('UPSTREAM_CREDENTIALS'); // a
    assert.deepEqual([next(), next(), next()], ['b', 'c', 'b']);
    nowMs += 60_000;
    assert.deepEqual([next(), next()], ['c', 'a']);
  });

  it('rest for as long as a rate limit says, which is no reason to wait while others are free', () => {
    assert.equal(refuse('UPSTREAM_RATE_LIMITED', 5_000)?.details.retryAfterMs, undefined); // a
    assert.deepEqual([next(), next(), next()], ['b', 'c', 'b']);
    nowMs += 5_000;
    assert.deepEqual([next(), next()], ['c', 'a']);
  });

  it('are all used again when all of them rest, and then the wait is told', () => {
    refuse('UPSTREAM_RATE_LIMITED', 5_000);
    refuse('UPSTREAM_RATE_LIMITED', 5_000);
    assert.equal(refuse('UPSTREAM_RATE_LIMITED', 7_000)?.details.retryAfterMs, 7_000);
    assert.deepEqual([next(), next(), next()], ['a', 'b', 'c']);
  });

  it('do not rest for what is the request’s own fault', () => {
    refuse('UPSTREAM_REJECTED');
    assert.deepEqual([next(), next(), next()], ['b', 'c', 'a']);
  });

  it('are no matter where there is one, or none', () => {
    provider = providerOf('only');
    assert.deepEqual([take(), take()], Array(2).fill({ headers: { authorization: 'only' } }));
    provider = providerOf();
    assert.equal(take(), undefined);
  });
});

function providerOf(...keys: readonly string[]): Provider {
  return makeProvider({ apiKeys: keys.map((key) => new Secret(key)) });
}
