/** What holds of attempts whatever happens: budgets, waits, deadlines. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { nextDelayMs } from '../../../server/interceptors/attempts/backoff.ts';
import { createRetryBudgets } from '../../../server/interceptors/attempts/budget.ts';
import { mostTelling } from '../../../server/interceptors/attempts/telling.ts';
import { GatewayError } from '../../../server/model/errors.ts';
import type { Reason } from '../../../server/model/reasons.ts';
import { A, B, type Behaviour, fail, makeRig } from '../../support/attempts-rig.ts';
import { makeDeployment, messageFrom } from '../../support/calls.ts';

describe('the most telling error', () => {
  const error = (reason: Reason) => new GatewayError(reason, '');
  const tell = (...reasons: readonly Reason[]) => mostTelling(reasons.map(error))?.reason;

  it('is the last, but a passing failure rather than one that only the operator can mend', () => {
    assert.equal(tell(), undefined);
    assert.equal(tell('UPSTREAM_5XX', 'UPSTREAM_RESET'), 'UPSTREAM_RESET');
    assert.equal(tell('UPSTREAM_5XX', 'UPSTREAM_REJECTED'), 'UPSTREAM_REJECTED');
    assert.equal(tell('UPSTREAM_OVERLOADED', 'UPSTREAM_CREDENTIALS'), 'UPSTREAM_OVERLOADED');
    assert.equal(tell('UPSTREAM_TLS', 'UPSTREAM_CREDENTIALS'), 'UPSTREAM_CREDENTIALS');
  });
});

describe('the retry budget', () => {
  it('allows three retries, and a share of the calls', async () => {
    const { run, asked, clock } = makeRig();
    const failing: Behaviour = () => fail('UPSTREAM_5XX');
    for (let i = 0; i < 20; i += 1) void run(failing, { retry: { attempts: 2 } });
    await clock.advance(3000);
    assert.equal(asked.length, 20 + 3 + 0.2 * 20);
  });

  it('asks nothing of fallbacks: they do not load the deployment that fails', async () => {
    const { run, asked } = makeRig();
    for (let i = 0; i < 20; i += 1) {
      await run((call) => (call.deployment === A ? fail('UPSTREAM_5XX') : Promise.resolve(messageFrom(call))), {
        deployments: [A, B],
      }).result;
    }
    assert.equal(asked.length, 40);
  });

  it('forgets calls after ten seconds at the latest', () => {
    let nowMs = 0;
    const budgets = createRetryBudgets(() => nowMs);
    for (let i = 0; i < 100; i += 1) budgets.countCall('chat');
    nowMs = 10_900;
    const granted = Array.from({ length: 10 }, () => budgets.takeRetry('chat', 1)).filter(Boolean);
    assert.equal(granted.length, 3);
  });

  it('holds in every ten seconds that end with a retry (I8)', () => {
    const event = fc.record({ waitMs: fc.integer({ min: 0, max: 4000 }), isRetry: fc.boolean() });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 120 }), fc.double({ min: 0, max: 1, noNaN: true }), (events, ratio) => {
        let nowMs = 12_345;
        const budgets = createRetryBudgets(() => nowMs);
        const calls: number[] = [];
        const retries: number[] = [];
        for (const { waitMs, isRetry } of events) {
          nowMs += waitMs;
          if (!isRetry) {
            budgets.countCall('chat');
            calls.push(nowMs);
          } else if (budgets.takeRetry('chat', ratio)) {
            retries.push(nowMs);
            const within = (times: number[]) => times.filter((at) => at > nowMs - 10_000).length;
            assert.ok(within(retries) <= ratio * within(calls) + 3);
          }
        }
      }),
    );
  });
});

describe('the wait between attempts', () => {
  it('lies between the base and the cap, whatever was before', () => {
    const ms = fc.integer({ min: 1, max: 10_000 });
    fc.assert(
      fc.property(
        ms,
        ms,
        ms,
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (base, more, last, chance) => {
          const config = { baseDelayMs: base, maxDelayMs: base + more };
          const delay = nextDelayMs(config, last, () => chance);
          assert.ok(delay >= base && delay <= config.maxDelayMs);
        },
      ),
    );
  });
});

describe('attempts, whatever providers do', () => {
  const outcome = fc.record({
    reason: fc.constantFrom<Reason | 'answer'>(
      'answer',
      'UPSTREAM_5XX',
      'UPSTREAM_RATE_LIMITED',
      'UPSTREAM_TLS',
      'UPSTREAM_CREDENTIALS',
      'UPSTREAM_REJECTED',
      'UPSTREAM_TIMEOUT',
    ),
    tookMs: fc.integer({ min: 0, max: 3000 }),
    retryAfterMs: fc.option(fc.integer({ min: 100, max: 20_000 }), { nil: undefined }),
  });

  it('end within the deadline, never ask too often, and nothing after an answer (I7, I8, I10, I11)', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(outcome, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 60, max: 15_000 }),
        async (outcomes, max, width, deadlineMs) => {
          const rig = makeRig(() => 0.9);
          const { clock, asked } = rig;
          const deployments = Array.from({ length: width }, (_, index) => makeDeployment(`d${index}`));
          let answered = 0;
          const provider: Behaviour = (call, nth) => {
            const { reason, tookMs, retryAfterMs } = outcomes[(nth - 1) % outcomes.length] ?? assert.fail();
            assert.equal(answered, 0, 'asked after an answer');
            return new Promise((resolve, reject) => {
              const cancel = clock.setTimer(() => {
                if (reason === 'answer') {
                  answered += 1;
                  resolve(messageFrom(call));
                } else reject(new GatewayError(reason, '', retryAfterMs === undefined ? {} : { retryAfterMs }));
              }, tookMs);
              call.signal.addEventListener('abort', () => {
                cancel();
                reject(new Error('closed'));
              });
            });
          };
          const { result, test } = rig.run(provider, { deployments, retry: { attempts: max }, deadlineMs });
          let endedAtMs: number | undefined;
          const ended = result
            .catch(() => undefined)
            .then(() => {
              endedAtMs = clock.nowMs();
            });
          clock.setTimer(() => test.abort(new GatewayError('DEADLINE_EXCEEDED', '')), deadlineMs);
          await clock.advance(deadlineMs + 1);
          await ended;
          assert.ok(endedAtMs !== undefined && endedAtMs <= deadlineMs, 'ended after the deadline');
          assert.ok(asked.length <= max);
          assert.ok(
            asked.every(({ atMs }) => deadlineMs - atMs >= 50),
            'began with too little left',
          );
          assert.ok(test.call.record.attempts.every(({ endedAtMs: end }) => end !== undefined));
          await clock.advance(60_000);
          assert.equal(clock.pending(), 0, 'left a timer');
        },
      ),
      { numRuns: 150 },
    );
  });
});
