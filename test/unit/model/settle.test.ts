/** The end of a call. */
import assert from 'node:assert/strict';
import { GatewayError } from '../../../server/model/errors.ts';
import { createSettle } from '../../../server/model/settle.ts';

const OUTCOME = { error: undefined, endedAtMs: 7 };

describe('settle', () => {
  it('tells every listener once, in order, whatever ends the call how often', () => {
    const told: string[] = [];
    const { onSettle, settle, outcome } = createSettle(assert.ifError);
    onSettle((end) => void told.push(`a ${end.error?.reason}`));
    onSettle((end) => void told.push(`b ${end.endedAtMs}`));
    assert.equal(outcome(), undefined);
    const first = { error: new GatewayError('CANCELLED', ''), endedAtMs: 3 };
    settle(first);
    settle(OUTCOME);
    assert.deepEqual(told, ['a CANCELLED', 'b 3']);
    assert.equal(outcome(), first);
  });

  it('tells a listener that comes too late at once', () => {
    const { onSettle, settle } = createSettle(assert.ifError);
    settle(OUTCOME);
    const told: unknown[] = [];
    onSettle((end) => void told.push(end));
    assert.deepEqual(told, [OUTCOME]);
  });

  it('reports what listeners throw or reject with, and tells the others', async () => {
    const errors: unknown[] = [];
    const told: string[] = [];
    const { onSettle, settle } = createSettle((error) => errors.push(error));
    onSettle(() => {
      throw new Error('thrown');
    });
    onSettle(() => Promise.reject(new Error('rejected')));
    onSettle(() => void told.push('last'));
    settle(OUTCOME);
    assert.deepEqual(told, ['last']);
    await Promise.resolve();
    await Promise.resolve();
    assert.deepEqual(errors.map(String), ['Error: thrown', 'Error: rejected']);
  });
});
