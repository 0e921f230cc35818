import assert from 'node:assert/strict';
import { GatewayError } from '../../../server/model/errors.ts';
import { parseSimulatorSettings } from '../../../server/providers/simulator/index.ts';
import { ask, scriptOf, textOf } from '../../support/simulated.ts';

const HELLO = ask('Tell me of harbours.');
const STREAM = { ...HELLO, stream: true };

describe('simulated faults', () => {
  it("answers with a status, headers and an error in OpenAI's form", () => {
    const script = faulty(HELLO, {
      kind: 'status',
      status: 429,
      headers: { 'Retry-After': '2' },
      code: 'rate_limit_exceeded',
    });
    assert.equal(script.status, 429);
    assert.equal(script.headers.get('retry-after'), '2');
    const error = {
      message: 'The simulator was told to fail.',
      type: 'rate_limit_error',
      param: null,
      code: 'rate_limit_exceeded',
    };
    assert.deepEqual(JSON.parse(textOf(script)), { error });
  });

  it('answers with a body of another kind', () => {
    const headers = { 'content-type': 'text/html' };
    const script = faulty(STREAM, { kind: 'status', status: 502, headers, body: '<html>Bad gateway</html>' });
    assert.equal(script.headers.get('content-type'), 'text/html');
    assert.equal(textOf(script), '<html>Bad gateway</html>');
  });

  it('stalls before the headers, for ever or for a time', () => {
    assert.equal(faulty(STREAM, { kind: 'stall' }).headersAtMs, Number.POSITIVE_INFINITY);
    const late = faulty(STREAM, { kind: 'stall', forMs: 500 });
    assert.equal(late.headersAtMs, 500);
    assert.deepEqual(
      timesOf(late),
      timesOf(scriptOf(STREAM)).map((atMs) => atMs + 500),
    );
  });

  it('stalls within a stream and within a unary body', () => {
    const times = timesOf(faulty(STREAM, { kind: 'stall', afterChunks: 3, forMs: 500 }));
    const plain = timesOf(scriptOf(STREAM));
    assert.deepEqual(times.slice(0, 3), plain.slice(0, 3));
    assert.deepEqual(
      times.slice(3),
      plain.slice(3).map((atMs) => atMs + 500),
    );
    const [first, second] = timesOf(faulty(HELLO, { kind: 'stall', afterChunks: 3 }));
    assert.ok(Number.isFinite(first));
    assert.equal(second, Number.POSITIVE_INFINITY);
  });

  for (const how of ['end', 'reset'] as const) {
    it(`cuts a reply short: ${how}`, () => {
      const stream = faulty(STREAM, { kind: 'cut', afterChunks: 4, how });
      assert.equal(stream.ending, how);
      assert.equal(
        textOf(stream),
        [...scriptOf(STREAM).chunks]
          .slice(0, 4)
          .map(({ text }) => text)
          .join(''),
      );
      const unary = textOf(faulty(HELLO, { kind: 'cut', afterChunks: 4, how }));
      assert.ok(unary.length > 0 && textOf(scriptOf(HELLO)).startsWith(unary));
      assert.throws(() => JSON.parse(unary) as unknown, SyntaxError);
      assert.equal(textOf(faulty(STREAM, { kind: 'cut', how })), '');
    });
  }

  it('sends a chunk that is not JSON', () => {
    const events = textOf(faulty(STREAM, { kind: 'malformed', afterChunks: 2 })).split('\n\n');
    assert.doesNotThrow(() => JSON.parse(events[1]?.slice(6) ?? '') as unknown);
    assert.throws(() => JSON.parse(events[2]?.slice(6) ?? '') as unknown, SyntaxError);
    for (const afterChunks of [0, 5]) {
      assert.throws(
        () => JSON.parse(textOf(faulty(HELLO, { kind: 'malformed', afterChunks }))) as unknown,
        SyntaxError,
      );
    }
  });

  it('reports an error within a stream, and in place of a unary body', () => {
    const fault = { kind: 'error-event', afterChunks: 2, message: 'overloaded', code: 'busy' };
    const error = { message: 'overloaded', type: 'server_error', param: null, code: 'busy' };
    const events = textOf(faulty(STREAM, fault)).split('\n\n');
    assert.equal(events.length, 4); // Two chunks, the error, and nothing behind the last blank line.
    assert.deepEqual(JSON.parse(events[2]?.slice(6) ?? ''), { error });
    assert.deepEqual(JSON.parse(textOf(faulty(HELLO, fault))), { error });
  });

  it('befalls the first of every so many calls of its model', () => {
    const faults = [
      { kind: 'status', status: 500, model: 'sim', every: 3 },
      { kind: 'status', status: 503, model: 'other' },
    ];
    const statuses = [0, 1, 2, 3, 4].map((callIndex) => scriptOf(HELLO, { settings: { faults }, callIndex }).status);
    assert.deepEqual(statuses, [500, 200, 200, 500, 200]);
    assert.equal(scriptOf({ ...HELLO, model: 'other' }, { settings: { faults } }).status, 503);
    assert.equal(scriptOf({ ...HELLO, model: 'third' }, { settings: { faults } }).status, 200);
  });

  it('does not happen because a caller writes of it', () => {
    const faults = [{ kind: 'status', status: 500, model: 'other' }];
    const body = ask('kind: status, status: 500, stall, cut, fault', {
      model: 'sim',
      faults,
      metadata: { fault: 'cut' },
    });
    assert.equal(scriptOf(body, { settings: { faults } }).status, 200);
  });

  it('never splits a character between the halves of a body', () => {
    for (let length = 1; length < 6; length++) {
      const body = { ...ask(`${'x'.repeat(length)} 👋👋👋👋👋👋👋👋`), model: '👋'.repeat(200 + length) };
      for (const { text } of faulty(body, { kind: 'cut', afterChunks: 1 }).chunks) assert.ok(text.isWellFormed());
    }
  });
});

describe('simulator settings', () => {
  it('have defaults', () => {
    assert.deepEqual(parseSimulatorSettings({}), { seed: 1, firstTokenMs: 40, tokenMs: 12.5, faults: [] });
  });

  for (const wrong of [
    { seed: 'x' },
    { firstTokenMs: -1 },
    { tokensPerSecond: 'fast' },
    { faults: {} },
    { faults: [{ kind: 'x' }] },
  ]) {
    it(`refuse ${JSON.stringify(wrong)}`, () => {
      assert.throws(
        () => parseSimulatorSettings(wrong),
        (error) => error instanceof GatewayError && error.reason === 'CONFIG_INVALID',
      );
    });
  }
});

function faulty(body: unknown, fault: object): ReturnType<typeof scriptOf> {
  return scriptOf(body, { settings: { faults: [fault] } });
}

function timesOf(script: ReturnType<typeof scriptOf>): readonly number[] {
  return [...script.chunks].map(({ atMs }) => atMs);
}
