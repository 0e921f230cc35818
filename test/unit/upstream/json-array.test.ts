import assert from 'node:assert/strict';
import fc from 'fast-check';
import { GatewayError } from '../../../server/model/errors.ts';
import { openFramer } from '../../../server/upstream/framing/framing.ts';
import { createJsonArrayFramer } from '../../../server/upstream/framing/json-array.ts';

const MAX = 1024;
const LARGE = 1 << 20;

describe('JSON array framing', () => {
  const cases: readonly (readonly [name: string, text: string, ...frames: readonly string[]])[] = [
    ['elements as Google sends them', '[{"a":1}\n,\r\n{"b":2}\n]\n', '{"a":1}', '{"b":2}'],
    ['one element', '[{"a":1}]', '{"a":1}'],
    ['an empty list', ' [ ] ', ...[]],
    ['nested objects and lists', '[{"a":[{"b":[]}]},{"c":{}}]', '{"a":[{"b":[]}]}', '{"c":{}}'],
    ['braces, brackets and commas in texts', '[{"a":"}],["},{"b":"[{"}]', '{"a":"}],["}', '{"b":"[{"}'],
    [
      'escaped quotes and backslashes',
      '[{"a":"\\"}"},{"b":"\\\\"},{"c":"\\\\\\""}]',
      '{"a":"\\"}"}',
      '{"b":"\\\\"}',
      '{"c":"\\\\\\""}',
    ],
    [
      'pretty-printed elements',
      '[{\r\n  "a": 1\r\n}\r\n,\r\n{\r\n  "b": [\r\n  ]\r\n}]',
      '{\r\n  "a": 1\r\n}',
      '{\r\n  "b": [\r\n  ]\r\n}',
    ],
    ['characters of every length', '[{"a":"aé漢😀"}]', '{"a":"aé漢😀"}'],
    ['a byte order mark', '\ufeff[{"a":1}]', '{"a":1}'],
    ['an error without a list', '{"error":{"code":429}}\n', '{"error":{"code":429}}'],
    ['an end without its bracket', '[{"a":1},', '{"a":1}'],
    ['nothing', ''],
  ];

  for (const [name, text, ...frames] of cases) {
    it(`reads ${name}, cut anywhere`, () => {
      const bytes = Buffer.from(text);
      assert.deepEqual(read([bytes]), frames, 'whole');
      assert.deepEqual(read([...bytes].map((byte) => Uint8Array.of(byte))), frames, 'byte by byte');
      for (let cut = 0; cut <= bytes.length; cut++) {
        assert.deepEqual(read([bytes.subarray(0, cut), bytes.subarray(cut)]), frames, `cut at ${cut}`);
      }
    });
  }

  it('gives the elements of any list for any cut', () => {
    const element = fc.dictionary(fc.string({ unit: 'grapheme', maxLength: 8 }), fc.jsonValue({ maxDepth: 1 }), {
      maxKeys: 3,
    });
    const layout = fc.constantFrom<[string, number | undefined]>(['', undefined], ['\r\n,\r\n', 2], [' , ', undefined]);
    fc.assert(
      fc.property(
        fc.array(element, { maxLength: 6 }),
        layout,
        fc.array(fc.nat(), { maxLength: 20 }),
        (list, [glue, indent], cuts) => {
          const texts = list.map((one) => JSON.stringify(one, undefined, indent));
          const bytes = Buffer.from(`[${texts.join(glue || ',')}]`);
          assert.deepEqual(read(cutAt(bytes, cuts), LARGE), texts);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('gives the same frames or the same error for any cut of any bytes', () => {
    const piece = fc.constantFrom('[', ']', '{', '}', '"', '\\', ',', ' ', 'a', '\r\n', '😀', '{"a":1}', '[{');
    const text = fc.array(piece, { maxLength: 40 }).map((pieces) => Buffer.from(pieces.join('')));
    fc.assert(
      fc.property(text, fc.array(fc.nat(), { maxLength: 20 }), (bytes, cuts) => {
        assert.deepEqual(outcome(cutAt(bytes, cuts)), outcome([bytes]));
      }),
      { numRuns: 500 },
    );
  });

  for (const text of ['<html>', 'data: {}\n\n', '[1]', '["a"]', '[null]', '[[{}]]', '[{}]{}', '{} {}', ',{}', '"a"']) {
    it(`refuses ${text.trim()}`, () => assert.throws(() => read([Buffer.from(text)]), reason('UPSTREAM_PROTOCOL')));
  }

  for (const text of ['[{"a":1},{"b"', '[{"a":"}', '{"error":{', '[{"a":"\\']) {
    it(`says that ${text} is cut`, () => assert.throws(() => read([Buffer.from(text)]), reason('UPSTREAM_TRUNCATED')));
  }

  it('bounds an element, however it comes', () => {
    const text = Buffer.from(`[{"a":"${'x'.repeat(MAX)}"}]`);
    assert.throws(() => read([text]), reason('UPSTREAM_RESPONSE_TOO_LARGE'));
    assert.throws(() => read([...text].map((byte) => Uint8Array.of(byte))), reason('UPSTREAM_RESPONSE_TOO_LARGE'));
    const fits = `{"a":"${'x'.repeat(MAX - 8)}"}`;
    assert.deepEqual(read([Buffer.from(`[${fits},${fits}]`)]), [fits, fits]);
  });

  it('tells how much of an element has come', () => {
    const framer = createJsonArrayFramer({ maxFrameBytes: MAX });
    const sizes = ['[', '{"a"', ':1}', '\r\n,', '{', '}]'].map((piece) => {
      framer.push(Buffer.from(piece), () => undefined);
      return framer.pendingBytes;
    });
    assert.deepEqual(sizes, [0, 4, 0, 0, 1, 0]);
  });

  it('is found by its name', () => {
    const frames: string[] = [];
    openFramer('json-array', { maxFrameBytes: MAX }).push(Buffer.from('[{}]'), ({ data }) => frames.push(data));
    assert.deepEqual(frames, ['{}']);
  });
});

function read(chunks: readonly Uint8Array[], maxFrameBytes = MAX): readonly string[] {
  const framer = createJsonArrayFramer({ maxFrameBytes });
  const frames: string[] = [];
  for (const chunk of chunks) framer.push(chunk, ({ event, data }) => frames.push(event + data));
  framer.end(({ data }) => frames.push(data));
  return frames;
}

/** Frames up to the end or the error, and the error's reason. */
function outcome(chunks: readonly Uint8Array[]): unknown {
  const framer = createJsonArrayFramer({ maxFrameBytes: MAX });
  const frames: string[] = [];
  try {
    for (const chunk of chunks) framer.push(chunk, ({ data }) => frames.push(data));
    framer.end(({ data }) => frames.push(data));
    return { frames };
  } catch (thrown) {
    return { frames, reason: GatewayError.from(thrown).reason };
  }
}

function cutAt(bytes: Buffer, cuts: readonly number[]): readonly Uint8Array[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  return places.slice(0, -1).map((from, index) => bytes.subarray(from, places[index + 1]));
}

function reason(expected: GatewayError['reason']) {
  return (thrown: unknown) => thrown instanceof GatewayError && thrown.reason === expected;
}
