/** Frames of Amazon's event stream, written by AWS's own code. */
import { EventStreamCodec } from '@smithy/core/event-streams';

const UTF8_ENCODER = new TextEncoder();
const UTF8_DECODER = new TextDecoder();

/** AWS's codec. */
export const awsCodec = new EventStreamCodec(
  (bytes) => (typeof bytes === 'string' ? bytes : UTF8_DECODER.decode(bytes as Uint8Array)), // Its other types are views too.
  (text) => UTF8_ENCODER.encode(text),
);

/** The bytes of one frame with string headers. */
export function writeFrame(headers: Readonly<Record<string, string>>, payload: string): Uint8Array {
  const typed: Record<string, { readonly type: 'string'; readonly value: string }> = {};
  for (const [name, value] of Object.entries(headers)) typed[name] = { type: 'string', value };
  return awsCodec.encode({ headers: typed, body: UTF8_ENCODER.encode(payload) });
}

/** A frame as Bedrock sends its events. */
export function writeEvent(event: string, payload: string): Uint8Array {
  return writeFrame({ ':event-type': event, ':content-type': 'application/json', ':message-type': 'event' }, payload);
}

/** A frame as Bedrock sends its exceptions. */
export function writeException(type: string, payload: string): Uint8Array {
  const headers = { ':exception-type': type, ':content-type': 'application/json', ':message-type': 'exception' };
  return writeFrame(headers, payload);
}

/** Pieces of bytes, cut at these places. */
export function cutBytes(bytes: Uint8Array, cuts: readonly number[]): readonly Uint8Array[] {
  const bounds = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
  return bounds.slice(0, -1).map((start, index) => bytes.subarray(start, bounds[index + 1]));
}

/**
 * Frames by AWS's own codec, cut by the lengths in their first bytes, named as the gateway names them; undefined: it refuses
 * one.
 */
export function readFramesOfAws(bytes: Uint8Array): readonly NamedPayload[] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const frames: NamedPayload[] = [];
  try {
    for (let at = 0; at < bytes.length; at += view.getUint32(at)) {
      const { headers, body } = awsCodec.decode(bytes.subarray(at, at + view.getUint32(at)));
      const exception = headers[':exception-type']?.value;
      const event = exception === undefined ? String(headers[':event-type']?.value) : `exception:${String(exception)}`;
      frames.push({ event, data: UTF8_DECODER.decode(body) });
    }
    return frames;
  } catch {
    return undefined; // One is broken on purpose.
  }
}

/** A frame as the gateway's framing gives it. */
export interface NamedPayload {
  readonly event: string;
  readonly data: string;
}
