/** Rows 17 to 19: a caller cancels, before its request is sent, before the answer begins, and in its midst. */
import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { chatReply, event, STREAM_HEAD, textEvent } from '../support/chat-wire.ts';
import { failure } from '../support/client-rig.ts';
import { eventually, type FaultRig, generation, startFaultRig } from '../support/fault-rig.ts';
import { steps } from '../support/misbehaving-server.ts';

const PATIENT = { timeouts: { firstToken: '10s', idle: '10s' } };
const WITHIN_MS = 100;

describe('rows 17 to 19: cancelled calls', () => {
  let rig: FaultRig;
  const gate = Promise.withResolvers<void>();

  before(async () => {
    rig = await startFaultRig({
      queue: {
        script: () => [steps.wait(gate.promise), steps.send(chatReply('late'))],
        provider: { maxConnections: 1 },
      },
      silent: { script: () => [steps.stall], model: PATIENT },
      pings: { script: () => [steps.send(STREAM_HEAD + event({ choices: [] })), steps.stall], model: PATIENT },
      halfway: { script: () => [steps.send(STREAM_HEAD + textEvent('one ')), steps.stall], model: PATIENT },
      counting: {
        script: () => [steps.send(STREAM_HEAD + textEvent('one ') + event(PARTIAL_USAGE)), steps.stall],
        model: PATIENT,
      },
    });
  });

  after(() => rig[Symbol.asyncDispose]());

  afterEach(() => rig.assertQuiet());

  it('row 17: before dispatch nothing is sent, and who waits behind is served', async () => {
    const { requests } = rig.provider('queue');
    const first = rig.client.complete(generation('queue'));
    await rig.provider('queue').requested(1);
    const abort = new AbortController();
    const second = failure(rig.client.complete(requestAs('queue', 'r-17'), { signal: abort.signal }));
    const third = rig.client.complete(generation('queue'));
    await inFlight(rig, 3);
    abort.abort();
    strictEqual((await second).code, 'CANCELLED');
    const line = await rig.logLine('r-17');
    deepStrictEqual([line.status, line.reason, line.inputTokens], ['CANCELLED', 'CANCELLED', undefined]);
    gate.resolve();
    await Promise.all([first, third, rig.assertServes()]);
    strictEqual(requests.length, 2);
  });

  for (const model of ['silent', 'pings']) {
    it(`row 18: before the first byte of output the request is ended within ${WITHIN_MS} ms (${model})`, async () => {
      const abort = new AbortController();
      const call = failure(rig.client.stream(requestAs(model, `r-18-${model}`), { signal: abort.signal }).final());
      await rig.provider(model).requested(1);
      await assertCancelled(rig, model, { abort, call, requestId: `r-18-${model}` });
    });
  }

  it('row 18: a unary call is ended as well', async () => {
    const abort = new AbortController();
    const call = failure(rig.client.complete(requestAs('silent', 'r-18'), { signal: abort.signal }));
    await rig.provider('silent').requested(2);
    await assertCancelled(rig, 'silent', { abort, call, requestId: 'r-18' });
  });

  it('row 19: in the midst of a stream the request is ended, and what came is in the record', async () => {
    const abort = new AbortController();
    const stream = rig.client.stream(requestAs('halfway', 'r-19'), { signal: abort.signal });
    const iterator = stream[Symbol.asyncIterator]();
    for (let events = 0; events < 3; events += 1) await iterator.next();
    const line = await assertCancelled(rig, 'halfway', { abort, call: failure(iterator.next()), requestId: 'r-19' });
    ok(Number(line.firstOutputMs) > 0);
  });

  it('row 19: usage that the provider has told by then is recorded', async () => {
    const abort = new AbortController();
    const stream = rig.client.stream(requestAs('counting', 'r-19-usage'), { signal: abort.signal });
    const iterator = stream[Symbol.asyncIterator]();
    for (let events = 0; events < 3; events += 1) await iterator.next();
    const call = failure(iterator.next());
    const line = await assertCancelled(rig, 'counting', { abort, call, requestId: 'r-19-usage' });
    deepStrictEqual([line.inputTokens, line.outputTokens], [5, 1]);
  });

  it('row 19: a reader that leaves its loop cancels as well', async () => {
    for await (const _ of rig.client.stream(requestAs('halfway', 'r-19-left'))) break;
    const leftAtMs = performance.now();
    const closedAtMs = await rig.provider('halfway').connections.at(-1)?.closed;
    ok(closedAtMs !== undefined && closedAtMs - leftAtMs < WITHIN_MS);
    strictEqual((await rig.logLine('r-19-left')).reason, 'CANCELLED');
  });
});

const PARTIAL_USAGE = {
  id: 'chatcmpl-1',
  choices: [],
  usage: { prompt_tokens: 5, completion_tokens: 1, total_tokens: 6 },
};

function requestAs(model: string, requestId: string) {
  return { ...generation(model), options: { requestId } };
}

interface Cancelled {
  readonly abort: AbortController;
  readonly call: ReturnType<typeof failure>;
  readonly requestId: string;
}

/** Cancels now, and asserts what the caller, the provider and the log see of it. */
async function assertCancelled(rig: FaultRig, model: string, { abort, call, requestId }: Cancelled) {
  const connection = rig.provider(model).connections.at(-1);
  const atMs = performance.now();
  abort.abort();
  strictEqual((await call).code, 'CANCELLED');
  const closedAtMs = (await connection?.closed) ?? Number.NaN;
  ok(closedAtMs - atMs < WITHIN_MS, `closed after ${closedAtMs - atMs} ms`);
  const line = await rig.logLine(requestId);
  deepStrictEqual([line.status, line.reason, line.attempts], ['CANCELLED', 'CANCELLED', 1]);
  await rig.assertServes();
  return line;
}

async function inFlight(rig: FaultRig, count: number): Promise<void> {
  await eventually(async () =>
    new RegExp(`^kanmon_calls_in_flight\\{rpc="complete"\\} ${count}$`, 'm').test(await rig.gateway.metrics()),
  );
}
