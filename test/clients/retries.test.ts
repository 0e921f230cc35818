import assert from 'node:assert/strict';
import { textOf } from '@kanmon/client';
import type { CallContext } from 'nice-grpc';
import { ClientRig, failure, REQUEST } from '../support/client-rig.ts';
import { answer, failCall, type Script } from '../support/scripted-gateway.ts';

describe('client: retries', () => {
  const rig = new ClientRig();
  afterEach(() => rig.close());

  /** Fails so many calls, then answers; counts the calls and their ids. */
  function failing(times: number, fail: (context: CallContext) => Error) {
    const ids: string[] = [];
    const script: Script = {
      complete: async ({ options }, context) => {
        ids.push(options?.requestId ?? '');
        if (ids.length <= times) throw fail(context);
        return answer('at last');
      },
    };
    return { ids, script };
  }

  it('follow UNAVAILABLE, with the same request id', async () => {
    const { ids, script } = failing(2, (context) => failCall(context, 'OVERLOADED', { retryAfterMs: 1 }));
    const client = await rig.connect(script);
    assert.equal(textOf((await client.complete(REQUEST)).message), 'at last');
    assert.equal(ids.length, 3);
    assert.equal(new Set(ids).size, 1);
  });

  it('end after three calls', async () => {
    const { ids, script } = failing(9, (context) => failCall(context, 'OVERLOADED', { retryAfterMs: 1 }));
    const error = await failure((await rig.connect(script)).complete(REQUEST));
    assert.equal(ids.length, 3);
    assert.equal(error.attempts, 3);
    assert.equal(error.reason, 'OVERLOADED');
  });

  it('obey a pushback of -1', async () => {
    const { ids, script } = failing(1, (context) => failCall(context, 'UPSTREAM_5XX', { attempts: 2 }));
    const error = await failure((await rig.connect(script)).complete(REQUEST));
    assert.equal(error.code, 'UNAVAILABLE');
    assert.equal(error.pushbackMs, -1);
    assert.equal(ids.length, 1);
  });

  it('follow RESOURCE_EXHAUSTED only if it says for how long', async () => {
    const waits = failing(1, (context) => failCall(context, 'RATE_LIMITED', { retryAfterMs: 1 }));
    await (await rig.connect(waits.script)).complete(REQUEST);
    assert.equal(waits.ids.length, 2);
    const spent = failing(1, (context) => failCall(context, 'BUDGET_EXCEEDED'));
    await failure((await rig.connect(spent.script)).complete(REQUEST));
    assert.equal(spent.ids.length, 1);
  });

  it('do not wait for longer than the deadline allows', async () => {
    const { ids, script } = failing(1, (context) => failCall(context, 'RATE_LIMITED', { retryAfterMs: 60_000 }));
    const error = await failure((await rig.connect(script)).complete(REQUEST, { timeoutMs: 2000 }));
    assert.equal(error.reason, 'RATE_LIMITED');
    assert.equal(error.retryAfterMs, 60_000);
    assert.equal(ids.length, 1);
  });

  it('follow other codes never', async () => {
    const { ids, script } = failing(1, (context) => failCall(context, 'INTERNAL'));
    await failure((await rig.connect(script)).complete(REQUEST));
    assert.equal(ids.length, 1);
  });

  it('can be interrupted while they wait', async () => {
    const caller = new AbortController();
    const { script } = failing(9, (context) => {
      setImmediate(() => caller.abort());
      return failCall(context, 'RATE_LIMITED', { retryAfterMs: 30_000 });
    });
    const error = await failure((await rig.connect(script)).complete(REQUEST, { signal: caller.signal }));
    assert.equal(error.code, 'CANCELLED');
  });

  it('reach a gateway that cannot be reached three times, too', async () => {
    const gateway = await rig.start({});
    rig.close();
    const error = await failure(rig.open(gateway).complete(REQUEST));
    assert.equal(error.code, 'UNAVAILABLE');
    assert.equal(error.reason, 'TRANSPORT');
    assert.equal(error.attempts, 3);
  });
});
