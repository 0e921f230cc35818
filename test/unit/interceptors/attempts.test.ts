/** Retries, fallbacks and waits, on a clock that stands still. */
import assert from 'node:assert/strict';
import { attempts } from '../../../server/interceptors/attempts/attempts.ts';
import { extend } from '../../../server/interceptors/chain.ts';
import type { StreamAnswer } from '../../../server/model/call.ts';
import { GatewayError } from '../../../server/model/errors.ts';
import { REASONS, type Reason } from '../../../server/model/reasons.ts';
import type { Deployment } from '../../../server/model/target.ts';
import { A, B, type Behaviour, fail, makeRig, rejected, script } from '../../support/attempts-rig.ts';
import { makeCall, makeModel, messageFrom, planned, usageOf } from '../../support/calls.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

describe('attempts', () => {
  it('asks once and writes down what came of it', async () => {
    const { run, clock } = makeRig();
    const { result, test } = run(script());
    assert.equal((await result).deployment, A);
    const { record } = test.call;
    assert.deepEqual(record.attempts, [
      {
        deployment: 'a/m',
        provider: 'a',
        prices: A.prices,
        startedAtMs: 0,
        endedAtMs: 0,
        upstreamStatus: 0,
        error: undefined,
        usage: usageOf(10, 5),
        billedUsage: undefined,
      },
    ]);
    assert.equal(record.usage, record.attempts[0]?.usage);
    assert.equal(record.upstreamModel, 'm-2026');
    assert.equal(record.finishReason?.kind, 'FINISH_KIND_STOP');
    assert.equal(clock.pending(), 0);
  });

  it('goes to the next deployment at once, and counts it', async () => {
    const { run, asked } = makeRig();
    const { result, test } = run(script('UPSTREAM_5XX'), { deployments: [A, B] });
    assert.equal((await result).deployment, B);
    assert.deepEqual(asked, [
      { id: 'a/m', atMs: 0 },
      { id: 'b/m', atMs: 0 },
    ]);
    assert.equal(test.call.record.attempts[0]?.error?.reason, 'UPSTREAM_5XX');
  });

  it('asks the same deployment again after a wait with jitter', async () => {
    const { run, asked, clock } = makeRig();
    const { result } = run(script('UPSTREAM_5XX', 'UPSTREAM_RESET'));
    await clock.advance(10_000);
    assert.equal((await result).deployment, A);
    // Half of [100, 100], then half of [100, 300].
    assert.deepEqual(
      asked.map(({ atMs }) => atMs),
      [0, 100, 300],
    );
  });

  for (const reason of Object.keys(REASONS) as Reason[]) {
    it(`treats ${reason} as its row says`, async () => {
      const { run, asked, clock } = makeRig();
      const alone = run(() => fail(reason), { retry: { attempts: 2 } });
      await clock.advance(5000);
      assert.equal((await rejected(alone.result)).reason, reason);
      assert.equal(asked.length, REASONS[reason].retry === 'same' ? 2 : 1);
      const two = run((call) => (call.deployment === A ? fail(reason) : Promise.resolve(messageFrom(call))), {
        deployments: [A, B],
      });
      await clock.advance(40_000); // Past whatever has to cool down.
      if (REASONS[reason].retry === 'never') assert.equal((await rejected(two.result)).reason, reason);
      else assert.equal((await two.result).deployment, B);
    });
  }

  it('makes no more attempts than configured', async () => {
    const { run, asked, clock } = makeRig();
    const { result } = run(() => fail('UPSTREAM_5XX'), { deployments: [A, B], retry: { attempts: 4 } });
    await clock.advance(10_000);
    const error = await rejected(result);
    assert.deepEqual(error.details.metadata, { attempts: '4' });
    assert.deepEqual(
      asked.map(({ id }) => id),
      ['a/m', 'b/m', 'a/m', 'b/m'],
    );
  });

  it('lets the provider overrule the table', async () => {
    const { run, asked, clock } = makeRig();
    const no = run(() => fail('UPSTREAM_5XX', { shouldRetry: false }));
    await clock.advance(5000);
    await rejected(no.result);
    assert.equal(asked.length, 1);
    const yes = run(
      script(
        ...asked.map(() => new GatewayError('UPSTREAM_REJECTED', 'busy', { shouldRetry: true })),
        new GatewayError('UPSTREAM_REJECTED', 'busy', { shouldRetry: true }),
      ),
    );
    await clock.advance(5000);
    assert.equal((await yes.result).deployment, A);
    assert.equal(asked.length, 3);
  });

  it('names the provider in what a provider said', async () => {
    const { run } = makeRig();
    const { result, test } = run(() => fail('UPSTREAM_REJECTED', { upstream: { status: 400, code: 'bad' } }));
    assert.deepEqual((await rejected(result)).details.upstream, { status: 400, code: 'bad', provider: 'a' });
    assert.equal(test.call.record.attempts[0]?.upstreamStatus, 400);
  });

  it('turns whatever else is thrown into INTERNAL, and does not repeat it', async () => {
    const { run, asked } = makeRig();
    const { result } = run(() => Promise.reject(new TypeError('oops')));
    assert.equal((await rejected(result)).reason, 'INTERNAL');
    assert.equal(asked.length, 1);
  });

  it('notes the usage of failed attempts as what was spent', async () => {
    const { run, clock } = makeRig();
    const { result, test } = run(
      (call) => {
        call.attempt.usage = usageOf(7, 1);
        return fail('UPSTREAM_STALLED');
      },
      { retry: { attempts: 2 } },
    );
    await clock.advance(1000);
    await rejected(result);
    assert.equal(test.call.record.usage?.inputTokens, 14);
  });
});

