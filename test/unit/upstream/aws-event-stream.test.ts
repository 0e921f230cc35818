/** Amazon's event stream: cut anywhere, checked by both sums, against AWS's own codec and real replies. */
import assert from 'node:assert/strict';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { unwrapChunk } from '../../../server/providers/bedrock/index.ts';
import type { Frame } from '../../../server/providers/dialect.ts';
import type { Framer } from '../../../server/upstream/framing/framer.ts';
import { openFramer } from '../../../server/upstream/framing/framing.ts';
import { isError } from '../../contract/dialect.ts';
import { describeRecordings } from '../../support/recordings.ts';
import {
  awsCodec,
  cutBytes,
  readFramesOfAws,
  writeEvent,
  writeException,
  writeFrame,
} from '../../support/wire/event-frames.ts';

describe('aws-event-stream', () => {
  const events = ['{"text":"Grüße, 世界 😀"}', '', '{}', `{"long":"${'x'.repeat(5000)}"}`];
  const stream = Buffer.concat(events.map((payload, index) => writeEvent(`event${index}`, payload)));
  const whole = events.map((data, index) => ({ event: `event${index}`, data }));

  it('gives the same frames for every cut, several frames in a chunk and a frame over many included', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length), { maxLength: 40 }), (cuts) => {
        assert.deepEqual(readAll(cutBytes(stream, cuts)), whole);
      }),
    );
    assert.deepEqual(readAll([stream]), whole);
    assert.deepEqual(readAll(Array.from(stream, (byte) => Uint8Array.of(byte))), whole);
  });

  it('reads what AWS writes, headers of every type among them', () => {
    const body = new TextEncoder().encode('{"a":1}');
    const others = {
      yes: { type: 'boolean', value: true },
      no: { type: 'boolean', value: false },
      byte: { type: 'byte', value: -1 },
      short: { type: 'short', value: 2 },
      int: { type: 'integer', value: 3 },
      bytes: { type: 'binary', value: Uint8Array.of(1, 2, 3) },
      when: { type: 'timestamp', value: new Date(0) },
      id: { type: 'uuid', value: '12345678-1234-1234-1234-123456789abc' },
      ':event-type': { type: 'string', value: 'metadata' },
    } as const;
    assert.deepEqual(readAll([awsCodec.encode({ headers: others, body })]), [{ event: 'metadata', data: '{"a":1}' }]);
  });

  it('agrees with AWS on every frame', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 30 }), fc.json(), (name, payload) => {
        const bytes = writeEvent(name.toWellFormed(), payload);
        const { headers, body } = awsCodec.decode(bytes);
        const expected = { event: headers[':event-type']?.value, data: new TextDecoder().decode(body) };
        assert.deepEqual(readAll([bytes]), [expected]);
      }),
    );
  });

  it('names exceptions and errors, so that no dialect takes them for events', () => {
    const exception = writeException('throttlingException', '{"message":"Too many requests."}');
    const error = writeFrame(
      { ':message-type': 'error', ':error-code': 'InternalError', ':error-message': 'An "internal" error.' },
      '',
    );
    assert.deepEqual(readAll([exception, error]), [
      { event: 'exception:throttlingException', data: '{"message":"Too many requests."}' },
      { event: 'error:InternalError', data: '{"message":"An \\"internal\\" error."}' },
    ]);
  });

  it('finds every changed byte', () => {
    const bytes = writeEvent('metadata', '{"usage":{"inputTokens":1}}');
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const broken = Uint8Array.from(bytes);
        broken[at] = (broken[at] ?? 0) ^ change;
        assert.throws(() => readAll([broken]), isError('UPSTREAM_PROTOCOL'));
      }),
    );
  });

  it('checks the prelude before it believes a length', () => {
    const page = new TextEncoder().encode('<html><body>502 Bad Gateway</body></html>');
    assert.throws(() => readAll([page]), isError('UPSTREAM_PROTOCOL'));
  });

  it('refuses a frame over the cap as soon as its length is known, and takes one of just that size', () => {
    const bytes = writeEvent('delta', 'x'.repeat(1000));
    const cap = (maxFrameBytes: number) => openFramer('aws-event-stream', { maxFrameBytes });
    assert.equal(readAll([bytes], cap(bytes.length)).length, 1);
    const [first = bytes] = cutBytes(bytes, [12]);
    assert.throws(() => readAll([first], cap(bytes.length - 1)), isError('UPSTREAM_RESPONSE_TOO_LARGE'));
  });

  it('refuses lengths and headers that contradict themselves, though their sums are right', () => {
    const contradictions = [
      frameOf(17, Buffer.alloc(0)), // Headers of 17 bytes in a frame of 16.
      frameOf(undefined, Buffer.from([200, 65])), // A name that is cut.
      frameOf(undefined, Buffer.from([1, 65, 7, 0, 9, 66])), // A value that is cut.
      frameOf(undefined, Buffer.from([1, 65, 7, 0])), // Its length is cut.
      frameOf(undefined, Buffer.from([1, 65, 99])), // A type that does not exist.
    ];
    for (const bytes of contradictions) assert.throws(() => readAll([bytes]), isError('UPSTREAM_PROTOCOL'));
  });

  it('throws nothing but gateway errors on random bytes, and none before there is a frame', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        if (bytes.length === 0) assert.deepEqual(readAll([bytes]), []);
        else assert.throws(() => readAll([bytes]), isError('UPSTREAM_PROTOCOL'));
      }),
    );
  });

  it('says what is pending, and that the end is within a frame', () => {
    const framer = openFramer('aws-event-stream', { maxFrameBytes: 1 << 20 });
    framer.push(stream.subarray(0, 20), () => assert.fail('no frame is whole'));
    assert.equal(framer.pendingBytes, 20);
    assert.throws(() => framer.end(() => assert.fail()), isError('UPSTREAM_PROTOCOL'));
  });

  it('takes frames out of the wrapping of InvokeModel', () => {
    const inner = '{"type":"message_start","message":{"model":"claude — 世界"}}';
    const bytes = writeEvent('chunk', JSON.stringify({ bytes: Buffer.from(inner).toString('base64'), p: 'abc' }));
    const framer = openFramer('aws-event-stream', { maxFrameBytes: 1 << 20, unwrap: unwrapChunk });
    assert.deepEqual(readAll([bytes], framer), [{ event: '', data: inner }]);
    const noBytes = writeEvent('chunk', '{"p":"abc"}');
    assert.throws(() => readAll([noBytes], framer), isError('UPSTREAM_PROTOCOL'));
    const exception = writeException('throttlingException', '{"message":"Too many requests."}');
    assert.throws(() => readAll([exception], framer), isError('UPSTREAM_RATE_LIMITED'));
  });
});

