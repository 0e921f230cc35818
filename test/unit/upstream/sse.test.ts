import assert from 'node:assert/strict';
import fc from 'fast-check';
import { GatewayError } from '../../../server/model/errors.ts';
import type { Frame } from '../../../server/providers/dialect.ts';
import { createSseFramer } from '../../../server/upstream/framing/sse.ts';

const MAX = 1024;

describe('SSE framing', () => {
  const cases: readonly [
    name: string,
    bytes: string,
    ...frames: readonly (readonly [event: string, data: string])[],
  ][] = [
    ['LF', 'data: a\n\ndata: b\n\n', ['', 'a'], ['', 'b']],
    ['CRLF', 'data: a\r\n\r\ndata: b\r\n\r\n', ['', 'a'], ['', 'b']],
    ['lone CR', 'data: a\r\rdata: b\r\r', ['', 'a'], ['', 'b']],
    [
      'mixed line ends',
      'data: a\r\n\ndata: b\n\r\ndata: c\r\n\rdata: d\r\r\n',
      ['', 'a'],
      ['', 'b'],
      ['', 'c'],
      ['', 'd'],
    ],
    ['data without its space', 'data:a\n\n', ['', 'a']],
    ['only one space belongs to the colon', 'data:  a \n\n', ['', ' a ']],
    ['several lines of data', 'data: a\ndata:\ndata: b\n\n', ['', 'a\n\nb']],
    ['an event name, before or after its data', 'event: x\ndata: a\n\ndata: b\nevent:y\n\n', ['x', 'a'], ['y', 'b']],
    ['an event name holds for one event', 'event: x\ndata: a\n\ndata: b\n\n', ['x', 'a'], ['', 'b']],
    ['an event name without data', 'event: x\n\ndata: b\n\n', ['', 'b']],
    ['id, retry and unknown fields', 'id: 1\nretry: 5\nfoo: bar\ndatum: x\neventual: y\ndata: a\n\n', ['', 'a']],
    ['comments', ': ping\n\n:\ndata: a\n: in between\n\n', ['', 'a']],
    ['empty events', '\n\n\ndata:\n\ndata\n\ndata: a\n\n', ['', 'a']],
    ['a field without a colon', 'data: a\ndata\n\nevent\ndata: b\n\n', ['', 'a\n'], ['', 'b']],
    ['a byte order mark at the start', '\ufeffdata: a\n\n', ['', 'a']],
    ['a byte order mark elsewhere', 'data: \ufeffa\n\n\ufeffdata: b\n\n', ['', '\ufeffa']],
    [
      'no split on other line ends',
      'data: a\u2028b\u2029c\u0085d\u000be\u000cf\n\n',
      ['', 'a\u2028b\u2029c\u0085d\u000be\u000cf'],
    ],
    ['an end without a blank line', 'data: a\n\nevent: x\ndata: b\n', ['', 'a'], ['x', 'b']],
    ['an end without a line end', 'data: a\n\ndata: [DONE]', ['', 'a'], ['', '[DONE]']],
    ['an end within a CRLF', 'data: a\r\n\r', ['', 'a']],
    ['characters of every length', 'data: aé漢😀\n\n', ['', 'aé漢😀']],
    ['nothing', ''],
  ];

  for (const [name, text, ...expected] of cases) {
    it(`reads ${name}, cut anywhere`, () => {
      const bytes = Buffer.from(text);
      const frames = expected.map(([event, data]) => ({ event, data }));
      assert.deepEqual(read([bytes]), frames, 'whole');
      assert.deepEqual(read([...bytes].map((byte) => Uint8Array.of(byte))), frames, 'byte by byte');
      for (let cut = 0; cut <= bytes.length; cut++) {
        assert.deepEqual(read([bytes.subarray(0, cut), bytes.subarray(cut)]), frames, `cut at ${cut}`);
      }
    });
  }

  it('gives the same frames for any cut of any bytes', () => {
    const line = fc.oneof(
      fc.constantFrom('data', 'event', 'data:', 'event: x', ': c', '', '\ufeff', 'id: 1'),
      fc.uint8Array({ maxLength: 12 }).map((bytes) => `data: ${Buffer.from(bytes).toString('latin1')}`),
      fc.constantFrom('data:é', 'data: 漢😀', 'data: \u2028'),
    );
    const stream = fc
      .array(fc.tuple(line, fc.constantFrom('\n', '\r\n', '\r', '\n\n')))
      .map((lines) => Buffer.from(lines.flat().join('')));
    const anything = fc.oneof(
      stream,
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    );
    fc.assert(
      fc.property(anything, fc.array(fc.nat(), { maxLength: 20 }), (bytes, cuts) => {
        assert.deepEqual(read(cutAt(bytes, cuts)), read([bytes]));
      }),
      { numRuns: 200 },
    );
  });

  it('reads what the specification reads, empty data excepted', () => {
    const alphabet = fc.constantFrom('data', 'event', ':', ' ', 'a', '\n', '\r', '\r\n', 'é', '\ufeff');
    fc.assert(
      fc.property(fc.array(alphabet, { maxLength: 60 }), (pieces) => {
        const text = `${pieces.join('')}\n\n`;
        assert.deepEqual(read([Buffer.from(text)]), readBySpecification(text));
      }),
      { numRuns: 500 },
    );
  });

  it('refuses a line over the cap before its end has come', () => {
    const framer = createSseFramer({ maxFrameBytes: MAX });
    const chunk = Buffer.alloc(100, 'x');
    let pushed = 0;
    assert.throws(
      () => {
        for (;;) {
          framer.push(chunk, fail);
          pushed += chunk.length;
        }
      },
      (error: unknown) => error instanceof GatewayError && error.reason === 'UPSTREAM_RESPONSE_TOO_LARGE',
    );
    assert.equal(pushed, 1000);
  });

  it('refuses an event over the cap, however short its lines', () => {
    const framer = createSseFramer({ maxFrameBytes: MAX });
    const chunk = Buffer.from('data: x\n');
    assert.throws(
      () => {
        for (let i = 0; i < MAX; i++) framer.push(chunk, fail);
      },
      { reason: 'UPSTREAM_RESPONSE_TOO_LARGE' },
    );
  });

  it('joins a long line once: time grows with its length only', () => {
    const framer = createSseFramer({ maxFrameBytes: 2 ** 25 });
    const chunk = Buffer.alloc(1024, 'x');
    const frames: Frame[] = [];
    framer.push(Buffer.from('data: '), fail);
    for (let i = 0; i < 16 * 1024; i++) framer.push(chunk, fail);
    framer.push(Buffer.from('\n\n'), (frame) => frames.push(frame));
    assert.equal(frames[0]?.data.length, 2 ** 24);
  });

  it('says how much of a frame is pending', () => {
    const framer = createSseFramer({ maxFrameBytes: MAX });
    framer.push(Buffer.from('data: a\n\n: c'), () => undefined);
    assert.equal(framer.pendingBytes, 3);
    framer.push(Buffer.from('\ndata: abc\n'), fail);
    assert.equal(framer.pendingBytes, 3);
    framer.push(Buffer.from('\n'), () => undefined);
    assert.equal(framer.pendingBytes, 0);
  });
});

function read(chunks: readonly Uint8Array[]): Frame[] {
  const frames: Frame[] = [];
  const framer = createSseFramer({ maxFrameBytes: MAX });
  for (const chunk of chunks) framer.push(chunk, (frame) => frames.push(frame));
  framer.end((frame) => frames.push(frame));
  return frames;
}

function cutAt(bytes: Buffer, cuts: readonly number[]): Uint8Array[] {
  const at = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...at].map((from, index) => bytes.subarray(from, at[index] ?? bytes.length));
}

/** The specification's algorithm, word for word. */
function readBySpecification(text: string): Frame[] {
  const frames: Frame[] = [];
  let event = '';
  let data = '';
  const lines = text.replace(/^\ufeff/, '').split(/\r\n|\n|\r/);
  for (const line of lines) {
    if (line === '') {
      if (data.replace(/\n$/, '') !== '') frames.push({ event, data: data.replace(/\n$/, '') });
      event = '';
      data = '';
      continue;
    }
    const [, field = line, value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
    if (field === 'event') event = value;
    if (field === 'data') data += `${value}\n`;
  }
  return frames;
}

function fail(): never {
  throw new Error('no frame was whole');
}