describe('Retry-After', () => {
  it('is waited for by a call that has nowhere else to go', async () => {
    const { run, asked, clock } = makeRig();
    const { result } = run(script(new GatewayError('UPSTREAM_RATE_LIMITED', 'slow down', { retryAfterMs: 3000 })));
    await clock.advance(10_000);
    await result;
    assert.deepEqual(
      asked.map(({ atMs }) => atMs),
      [0, 3000],
    );
  });

  it('that does not fit into the deadline fails the call now (row 57)', async () => {
    const { run, asked, clock } = makeRig();
    const { result } = run(() => fail('UPSTREAM_RATE_LIMITED', { retryAfterMs: 3000 }), { deadlineMs: 3000 });
    const error = await rejected(result);
    assert.equal(error.reason, 'UPSTREAM_RATE_LIMITED');
    assert.equal(error.details.retryAfterMs, 3150, 'three seconds, and half of the jitter');
    assert.equal(asked.length, 1);
    assert.equal(clock.pending(), 0);
  });

  it('keeps later calls away while another deployment is fit (row 56)', async () => {
    const { run, asked, clock } = makeRig();
    const limited: Behaviour = (call) =>
      call.deployment === A
        ? fail('UPSTREAM_RATE_LIMITED', { retryAfterMs: 3000 })
        : Promise.resolve(messageFrom(call));
    await run(limited, { deployments: [A, B] }).result;
    await run(limited, { deployments: [A, B] }).result;
    await clock.advance(3001);
    await run(limited, { deployments: [A, B] }).result;
    assert.deepEqual(
      asked.map(({ id }) => id),
      ['a/m', 'b/m', 'b/m', 'a/m', 'b/m'],
    );
  });

  it('is kept even when the others fail, and is not when there are no others', async () => {
    const { run, asked, clock } = makeRig();
    await run(
      (call) =>
        call.deployment === A
          ? fail('UPSTREAM_RATE_LIMITED', { retryAfterMs: 3000 })
          : Promise.resolve(messageFrom(call)),
      { deployments: [A, B] },
    ).result;
    const both = run((call) => (call.deployment === B ? fail('UPSTREAM_TLS') : Promise.resolve(messageFrom(call))), {
      deployments: [A, B],
    });
    await clock.advance(2999);
    assert.deepEqual(
      asked.map(({ id }) => id),
      ['a/m', 'b/m', 'b/m'],
    );
    await clock.advance(1);
    assert.equal((await both.result).deployment, A);
    await run(() => fail('UPSTREAM_RATE_LIMITED', { retryAfterMs: 9000 }), { retry: { attempts: 1 } }).result.catch(
      () => undefined,
    );
    assert.equal((await run((call) => Promise.resolve(messageFrom(call))).result).deployment, A);
  });
});

