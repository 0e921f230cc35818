/** Rows 12 to 15: deadlines that are too near, that pass before and within an answer, and that are not there. */
import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { CompleteRequest } from '@kanmon/client';
import { STREAM_HEAD, textEvent } from '../support/chat-wire.ts';
import { type FaultRig, generation, startFaultRig } from '../support/fault-rig.ts';
import { frameMessage, requestRaw } from '../support/grpc-rig.ts';
import { steps } from '../support/misbehaving-server.ts';
import { readStatusDetails } from '../support/status-details.ts';

const COMPLETE = '/kanmon.v1.GatewayService/Complete';
/** The client tells the gateway a deadline that is 100 ms nearer, so that the gateway's own word on it arrives. */
const TWO_SECONDS = { timeoutMs: 2000 };
const PATIENT = { timeouts: { firstToken: '10s', idle: '10s' } };

describe('rows 12 to 15: deadlines', () => {
  let rig: FaultRig;

  before(async () => {
    rig = await startFaultRig(
      {
        silent: { script: () => [steps.stall], model: PATIENT },
        slow: {
          script: () => [steps.send(STREAM_HEAD), steps.trickle(textEvent('word ').repeat(200), 200, 50)],
          model: PATIENT,
        },
        never: { script: () => [steps.stall] },
      },
      { more: { times: { defaultDeadline: '1s' } } },
    );
  });

  after(() => rig[Symbol.asyncDispose]());

  afterEach(() => rig.assertQuiet());

  it('row 12: a deadline that no call can meet is DEADLINE_EXCEEDED at once, and the provider is not asked', async () => {
    const session = await rig.openSession();
    const startMs = performance.now();
    const body = frameMessage(Buffer.from(CompleteRequest.encode(request('never')).finish()));
    const reply = await requestRaw(session, { ':path': COMPLETE, 'grpc-timeout': '5m' }, body);
    ok(performance.now() - startMs < 500);
    deepStrictEqual([reply.grpc, reply.pushback], ['4', '-1']);
    deepStrictEqual(readStatusDetails(reply.details), {
      reason: 'DEADLINE_EXCEEDED',
      domain: 'kanmon.v1',
      retryMs: undefined,
    });
    strictEqual(rig.provider('never').requests.length, 0);
    const line = await rig.logLine('r-never');
    deepStrictEqual([line.status, line.reason, line.attempts], ['DEADLINE_EXCEEDED', 'DEADLINE_EXCEEDED', 0]);
    await rig.assertServes();
    session.close();
  });

  it('row 13: a deadline that passes before the first byte ends the call and the request', async () => {
    const startMs = performance.now();
    const [unary, streamed] = [generation('silent'), generation('silent')];
    const calls = [rig.client.complete(unary, TWO_SECONDS), rig.client.stream(streamed, TWO_SECONDS).final()];
    await Promise.all(
      calls.map((call) =>
        rig.assertFault(
          call.finally(() => ok(performance.now() - startMs < 2100, 'at most 100 ms late')),
          { code: 'DEADLINE_EXCEEDED', reason: 'DEADLINE_EXCEEDED', pushbackMs: -1, attempts: ['DEADLINE_EXCEEDED 0'] },
        ),
      ),
    );
    const { connections } = rig.provider('silent');
    strictEqual(connections.length, 2);
    for (const { closed } of connections) ok((await closed) - startMs < 2000, 'the provider is let go within 100 ms');
  });

  it('row 14: a deadline that passes within a stream says what was delivered', async () => {
    const startMs = performance.now();
    const stream = rig.client.stream(generation('slow'), TWO_SECONDS);
    let events = 0;
    const reading = (async () => {
      for await (const _ of stream) events += 1;
    })();
    const error = await rig.assertFault(
      reading.catch((thrown) => {
        // Events are numbered from 0; what the last number is depends on how fast the machine was.
        lastSequence = events - 1;
        throw thrown;
      }),
      expectedOf14(() => lastSequence),
    );
    ok(events > 3);
    strictEqual(error.callFailure?.lastSequence, events - 1, 'the client has all that the gateway says it delivered');
    const closedAtMs = (await rig.provider('slow').connections[0]?.closed) ?? Number.NaN;
    ok(closedAtMs - startMs < 2000);
  });

  it('row 15: a call without a deadline gets the configured one', async () => {
    const session = await rig.openSession();
    const startMs = performance.now();
    const body = frameMessage(Buffer.from(CompleteRequest.encode(request('silent')).finish()));
    const reply = await requestRaw(session, { ':path': COMPLETE }, body);
    const elapsedMs = performance.now() - startMs;
    ok(elapsedMs > 990 && elapsedMs < 1200, `${elapsedMs} ms`);
    deepStrictEqual([reply.grpc, reply.pushback], ['4', '-1']);
    strictEqual(readStatusDetails(reply.details).reason, 'DEADLINE_EXCEEDED');
    deepStrictEqual((await rig.logLine('r-silent')).failures, ['silent/silent-1 DEADLINE_EXCEEDED 0']);
    session.close();
  });
});

let lastSequence = -1;

function expectedOf14(sequence: () => number) {
  return {
    code: 'DEADLINE_EXCEEDED',
    reason: 'DEADLINE_EXCEEDED',
    pushbackMs: -1,
    attempts: ['DEADLINE_EXCEEDED 200'],
    get lastSequence() {
      return sequence();
    },
  } as const;
}

function request(model: string) {
  return CompleteRequest.fromPartial({ ...generation(model), options: { requestId: `r-${model}` } });
}
