import assert from 'node:assert/strict';
import fc from 'fast-check';
import { GatewayError } from '../../../server/model/errors.ts';
import { createInvoke } from '../../../server/upstream/invoke.ts';
import {
  createPlayedExchange,
  frames,
  isPending,
  makeCall,
  makeInvokeDeps,
  readAll,
  rejection,
  openStreamRig as rig,
  SSE,
  textOf,
} from '../../support/upstream-rig.ts';

describe('a streamed attempt', () => {
  it('gives everything that came, and the finish last', async () => {
    const { exchange, answer, call } = rig();
    exchange.reply(SSE, frames({ t: 'Hel' }, { t: 'lo' }, { f: 'stop' }, { u: 2 }, '[DONE]'));
    const events = await readAll(await answer);
    assert.equal(textOf(events), 'Hello.');
    assert.equal(events.at(-1)?.event?.$case, 'finished');
    assert.equal(call.record.finishReason?.raw, 'stop');
    assert.equal(call.record.usage?.outputTokens, 2);
    assert.equal(call.attempt.usage?.outputTokens, 2);
    assert.equal(call.attempt.error, undefined);
    assert.equal(call.attempt.upstreamStatus, 200);
    assert.notEqual(call.attempt.endedAtMs, undefined);
  });

  it('holds what is no output, and resolves with the first output', async () => {
    const { exchange, answer, call, clock } = rig();
    exchange.reply(SSE, frames({ t: '' }, { u: 1 }));
    assert.ok(await isPending(answer));
    await clock.advance(50);
    exchange.sink().onData(Buffer.from(frames({ t: 'A' })));
    const { first } = await answer;
    assert.deepEqual(
      first.map(({ event }) => event?.$case),
      ['textStart', 'textDelta', 'textDelta'],
    );
    assert.equal(call.record.firstOutputAtMs, 50);
  });

  it('resolves with the finish reason where there is no output at all', async () => {
    const { exchange, answer } = rig();
    exchange.reply(SSE, frames({ f: 'stop' }));
    const { first, rest } = await answer;
    assert.deepEqual(first, []);
    const read = rest.read();
    exchange.sink().onData(Buffer.from(frames({ u: 0 }, '[DONE]')));
    assert.equal(textOf((await read) ?? []), '.');
    assert.equal(await rest.read(), undefined);
  });

  it('gives the same events wherever the bytes are cut', async () => {
    const bytes = Buffer.from(
      `\ufeff: hi\r\n\r\n${frames({ t: 'äß' }, { t: '漢😀' }, { u: 3 }, { f: 'stop' }, '[DONE]')}`,
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length)), async (cuts) => {
        const { exchange, answer } = rig();
        exchange.reply(SSE);
        const at = [...cuts].sort((a, b) => a - b);
        for (const [index, from] of [0, ...at].entries()) {
          const piece = bytes.subarray(from, at[index] ?? bytes.length);
          if (piece.length > 0) exchange.sink().onData(piece);
        }
        assert.equal(textOf(await readAll(await answer)), 'äß漢😀.');
      }),
      { numRuns: 100 },
    );
  });

  it('puts what came in one turn into one batch', async () => {
    const { exchange, answer } = rig();
    exchange.reply(SSE, frames({ t: 'a' }));
    const { rest } = await answer;
    const read = rest.read();
    for (const t of ['b', 'c', 'd']) exchange.sink().onData(Buffer.from(frames({ t })));
    assert.equal(textOf((await read) ?? []), 'bcd');
  });

  it('leaves the connection open after the last word, so that it can be used again, but not for long', async () => {
    const { exchange, answer, clock } = rig();
    exchange.reply(SSE, frames({ t: 'a' }, { f: 'stop' }, '[DONE]'));
    await readAll(await answer);
    assert.equal(exchange.flow.aborted, false);
    await clock.advance(2_000);
    assert.equal(exchange.flow.aborted, true);
    assert.equal(clock.pending(), 0);
  });

  it('sets no timer that outlives the reply', async () => {
    const { exchange, answer, clock } = rig();
    exchange.reply(SSE, frames({ t: 'a' }, { f: 'stop' }, '[DONE]'));
    exchange.sink().onEnd();
    await readAll(await answer);
    assert.equal(clock.pending(), 0);
  });

  describe('timeouts', () => {
    it('47: no output in time is UPSTREAM_TIMEOUT, pings or not', async () => {
      const { exchange, answer, clock, call } = rig();
      exchange.reply(SSE);
      for (let second = 0; second < 29; second++) {
        await clock.advance(1_000);
        exchange.sink().onData(Buffer.from(': ping\n\nevent: ping\ndata: {}\n\n'));
      }
      assert.ok(await isPending(answer));
      await clock.advance(1_000);
      const error = await rejection(answer);
      assert.equal(error.reason, 'UPSTREAM_TIMEOUT');
      assert.deepEqual(error.details.upstream, { status: 200, code: '', provider: 'acme' });
      assert.equal(call.attempt.error, error);
      assert.equal(exchange.flow.aborted, true);
      assert.equal(clock.pending(), 0);
    });

    it('49: a stall after output is UPSTREAM_STREAM_STALLED; output in between counts anew, pings do not', async () => {
      const { exchange, answer, clock } = rig();
      exchange.reply(SSE, frames({ t: 'a' }));
      const { rest } = await answer;
      await clock.advance(9_000);
      exchange.sink().onData(Buffer.from(frames({ t: 'b' })));
      await clock.advance(9_000);
      exchange.sink().onData(Buffer.from(': ping\n\n'));
      assert.equal(textOf((await rest.read()) ?? []), 'b');
      const read = rejection(rest.read());
      await clock.advance(1_000);
      assert.equal((await read).reason, 'UPSTREAM_STREAM_STALLED');
      assert.equal(exchange.flow.aborted, true);
    });

    it('sets one timer for many pieces of output', async () => {
      const { exchange, answer, clock } = rig();
      exchange.reply(SSE, frames({ t: 'a' }));
      await answer;
      for (let i = 0; i < 100; i++) exchange.sink().onData(Buffer.from(frames({ t: 'b' })));
      assert.equal(clock.pending(), 1);
    });

    it('55: one event that trickles in is UPSTREAM_TOO_SLOW', async () => {
      const { exchange, answer, clock } = rig();
      exchange.reply(SSE, 'data: ');
      let failed: GatewayError | undefined;
      answer.catch((error: unknown) => {
        failed = GatewayError.from(error);
      });
      for (let second = 0; second < 15 && failed === undefined; second++) {
        await clock.advance(1_000);
        exchange.sink().onData(Buffer.from('x'));
        await clock.settle();
      }
      assert.equal(failed?.reason, 'UPSTREAM_TOO_SLOW');
      assert.equal(clock.nowMs(), 10_000);
    });
  });

  describe('back-pressure', () => {
    const large = 'x'.repeat(60_000);

    it('stops the provider when nobody reads, and lets it go on when somebody does', async () => {
      const { exchange, answer, clock } = rig();
      exchange.reply(SSE, frames({ t: 'a' }));
      const { rest } = await answer;
      for (let i = 0; i < 4; i++) exchange.sink().onData(Buffer.from(frames({ t: large })));
      assert.equal(exchange.flow.paused, false);
      exchange.sink().onData(Buffer.from(frames({ t: large })));
      assert.equal(exchange.flow.paused, true);
      await clock.advance(60_000); // Longer than idleMs: the silence is the reader's.
      await rest.read();
      await clock.settle();
      assert.equal(exchange.flow.paused, false);
      const read = rejection(rest.read());
      await clock.advance(10_000);
      assert.equal((await read).reason, 'UPSTREAM_STREAM_STALLED');
    });

    it('never stops it for a reader that waits', async () => {
      const { exchange, answer } = rig();
      exchange.reply(SSE, frames({ t: 'a' }));
      const { rest } = await answer;
      const read = rest.read();
      for (let i = 0; i < 6; i++) exchange.sink().onData(Buffer.from(frames({ t: large })));
      assert.equal(exchange.flow.paused, false);
      assert.equal(textOf((await read) ?? []).length, 6 * large.length);
    });
  });

  describe('the end of the call', () => {
    it('18: cancelled before output, the connection is closed at once', async () => {
      const { exchange, answer, abort, clock, call } = rig();
      const reason = new GatewayError('CANCELLED', 'the caller left');
      abort(reason);
      assert.equal(exchange.flow.aborted, true);
      assert.equal(await rejection(answer), reason);
      assert.equal(call.attempt.error, reason);
      assert.equal(clock.pending(), 0);
    });

    it('19: cancelled in the midst, read fails with the reason and usage so far is kept', async () => {
      const { exchange, answer, abort, call } = rig();
      exchange.reply(SSE, frames({ u: 9 }, { t: 'a' }));
      const { rest } = await answer;
      const read = rejection(rest.read());
      abort(new GatewayError('CANCELLED', 'the caller left'));
      assert.equal((await read).reason, 'CANCELLED');
      assert.equal(exchange.flow.aborted, true);
      assert.equal(call.attempt.usage?.outputTokens, 9);
      assert.equal(call.record.usage?.outputTokens, 9);
    });

    it('a reader that gives up closes the connection; twice, or after the end, is harmless', async () => {
      const { exchange, answer } = rig();
      exchange.reply(SSE, frames({ t: 'a' }));
      const { rest } = await answer;
      rest.cancel();
      rest.cancel();
      assert.equal(exchange.flow.aborted, true);
      assert.equal((await rejection(rest.read())).reason, 'CANCELLED');
      exchange.sink().onData(Buffer.from(frames({ t: 'b' })));
    });

    it('sends nothing for a call that has ended already', async () => {
      const exchange = createPlayedExchange();
      const { call, abort } = makeCall('stream');
      abort(new GatewayError('DEADLINE_EXCEEDED', 'too late'));
      const error = await rejection(createInvoke(makeInvokeDeps(exchange))(call));
      assert.equal(error.reason, 'DEADLINE_EXCEEDED');
      assert.equal(exchange.requests.length, 0);
    });
  });
});
