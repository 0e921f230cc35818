import assert from 'node:assert/strict';
import { textOf } from '@kanmon/client';
import { ClientRig, failure, REQUEST, untilAborted } from '../support/client-rig.ts';
import { answerBatches, batch, failCall, type Script } from '../support/scripted-gateway.ts';

describe('client: stream', () => {
  const rig = new ClientRig();
  afterEach(() => rig.close());

  const streaming = (...pieces: string[]): Script => ({
    async *stream() {
      yield* answerBatches(...pieces);
    },
  });

  it('gives events, in order', async () => {
    const client = await rig.connect(streaming('Hel', 'lo'));
    const cases: string[] = [];
    for await (const { event } of client.stream(REQUEST)) cases.push(event?.$case ?? '');
    assert.deepEqual(cases, ['started', 'textStart', 'textDelta', 'textDelta', 'textEnd', 'finished']);
  });

  it('gives text, and the whole answer after it', async () => {
    const stream = (await rig.connect(streaming('Hel', 'lo'))).stream(REQUEST);
    const pieces: string[] = [];
    for await (const piece of stream.text()) pieces.push(piece);
    const whole = await stream.final();
    assert.deepEqual(pieces, ['Hel', 'lo']);
    assert.equal(textOf(whole.message), 'Hello');
    assert.equal(whole.usage?.inputTokens, 3);
    assert.equal(stream.callId, 'call-1');
  });

  it('gives the whole answer alone', async () => {
    const client = await rig.connect(streaming('Hello'));
    assert.equal(textOf((await client.stream(REQUEST).final()).message), 'Hello');
  });

  it('sends nothing before it is read', async () => {
    let calls = 0;
    const client = await rig.connect({
      async *stream() {
        calls += 1;
        yield* answerBatches('');
      },
    });
    client.stream(REQUEST);
    await client.stream(REQUEST).final();
    assert.equal(calls, 1);
  });

  it('is made again as long as nothing but heartbeats has come', async () => {
    let calls = 0;
    const client = await rig.connect({
      async *stream(_, context) {
        calls += 1;
        yield batch(0);
        if (calls === 1) throw failCall(context, 'UPSTREAM_RESET', { retryAfterMs: 1 });
        yield* answerBatches('Hello');
      },
    });
    assert.equal(textOf((await client.stream(REQUEST).final()).message), 'Hello');
    assert.equal(calls, 2);
  });

  it('is not made again once output has come', async () => {
    let calls = 0;
    const client = await rig.connect({
      async *stream(_, context) {
        calls += 1;
        yield* answerBatches('Hello').slice(0, 2);
        throw failCall(context, 'OVERLOADED', { retryAfterMs: 1 });
      },
    });
    const stream = client.stream(REQUEST);
    const error = await failure(stream.final());
    assert.equal(error.reason, 'OVERLOADED');
    assert.equal(calls, 1);
    assert.equal(await failure(stream.final()), error);
  });

  it('cancels the call when it is left early', async () => {
    const there = Promise.withResolvers<void>();
    const client = await rig.connect({
      async *stream(_, { signal }) {
        yield* answerBatches('Hello').slice(0, 2);
        await untilAborted(signal, there.resolve);
      },
    });
    const stream = client.stream(REQUEST);
    for await (const piece of stream.text()) {
      assert.equal(piece, 'Hello');
      break;
    }
    await there.promise;
    assert.match((await failure(stream.final())).message, /left before its end/);
  });

  it('can be cancelled by a signal', async () => {
    const there = Promise.withResolvers<void>();
    const caller = new AbortController();
    const client = await rig.connect({
      async *stream(_, { signal }) {
        yield* answerBatches('Hello').slice(0, 2);
        await untilAborted(signal, there.resolve);
      },
    });
    const reading = (async () => {
      for await (const _ of client.stream(REQUEST, { signal: caller.signal }).text()) caller.abort();
    })();
    assert.equal((await failure(reading)).code, 'CANCELLED');
    await there.promise;
  });

  it('has a deadline', async () => {
    const there = Promise.withResolvers<void>();
    const client = await rig.connect({
      async *stream(_, { signal }) {
        yield* answerBatches('Hello').slice(0, 2);
        await untilAborted(signal, there.resolve);
      },
    });
    const error = await failure(client.stream(REQUEST, { timeoutMs: 100 }).final());
    assert.equal(error.code, 'DEADLINE_EXCEEDED');
    await there.promise;
  });

  it('is an error if it ends without its end', async () => {
    const client = await rig.connect({
      async *stream() {
        yield* answerBatches('Hello').slice(0, 2);
      },
    });
    const error = await failure(client.stream(REQUEST).final());
    assert.equal(error.code, 'DATA_LOSS');
    assert.match(error.message, /without its finished event/);
  });

  it('is an error if events are missing', async () => {
    const client = await rig.connect({
      async *stream() {
        yield* answerBatches('a', 'b').toSpliced(1, 1);
      },
    });
    assert.match((await failure(client.stream(REQUEST).final())).message, /event 2 was expected, 3 came/);
  });
});
