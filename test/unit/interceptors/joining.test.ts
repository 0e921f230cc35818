/** Calls that share one answer. */
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { extend, type Joinable } from '../../../server/interceptors/chain.ts';
import { joining } from '../../../server/interceptors/joining/joining.ts';
import type { Call, MessageAnswer, Rpc } from '../../../server/model/call.ts';
import { GatewayError } from '../../../server/model/errors.ts';
import { CompleteRequest } from '../../../server/model/wire.ts';
import {
  makeCall,
  makeClient,
  makeDeployment,
  makeModel,
  messageFrom,
  planned,
  usageOf,
  userTurn,
} from '../../support/calls.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

interface Flown {
  readonly call: Call & Joinable;
  readonly answer: (changes?: Partial<MessageAnswer>) => void;
  readonly fail: (error: Error) => void;
}

const deployment = makeDeployment('acme');
const model = makeModel([deployment]);

function makeRig() {
  const clock = createFakeClock();
  const flown: Flown[] = [];
  const work = (call: Call & Joinable): Promise<never> =>
    new Promise((resolve, reject) => {
      const answer = (changes = {}) => resolve(messageFrom({ deployment }, changes) as never); // Fits the RPC under test.
      flown.push({ call, answer, fail: reject });
      call.signal.addEventListener('abort', () => reject(GatewayError.from(call.signal.reason)));
    });
  const handler = joining({ nowMs: clock.nowMs, onListenerError: assert.ifError })(work);
  const enter = (changes: EnterChanges = {}) => {
    const { rpc = 'complete', text = 'Hello', client = 'checkout', requestId = 'r1', ...more } = changes;
    const generation = { model: 'chat', messages: [userTurn(text)] };
    const options = { requestId, ...more.options };
    const request = CompleteRequest.fromPartial({ generation, options: { ...options, tags: more.tags ?? {} } });
    const test = makeCall<Rpc>(rpc, {
      clock,
      options,
      request,
      ...(more.deadlineMs !== undefined && { deadlineMs: more.deadlineMs }),
    });
    const identified = extend(test.call, {
      ...planned(model),
      client: makeClient(client, ['chat']),
    });
    const result = handler<Rpc>(identified);
    result.catch(() => undefined);
    return { ...test, result };
  };
  return { clock, flown, enter };
}

interface EnterChanges {
  readonly rpc?: Rpc;
  readonly text?: string;
  readonly client?: string;
  readonly requestId?: string;
  readonly deadlineMs?: number;
  readonly tags?: Record<string, string>;
  readonly options?: Record<string, unknown>;
}

const reasonOf = (result: Promise<unknown>) =>
  result.then(
    () => 'answered',
    (error: unknown) => (error instanceof GatewayError ? error.reason : String(error)),
  );

