/** Rows 56 to 58: a provider's rate limit, and every way in which it says when to come back. */
import { ok, strictEqual } from 'node:assert/strict';
import { chatReply, errorReply } from '../support/chat-wire.ts';
import { type ExpectedFault, type FaultRig, generation, startFaultRig } from '../support/fault-rig.ts';
import { type Step, steps } from '../support/misbehaving-server.ts';

const BODY = { error: { message: 'Too many requests', type: 'rate_limit_error', code: 'rate_limit_exceeded' } };
const DATE = 'date: Tue, 24 Nov 2026 10:00:00 GMT\r\n';

/** Row 58: what Retry-After can say, and for how long it is believed. */
const HINTS: readonly (readonly [name: string, headers: string, waitMs: number])[] = [
  ['in-seconds', 'retry-after: 7\r\n', 7000],
  ['as-a-date', `${DATE}retry-after: Tue, 24 Nov 2026 10:00:30 GMT\r\n`, 30_000],
  ['negative', 'retry-after: -1\r\n', 100],
  ['1e12', 'retry-after: 1000000000000\r\n', 300_000],
  ['past-date', `${DATE}retry-after: Tue, 24 Nov 2026 09:00:00 GMT\r\n`, 100],
];

function limited(headers: string): Step {
  return steps.send(errorReply(429, BODY, headers));
}

/** Callers that fail together do not come back together. */
function jittered(waitMs: number): Pick<ExpectedFault, 'pushbackMs' | 'retryAfterMs'> {
  const range = [waitMs, waitMs * 1.1] as const;
  return { pushbackMs: range, retryAfterMs: range };
}

describe('rows 56 to 58: rate limits of providers', () => {
  let rig: FaultRig;

  before(async () => {
    rig = await startFaultRig({
      ...Object.fromEntries(HINTS.map(([name, headers]) => [name, { script: () => [limited(headers)] }])),
      soon: { script: () => [limited('retry-after: soon\r\n')] },
      fallback: { script: () => [limited('retry-after: 60\r\n')], fallback: true },
      patient: { script: () => [limited('retry-after: 30\r\n')], attempts: 3 },
      brief: {
        script: (_request, index) => [
          index === 0 ? limited('retry-after-ms: 120\r\n') : steps.send(chatReply('at last')),
        ],
        attempts: 2,
      },
    });
  });

  after(() => rig[Symbol.asyncDispose]());

  afterEach(() => rig.assertQuiet());

  const LIMITED: Omit<ExpectedFault, 'pushbackMs'> = {
    code: 'RESOURCE_EXHAUSTED',
    reason: 'UPSTREAM_RATE_LIMITED',
    attempts: ['UPSTREAM_RATE_LIMITED 429'],
  };

  for (const [name, , waitMs] of HINTS) {
    it(`row 58: Retry-After ${name} is a wait of ${waitMs} ms`, async () => {
      const error = await rig.assertFault(rig.client.complete(generation(name)), {
        ...LIMITED,
        ...jittered(waitMs),
      });
      strictEqual(error.metadata.upstreamStatus, '429');
      strictEqual(error.metadata.upstreamCode, 'rate_limit_exceeded');
    });
  }

  it('row 58: what cannot be understood is as if it had not been said', async () => {
    await rig.assertFault(rig.client.complete(generation('soon')), {
      ...LIMITED,
      pushbackMs: 1000,
      retryAfterMs: 1000,
    });
  });

  it('row 56: another deployment answers, and the limited one is left alone until its time', async () => {
    for (let call = 0; call < 3; call += 1) {
      strictEqual((await rig.client.complete(generation('fallback'))).provider, 'simulator');
    }
    strictEqual(rig.provider('fallback').requests.length, 1);
  });

  it('row 56: a short wait is waited for', async () => {
    const startMs = performance.now();
    strictEqual((await rig.client.complete(generation('brief'))).provider, 'brief');
    ok(performance.now() - startMs >= 120);
    strictEqual(rig.provider('brief').requests.length, 2);
  });

  it('row 57: a wait beyond the deadline fails the call now', async () => {
    const startMs = performance.now();
    await rig.assertFault(rig.client.complete(generation('patient'), { timeoutMs: 10_000 }), {
      ...LIMITED,
      ...jittered(30_000),
    });
    ok(performance.now() - startMs < 1000);
    strictEqual(rig.provider('patient').requests.length, 1);
  });
});