describeRecordings(
  'recordings of aws-event-stream',
  ({ form }) => form === 'binary',
  (recordings) => {
    for (const { name, bytes } of recordings) {
      const frames = readFramesOfAws(bytes);
      it(`${name} is ${frames === undefined ? 'broken, and said so' : 'read as AWS reads it, for every cut'}`, () => {
        fc.assert(
          fc.property(fc.array(fc.nat(bytes.length), { maxLength: 20 }), (cuts) => {
            const read = () => readAll(cutBytes(bytes, cuts));
            if (frames === undefined) assert.throws(read, isError('UPSTREAM_PROTOCOL'));
            else assert.deepEqual(read(), frames);
          }),
          { numRuns: 30 },
        );
      });
    }
  },
);

function readAll(
  chunks: readonly Uint8Array[],
  framer: Framer = openFramer('aws-event-stream', { maxFrameBytes: 1 << 20 }),
): readonly Frame[] {
  const frames: Frame[] = [];
  for (const chunk of chunks) framer.push(chunk, (frame) => frames.push(frame));
  framer.end((frame) => frames.push(frame));
  return frames;
}

/** A frame of these header bytes and no payload, whose sums are right; it may lie about the headers' length. */
function frameOf(headersBytes: number | undefined, headers: Buffer): Buffer {
  const bytes = Buffer.alloc(16 + headers.length);
  bytes.writeUInt32BE(bytes.length, 0);
  bytes.writeUInt32BE(headersBytes ?? headers.length, 4);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8);
  headers.copy(bytes, 12);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, -4)), bytes.length - 4);
  return bytes;
}
