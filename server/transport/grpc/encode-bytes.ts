/** Encoding replies. */
import { BinaryWriter } from '@bufbuild/protobuf/wire';

/** What encodes messages of a type, as generated code has it. */
export interface MessageEncoder<T> {
  encode(message: T, writer: BinaryWriter): BinaryWriter;
}

const MAX_KEPT_BYTES = 64 * 1024; // A writer that has grown beyond this is given up, or one large reply would hold its memory.

let kept: BinaryWriter | undefined;

/**
 * The bytes of a message. One writer serves all: a new one for each token of a stream would allocate a kilobyte, to encode
 * thirty bytes into it.
 */
export function encodeBytes<T>(encoder: MessageEncoder<T>, message: T): Uint8Array {
  const writer = kept ?? new BinaryWriter();
  kept = undefined; // Of a message that cannot be encoded, the writer would keep the first half.
  const bytes = encoder.encode(message, writer).finish();
  if (bytes.length <= MAX_KEPT_BYTES) kept = writer;
  return bytes;
}
