import { deepStrictEqual, throws } from 'node:assert/strict';
import { StreamResponse } from '../../../server/model/wire.ts';
import { textDelta } from '../../../server/providers/shared/events.ts';
import { encodeBytes } from '../../../server/transport/grpc/encode-bytes.ts';

describe('encodeBytes', () => {
  const messages = ['a', 'ü😀', 'x'.repeat(200_000), '', 'b'].map((text, sequence) => ({
    sequence,
    events: [textDelta(3, text)],
  }));

  it('gives the bytes of a new writer, message after message, large ones between', () => {
    for (const message of messages) {
      deepStrictEqual(encodeBytes(StreamResponse, message), StreamResponse.encode(message).finish());
    }
  });

  it('gives bytes that later messages leave alone', () => {
    const all = messages.map((message) => encodeBytes(StreamResponse, message));
    deepStrictEqual(
      all.map((bytes) => StreamResponse.decode(bytes).sequence),
      messages.map(({ sequence }) => sequence),
    );
  });

  it('keeps nothing of a message that cannot be encoded', () => {
    const broken = { sequence: 1, events: [textDelta(0, 'half'), textDelta(2 ** 40, 'no int32')] };
    throws(() => encodeBytes(StreamResponse, broken));
    const [first] = messages;
    deepStrictEqual(first && encodeBytes(StreamResponse, first), first && StreamResponse.encode(first).finish());
  });
});