describe('joining', () => {
  it('gives calls with the same request id and body one answer, paid once', async () => {
    const { flown, enter } = makeRig();
    const [first, second] = [enter(), enter()];
    assert.equal(flown.length, 1);
    const shared = flown[0];
    if (shared) shared.call.record.usage = usageOf(10, 5);
    shared?.answer();
    assert.equal(await first.result, await second.result);
    assert.deepEqual(
      [first, second].map(({ call: { signal } }) => getEventListeners(signal, 'abort').length),
      [0, 0],
    );
    assert.deepEqual([first.call.record.joined, second.call.record.joined], [false, true]);
    assert.deepEqual([first.call.record.usage?.inputTokens, second.call.record.usage], [10, undefined]);
  });

  it('gives them one failure too', async () => {
    const { flown, enter } = makeRig();
    const [first, second] = [enter(), enter()];
    flown[0]?.fail(new GatewayError('UPSTREAM_5XX', ''));
    assert.deepEqual([await reasonOf(first.result), await reasonOf(second.result)], ['UPSTREAM_5XX', 'UPSTREAM_5XX']);
  });

  it('is scoped to the client, and needs a request id', async () => {
    const { flown, enter } = makeRig();
    enter();
    enter({ client: 'other' });
    enter({ requestId: '' });
    enter({ requestId: '' });
    assert.equal(flown.length, 4);
  });

  it('leaves streams alone, whatever is in flight', () => {
    const { flown, enter } = makeRig();
    enter();
    enter({ rpc: 'stream' });
    enter({ rpc: 'stream', text: 'other' });
    assert.deepEqual(
      flown.map(({ call }) => call.flightKey),
      ['checkout\nr1', undefined, undefined],
    );
  });

  it('refuses another body, and another RPC, under the same id', async () => {
    const { flown, enter } = makeRig();
    enter({ tags: { a: '1', b: '2' } });
    assert.equal(await reasonOf(enter({ text: 'other' }).result), 'REQUEST_ID_REUSED');
    assert.equal(await reasonOf(enter({ tags: { a: '1' } }).result), 'REQUEST_ID_REUSED');
    assert.equal(await reasonOf(enter({ rpc: 'countTokens', tags: { a: '1', b: '2' } }).result), 'REQUEST_ID_REUSED');
    assert.equal(flown.length, 1);
  });

  it('does not mind the order of a map, or how the reply is to be told', () => {
    const { flown, enter } = makeRig();
    enter({ tags: { a: '1', b: '2' } });
    enter({ tags: { b: '2', a: '1' }, options: { receipt: 'RECEIPT_LEVEL_FULL' } });
    assert.equal(flown.length, 1);
  });

  it('has no effect once the call has ended', async () => {
    const { flown, enter } = makeRig();
    const first = enter();
    flown[0]?.answer();
    await first.result;
    enter({ text: 'other' });
    assert.equal(flown.length, 2);
  });

  it('goes on while anybody waits, and gives the record to who stays', async () => {
    const { flown, enter } = makeRig();
    const [first, second] = [enter(), enter()];
    first.abort(new GatewayError('CANCELLED', ''));
    assert.equal(await reasonOf(first.result), 'CANCELLED');
    assert.equal(flown[0]?.call.signal.aborted, false);
    if (flown[0]) flown[0].call.record.usage = usageOf(10, 5);
    flown[0]?.answer();
    await second.result;
    assert.deepEqual([first.call.record.usage, second.call.record.usage?.inputTokens], [undefined, 10]);
    assert.equal(second.call.record.joined, false);
  });

  it('is cancelled by the last to leave, who gets the record; whoever comes then starts anew', async () => {
    const { flown, enter } = makeRig();
    const [first, second] = [enter(), enter()];
    first.abort(new GatewayError('CANCELLED', ''));
    if (flown[0]) flown[0].call.record.usage = usageOf(3, 0);
    second.abort(new GatewayError('DEADLINE_EXCEEDED', ''));
    assert.equal(flown[0]?.call.signal.aborted, true);
    enter({ text: 'other' });
    assert.equal(flown.length, 2);
    assert.equal(await reasonOf(second.result), 'DEADLINE_EXCEEDED');
    assert.equal(second.call.record.usage?.inputTokens, 3);
  });

  it('has the latest of the deadlines', () => {
    const { flown, enter } = makeRig();
    enter({ deadlineMs: 1000 });
    assert.equal(flown[0]?.call.deadlineAtMs, 1000);
    enter({ deadlineMs: 5000 });
    enter({ deadlineMs: 2000 });
    assert.equal(flown[0]?.call.deadlineAtMs, 5000);
  });

  it('settles the shared work once, apart from the calls', async () => {
    const { flown, enter } = makeRig();
    const [first] = [enter(), enter()];
    const ends: unknown[] = [];
    flown[0]?.call.onSettle(({ error }) => void ends.push(error));
    flown[0]?.answer();
    await first.result;
    assert.deepEqual(ends, [undefined]);
    assert.equal(first.ended(), undefined);
  });
});
