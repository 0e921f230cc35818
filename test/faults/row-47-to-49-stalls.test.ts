/** Rows 47 to 49: a provider that says nothing, or stops in the middle. */
import { ok, strictEqual } from 'node:assert/strict';
import { chatReply, STREAM_HEAD, textEvent } from '../support/chat-wire.ts';
import { type ExpectedFault, type FaultRig, generation, readText, startFaultRig } from '../support/fault-rig.ts';
import { steps } from '../support/misbehaving-server.ts';

const HALF_REPLY = chatReply('never whole').slice(0, -40);
const THREE_TOKENS = STREAM_HEAD + ['one ', 'two ', 'three'].map(textEvent).join('');

describe('rows 47 to 49: providers that stall', () => {
  let rig: FaultRig;

  before(async () => {
    rig = await startFaultRig({
      silent: { script: () => [steps.stall] },
      headers: { script: () => [steps.send(STREAM_HEAD), steps.stall] },
      twice: { script: () => [steps.stall], attempts: 2 },
      fallback: { script: () => [steps.stall], fallback: true },
      half: { script: () => [steps.send(HALF_REPLY), steps.stall], attempts: 3 },
      midway: { script: () => [steps.send(THREE_TOKENS), steps.stall], fallback: true },
      folded: { script: () => [steps.send(THREE_TOKENS), steps.stall], model: { completeVia: 'stream' } },
    });
  });

  after(() => rig[Symbol.asyncDispose]());

  afterEach(() => rig.assertQuiet());

  it('row 47: no output within the time to the first token is UPSTREAM_TIMEOUT, headers or not', async () => {
    const expected = (status: number): ExpectedFault => ({
      code: 'UNAVAILABLE',
      reason: 'UPSTREAM_TIMEOUT',
      pushbackMs: 1000,
      retryAfterMs: 1000,
      attempts: [`UPSTREAM_TIMEOUT ${status}`],
    });
    await Promise.all([
      rig.assertFault(rig.client.stream(generation('silent')).final(), expected(0)),
      rig.assertFault(rig.client.stream(generation('headers')).final(), expected(200)),
    ]);
    for (const model of ['silent', 'headers']) await rig.provider(model).connections[0]?.closed;
  });

  it('row 47: what the gateway has retried itself is not to be retried again', async () => {
    await rig.assertFault(rig.client.stream(generation('twice')).final(), {
      code: 'UNAVAILABLE',
      reason: 'UPSTREAM_TIMEOUT',
      pushbackMs: -1,
      retryAfterMs: 1000,
      attempts: ['UPSTREAM_TIMEOUT 0', 'UPSTREAM_TIMEOUT 0'],
    });
    strictEqual(rig.provider('twice').requests.length, 2);
  });

  it('row 47: another deployment answers, and the caller sees nothing of it', async () => {
    const { provider } = await rig.client.stream(generation('fallback')).final();
    strictEqual(provider, 'simulator');
    strictEqual(rig.provider('fallback').requests.length, 1);
  });

  it('row 48: a unary reply that stops in the middle is UPSTREAM_STALLED at the deadline, not DEADLINE_EXCEEDED', async () => {
    const startMs = performance.now();
    await rig.assertFault(rig.client.complete(generation('half'), { timeoutMs: 2000 }), {
      code: 'UNAVAILABLE',
      reason: 'UPSTREAM_STALLED',
      pushbackMs: 1000,
      retryAfterMs: 1000,
      attempts: ['UPSTREAM_STALLED 200'],
    });
    ok(performance.now() - startMs < 2100);
    const closedAtMs = (await rig.provider('half').connections[0]?.closed) ?? Number.NaN;
    ok(closedAtMs - startMs < 2000);
    strictEqual(rig.provider('half').requests.length, 1, 'nothing of the deadline is left for another');
  });

  it('row 49: a stream that stops is UPSTREAM_STREAM_STALLED, says what was delivered, and is not begun anew', async () => {
    let text = '';
    const reading = readText(rig.client.stream(generation('midway')), (piece) => {
      text += piece;
    });
    await rig.assertFault(reading, {
      code: 'UNAVAILABLE',
      reason: 'UPSTREAM_STREAM_STALLED',
      pushbackMs: -1,
      attempts: ['UPSTREAM_STREAM_STALLED 200'],
      lastSequence: 4, // started, text_start, three deltas
    });
    strictEqual(text, 'one two three');
    strictEqual(rig.provider('midway').requests.length, 1);
    await rig.provider('midway').connections[0]?.closed;
  });

  it('row 49: where the stream was folded nothing was delivered, and the caller may try again', async () => {
    await rig.assertFault(rig.client.complete(generation('folded')), {
      code: 'UNAVAILABLE',
      reason: 'UPSTREAM_STALLED',
      pushbackMs: 1000,
      retryAfterMs: 1000,
      attempts: ['UPSTREAM_STALLED 200'],
    });
  });
});
