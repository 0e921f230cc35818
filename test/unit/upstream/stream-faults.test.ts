import assert from 'node:assert/strict';
import { GatewayError } from '../../../server/model/errors.ts';
import { API_KEY, frames, readAll, rejection, openStreamRig as rig, SSE, textOf } from '../../support/upstream-rig.ts';

describe('faults of a streamed attempt', () => {
  describe('breaks', () => {
    const reset = new GatewayError('UPSTREAM_RESET', 'broken');

    it('50: before output it is UPSTREAM_RESET', async () => {
      const { exchange, answer } = rig();
      exchange.reply(SSE, frames({ u: 1 }));
      exchange.sink().onError(reset);
      assert.equal((await rejection(answer)).reason, 'UPSTREAM_RESET');
    });

    it('51: in the midst it is UPSTREAM_STREAM_RESET, after what came', async () => {
      const { exchange, answer } = rig();
      exchange.reply(SSE, frames({ t: 'a' }));
      const { rest } = await answer;
      exchange.sink().onData(Buffer.from(frames({ t: 'b' })));
      exchange.sink().onError(reset);
      assert.equal(textOf((await rest.read()) ?? []), 'b');
      assert.equal((await rejection(rest.read())).reason, 'UPSTREAM_STREAM_RESET');
      assert.equal((await rejection(rest.read())).reason, 'UPSTREAM_STREAM_RESET', 'and stays so');
    });

    it('52: an end without the finish is UPSTREAM_TRUNCATED, whether something came or not', async () => {
      const { exchange, answer } = rig();
      exchange.reply(SSE, frames({ t: 'a' }));
      exchange.sink().onEnd();
      const { rest } = await answer;
      assert.equal((await rejection(rest.read())).reason, 'UPSTREAM_TRUNCATED');
      const empty = rig();
      empty.exchange.reply(SSE);
      empty.exchange.sink().onEnd();
      assert.equal((await rejection(empty.answer)).reason, 'UPSTREAM_TRUNCATED');
    });

    it('65: an end within an event is UPSTREAM_TRUNCATED, not a protocol error', async () => {
      const { exchange, answer } = rig();
      exchange.reply(SSE, `${frames({ t: 'a' })}data: {"t": "b`);
      exchange.sink().onEnd();
      assert.equal((await rejection((await answer).rest.read())).reason, 'UPSTREAM_TRUNCATED');
    });

    it('an end without [DONE] but with the finish is whole, and so is a [DONE] without its line end', async () => {
      for (const last of [frames({ f: 'stop' }), `${frames({ f: 'stop' })}data: [DONE]`]) {
        const { exchange, answer } = rig();
        exchange.reply(SSE, frames({ t: 'a' }), last);
        exchange.sink().onEnd();
        assert.equal(textOf(await readAll(await answer)), 'a.');
      }
    });

    it('64: a frame that is not JSON is UPSTREAM_PROTOCOL', async () => {
      const { exchange, answer } = rig();
      exchange.reply(SSE, 'data: {oops\n\n');
      assert.equal((await rejection(answer)).reason, 'UPSTREAM_PROTOCOL');
      assert.equal(exchange.flow.aborted, true);
    });
  });

  describe('errors that the provider reports', () => {
    it('66: as the first event they keep their reason, so that a retry is free', async () => {
      const { exchange, answer } = rig();
      exchange.reply(SSE, frames({ e: 'busy' }));
      const error = await rejection(answer);
      assert.equal(error.reason, 'UPSTREAM_OVERLOADED');
      assert.equal(error.details.upstream?.provider, 'acme');
    });

    it('66: after output they are UPSTREAM_STREAM_ERROR, also in the same chunk as the output', async () => {
      for (const pieces of [[frames({ t: 'a' }, { e: 'busy' })], [frames({ t: 'a' }), frames({ e: 'busy' })]]) {
        const { exchange, answer } = rig();
        exchange.reply(SSE, ...pieces);
        const { first, rest } = await answer;
        assert.equal(textOf(first), 'a');
        const error = await rejection(rest.read());
        assert.equal(error.reason, 'UPSTREAM_STREAM_ERROR');
        assert.equal(error.details.metadata?.reportedReason, 'UPSTREAM_OVERLOADED');
        assert.equal(error.details.upstream?.code, 'overloaded');
      }
    });

    it('62: the key is taken out of their words, whole or cut', async () => {
      for (const words of [`bad key ${API_KEY}!`, `bad key ${API_KEY.slice(0, 12)}`]) {
        const { exchange, answer } = rig();
        exchange.reply(SSE, frames({ e: words }));
        const { message } = await rejection(answer);
        assert.match(message, /bad key \*\*\*/);
        assert.doesNotMatch(message, /canary/);
      }
    });
  });

  describe('caps', () => {
    it('hold for what is held only: output of any size commits', async () => {
      const { exchange, answer } = rig();
      exchange.reply(SSE, frames({ t: 'x'.repeat(10_000) }));
      assert.equal(textOf((await answer).first).length, 10_000);
    });

    it('67: one line over the cap is UPSTREAM_RESPONSE_TOO_LARGE', async () => {
      const { exchange, answer } = rig();
      exchange.reply(SSE);
      for (let i = 0; i < 5 && !exchange.flow.aborted; i++) exchange.sink().onData(Buffer.alloc(20_000, 'x'));
      assert.equal((await rejection(answer)).reason, 'UPSTREAM_RESPONSE_TOO_LARGE');
    });

    it('67: a body over the cap is UPSTREAM_RESPONSE_TOO_LARGE, however small its events', async () => {
      const { exchange, answer } = rig();
      exchange.reply(SSE, frames({ t: 'a' }));
      const { rest } = await answer;
      const chunk = Buffer.from(frames({ u: 1 }).repeat(3_000));
      while (!exchange.flow.aborted) exchange.sink().onData(chunk);
      assert.equal((await rejection(rest.read())).reason, 'UPSTREAM_RESPONSE_TOO_LARGE');
    });

    it('too many events without output are UPSTREAM_PROTOCOL, too many bytes of them as well', async () => {
      const many = rig();
      many.exchange.reply(SSE, frames(...Array.from({ length: 9 }, () => ({ t: '' }))));
      assert.equal((await rejection(many.answer)).reason, 'UPSTREAM_PROTOCOL');
      const large = rig();
      large.exchange.reply(SSE, frames({ t: '', padding: 'x'.repeat(5_000) }));
      assert.equal((await rejection(large.answer)).reason, 'UPSTREAM_PROTOCOL');
    });

    it('frames that give no event are not held: keep-alives never fill it', async () => {
      const { exchange, answer } = rig();
      exchange.reply(SSE, frames({ u: 1 }).repeat(100), frames({ t: 'a' }));
      assert.equal(textOf((await answer).first), 'a');
    });
  });

  describe('what comes in place of a stream', () => {
    const json = 'application/json';

    it('an error in JSON is the error that it is', async () => {
      for (const type of [json, SSE, '']) {
        const { exchange, answer } = rig();
        exchange.reply(type, '{"error": {"message"', ': "no"}}');
        exchange.sink().onEnd();
        assert.equal((await rejection(answer)).reason, 'UPSTREAM_REJECTED');
      }
    });

    it('a whole reply is given as events', async () => {
      const { exchange, answer, call } = rig();
      exchange.reply(json, '{"text": "Hello", "tokens": 3}');
      exchange.sink().onEnd();
      const whole = await answer;
      assert.equal(whole.upstreamModel, 'model-1-2026');
      assert.equal(textOf(await readAll(whole)), 'Hello.');
      assert.equal(call.record.usage?.outputTokens, 3);
      assert.equal(call.attempt.usage?.outputTokens, 3);
    });

    it('64: markup, text and cut JSON are UPSTREAM_PROTOCOL', async () => {
      for (const [type, body] of [
        ['text/html', '<!doctype html><p>hi'],
        [SSE, ' \n<html>'],
        ['text/html; charset=utf-8', 'hi'],
        ['text/plain', 'upstream connect error\n'],
        [json, '{"text": '],
        [json, ''],
      ] as const) {
        const { exchange, answer } = rig();
        exchange.reply(type, body);
        if (!exchange.flow.aborted) exchange.sink().onEnd();
        const { reason, message } = await rejection(answer);
        assert.equal(
          reason,
          type === json && body === '' ? 'UPSTREAM_TRUNCATED' : 'UPSTREAM_PROTOCOL',
          `${type} ${body}`,
        );
        assert.doesNotMatch(message, /hi|upstream connect/);
      }
    });

    it('63: a redirect is not followed and not read', async () => {
      const { exchange, answer, call } = rig();
      exchange.sink().onHeaders(307, new Map([['location', 'https://attacker.example/']]));
      const error = await rejection(answer);
      assert.equal(error.reason, 'UPSTREAM_REDIRECT');
      assert.equal(error.details.upstream?.status, 307);
      assert.equal(call.attempt.upstreamStatus, 307);
      assert.equal(exchange.requests.length, 1);
      assert.equal(exchange.flow.aborted, true);
    });
  });

  describe('an error reply', () => {
    it('56: is decoded with its headers', async () => {
      const { exchange, answer } = rig();
      exchange.sink().onHeaders(429, new Map([['x-code', 'slow_down']]));
      exchange.sink().onData(Buffer.from('later'));
      exchange.sink().onEnd();
      const error = await rejection(answer);
      assert.equal(error.reason, 'UPSTREAM_RATE_LIMITED');
      assert.deepEqual(error.details.upstream, { status: 429, code: 'slow_down', provider: 'acme' });
      assert.equal(error.message, 'refused: later');
    });

    it('is read to a cap, and waited for only so long; a break does not hide it', async () => {
      const long = rig();
      long.exchange.sink().onHeaders(400, new Map());
      for (let i = 0; i < 100 && !long.exchange.flow.aborted; i++)
        long.exchange.sink().onData(Buffer.alloc(10_000, 'x'));
      assert.equal((await rejection(long.answer)).message.length, 'refused: '.length + 65_536);
      const hanging = rig();
      hanging.exchange.sink().onHeaders(400, new Map());
      hanging.exchange.sink().onData(Buffer.from('half'));
      await hanging.clock.advance(2_000);
      assert.equal((await rejection(hanging.answer)).message, 'refused: half');
      assert.equal(hanging.exchange.flow.aborted, true);
      const broken = rig();
      broken.exchange.sink().onHeaders(429, new Map());
      broken.exchange.sink().onError(new GatewayError('UPSTREAM_RESET', 'broken'));
      assert.equal((await rejection(broken.answer)).reason, 'UPSTREAM_RATE_LIMITED');
    });

    it('62: has the key taken out', async () => {
      const { exchange, answer } = rig();
      exchange.sink().onHeaders(401, new Map());
      exchange.sink().onData(Buffer.from(`no such key: ${API_KEY}`));
      exchange.sink().onEnd();
      assert.equal((await rejection(answer)).message, 'refused: no such key: ***');
    });
  });
});