describe('a deployment out of order', () => {
  for (const reason of ['UPSTREAM_CREDENTIALS', 'UPSTREAM_QUOTA_EXHAUSTED', 'UPSTREAM_MODEL_NOT_FOUND'] as const) {
    it(`by ${reason} comes last for half a minute (row 61)`, async () => {
      const { run, asked, clock } = makeRig();
      const broken: Behaviour = (call) => (call.deployment === A ? fail(reason) : Promise.resolve(messageFrom(call)));
      await run(broken, { deployments: [A, B] }).result;
      await run(broken, { deployments: [A, B] }).result;
      await clock.advance(30_001);
      await run(broken, { deployments: [A, B] }).result;
      assert.deepEqual(
        asked.map(({ id }) => id),
        ['a/m', 'b/m', 'b/m', 'a/m', 'b/m'],
      );
    });
  }
});

describe('the deadline', () => {
  it('that is too near begins nothing', async () => {
    const { run, asked } = makeRig();
    assert.equal((await rejected(run(script(), { deadlineMs: 49 }).result)).reason, 'DEADLINE_EXCEEDED');
    assert.equal(asked.length, 0);
  });

  it('that comes while an attempt runs ends the call with the reason of its signal', async () => {
    const { run, clock } = makeRig();
    const { result, test } = run(
      (call) =>
        new Promise((_, reject) => {
          call.signal.addEventListener('abort', () => reject(new Error('socket closed')));
        }),
      { deployments: [A, B] },
    );
    await clock.settle();
    test.abort(new GatewayError('DEADLINE_EXCEEDED', 'too late'));
    const error = await rejected(result);
    assert.equal(error.message, 'too late');
    assert.equal(test.call.record.attempts.length, 1);
    assert.equal(test.call.record.attempts[0]?.error, error);
  });

  it('cuts a wait short, and leaves no timer', async () => {
    const { run, asked, clock } = makeRig();
    const { result, test } = run(() => fail('UPSTREAM_5XX'));
    await clock.settle();
    assert.equal(clock.pending(), 1);
    test.abort(new GatewayError('CANCELLED', 'gone'));
    assert.equal((await rejected(result)).reason, 'CANCELLED');
    assert.equal(clock.pending(), 0);
    assert.equal(asked.length, 1);
  });
});

describe('a stream', () => {
  it('is an attempt until the call ends', async () => {
    const { run, clock } = makeRig();
    const answer = {
      kind: 'stream',
      deployment: A,
      upstreamModel: 'm',
      adaptations: [],
      first: [],
    } as unknown as StreamAnswer;
    const { result, test } = run(() => Promise.resolve(answer));
    await result;
    const attempt = test.call.record.attempts[0];
    assert.equal(attempt?.endedAtMs, undefined);
    await clock.advance(500);
    const error = new GatewayError('UPSTREAM_STREAM_RESET', 'cut');
    test.settle({ error });
    assert.equal(attempt?.endedAtMs, 500);
    assert.equal(attempt?.error, error);
  });
});

describe('the trace of an attempt', () => {
  it('has headers of its own and ends once', async () => {
    const clock = createFakeClock();
    const ended: string[] = [];
    const seen: unknown[] = [];
    const handler = attempts({ clock, random: () => 0 })((call) => {
      seen.push(call.traceHeaders);
      return call.deployment === A ? fail('UPSTREAM_5XX') : Promise.resolve(messageFrom(call));
    });
    const { call } = makeCall('complete', { clock });
    const traceAttempt = (_: unknown, { id }: Deployment) => ({
      headers: { traceparent: id },
      end: () => ended.push(id),
    });
    await handler<'complete'>(extend(call, { ...planned(makeModel([A, B])), traceAttempt }));
    assert.deepEqual(seen, [{ traceparent: 'a/m' }, { traceparent: 'b/m' }]);
    assert.deepEqual(ended, ['a/m', 'b/m']);
  });
});
