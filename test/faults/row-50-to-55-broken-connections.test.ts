/** Rows 50 to 55: connections that break, end too early, went stale, or trickle. */
import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { textOf, userText } from '@kanmon/client';
import { chatReply, chatStream, event, STREAM_HEAD, textEvent } from '../support/chat-wire.ts';
import { type ExpectedFault, type FaultRig, generation, readText, startFaultRig } from '../support/fault-rig.ts';
import { openaiCompatible } from '../support/gateway.ts';
import { steps } from '../support/misbehaving-server.ts';
import { openRawServer, type RawServer } from '../support/raw-server.ts';

const TWO_TOKENS = STREAM_HEAD + textEvent('one ') + textEvent('two');
const PATIENT = { timeouts: { firstToken: '10s', idle: '10s' } };
const [HEAD = '', BODY = ''] = chatReply('slow '.repeat(200)).split(/(?<=\r\n\r\n)/);
const DELIVERED = { pushbackMs: -1, lastSequence: 3 } as const;

describe('rows 50 to 55: connections that break', () => {
  let rig: FaultRig;
  let hangsUp: RawServer;

  before(async () => {
    hangsUp = await openRawServer((socket) => void socket.end());
    rig = await startFaultRig(
      {
        reset: { script: () => [steps.reset] },
        'reset-fallback': { script: () => [steps.reset], fallback: true },
        'reset-once': {
          script: (_request, index) => (index === 0 ? [steps.reset] : [steps.send(chatReply('second'))]),
          attempts: 2,
        },
        midway: { script: () => [steps.send(TWO_TOKENS), steps.reset], fallback: true },
        truncated: { script: () => [steps.send(`${TWO_TOKENS}0\r\n\r\n`), steps.end], fallback: true },
        'truncated-early': { script: () => [steps.send(`${STREAM_HEAD}0\r\n\r\n`), steps.end] },
        stale: {
          script: (_request, index) => (index === 1 ? [steps.reset] : [steps.send(chatReply(`reply ${index}`))]),
          provider: { maxConnections: 1 },
        },
        loris: { script: () => [steps.send(HEAD), steps.trickle(BODY, 1, 20)], model: PATIENT },
        'loris-stream': {
          script: () => [steps.send(TWO_TOKENS), steps.trickle(event('x'.repeat(2000)), 1, 20)],
          model: PATIENT,
        },
        quick: { script: () => [steps.send(chatStream('quick'))] },
      },
      {
        providers: { hangsup: openaiCompatible(hangsUp.port) },
        models: { hangsup: { deployments: [{ provider: 'hangsup', model: 'm' }], retry: { attempts: 1 } } },
        more: { times: { slowProvider: '1s' }, drain: { announce: '0s', grace: '0s' } },
      },
    );
  });

  after(async () => {
    await rig[Symbol.asyncDispose]();
    await hangsUp[Symbol.asyncDispose]();
  });

  afterEach(() => rig.assertQuiet());

  const RESET: ExpectedFault = {
    code: 'UNAVAILABLE',
    reason: 'UPSTREAM_RESET',
    pushbackMs: 1000,
    retryAfterMs: 1000,
    attempts: ['UPSTREAM_RESET 0'],
  };

  it('row 50: a reset before headers is UPSTREAM_RESET', async () => {
    await rig.assertFault(rig.client.complete(generation('reset')), RESET);
    await rig.assertFault(rig.client.stream(generation('reset')).final(), RESET);
  });

  it('row 50: it is tried once elsewhere, or once again', async () => {
    strictEqual((await rig.client.complete(generation('reset-fallback'))).provider, 'simulator');
    strictEqual(rig.provider('reset-fallback').requests.length, 1);
    const options = { receipt: 'RECEIPT_LEVEL_SUMMARY' } as const;
    const { message, receipt } = await rig.client.complete({ ...generation('reset-once'), options });
    strictEqual(textOf(message), 'second');
    deepStrictEqual(
      receipt?.attempts.map(({ reason }) => reason),
      ['ERROR_REASON_UPSTREAM_RESET', 'ERROR_REASON_UNSPECIFIED'],
    );
  });

  it('row 51: a reset within a stream is UPSTREAM_STREAM_RESET, and nothing is begun anew', async () => {
    let text = '';
    const reading = readText(rig.client.stream(generation('midway')), (piece) => {
      text += piece;
    });
    await rig.assertFault(reading, {
      ...DELIVERED,
      code: 'UNAVAILABLE',
      reason: 'UPSTREAM_STREAM_RESET',
      attempts: ['UPSTREAM_STREAM_RESET 200'],
    });
    strictEqual(text, 'one two');
    strictEqual(rig.provider('midway').requests.length, 1);
  });

  it('row 52: an orderly end without the finish is UPSTREAM_TRUNCATED, never OK', async () => {
    await rig.assertFault(rig.client.stream(generation('truncated')).final(), {
      ...DELIVERED,
      code: 'UNAVAILABLE',
      reason: 'UPSTREAM_TRUNCATED',
      attempts: ['UPSTREAM_TRUNCATED 200'],
    });
    await rig.assertFault(rig.client.stream(generation('truncated-early')).final(), {
      ...RESET,
      reason: 'UPSTREAM_TRUNCATED',
      attempts: ['UPSTREAM_TRUNCATED 200'],
    });
  });

  it('row 53: a provider that hangs up while the request is being sent is UPSTREAM_RESET', async () => {
    const large = { model: 'hangsup', messages: [userText('long '.repeat(1_000_000))] };
    await rig.assertFault(rig.client.complete({ generation: large }), RESET);
    strictEqual(hangsUp.sockets.length, 1);
  });

  it('row 54: a kept connection that turns out to be closed costs nothing: one attempt, one bill', async () => {
    strictEqual(textOf((await rig.client.complete(generation('stale'))).message), 'reply 0');
    const options = { receipt: 'RECEIPT_LEVEL_SUMMARY' } as const;
    const { message, receipt, usage } = await rig.client.complete({ ...generation('stale'), options });
    strictEqual(textOf(message), 'reply 2');
    strictEqual(receipt?.attempts.length, 1);
    strictEqual(usage?.outputTokens, 2);
    deepStrictEqual(
      rig.provider('stale').requests.map(({ connection }) => connection),
      [0, 0, 1],
    );
  });

  it('row 55: a provider that trickles is UPSTREAM_TOO_SLOW, and holds up nobody else', async () => {
    const startMs = performance.now();
    const tooSlow = { code: 'UNAVAILABLE', reason: 'UPSTREAM_TOO_SLOW', attempts: ['UPSTREAM_TOO_SLOW 200'] } as const;
    const calls = Promise.all([
      rig.assertFault(rig.client.complete(generation('loris')), { ...tooSlow, pushbackMs: 1000, retryAfterMs: 1000 }),
      rig.assertFault(rig.client.stream(generation('loris-stream')).final(), { ...tooSlow, ...DELIVERED }),
    ]);
    strictEqual((await rig.client.stream(generation('quick')).final()).provider, 'quick');
    await calls;
    ok(performance.now() - startMs < 3000);
    for (const model of ['loris', 'loris-stream']) await rig.provider(model).connections[0]?.closed;
  });
});
