/** Events as bytes, in the framing of their language. */
import { crc32 } from 'node:zlib';
import type { WireEvent } from './wires/wire.ts';

/** How a stream is framed. */
export type StreamFraming = 'sse' | 'json-array' | 'aws-event-stream';

/** Content types of streams. */
export const CONTENT_TYPES: Readonly<Record<StreamFraming, string>> = {
  sse: 'text/event-stream; charset=utf-8',
  'json-array': 'application/json',
  'aws-event-stream': 'application/vnd.amazon.eventstream',
};

/** The bytes of each event. */
export function writeEvents(framing: StreamFraming, events: readonly WireEvent[]): readonly Buffer[] {
  switch (framing) {
    case 'sse':
      return events.map(({ event, json }) =>
        Buffer.from(`${event === '' ? '' : `event: ${event}\n`}data: ${textOf(json)}\n\n`),
      );
    case 'json-array':
      return events.map(({ json }, at) =>
        Buffer.from(`${at === 0 ? '[' : ',\r\n'}${textOf(json)}${at === events.length - 1 ? ']' : ''}`),
      );
    case 'aws-event-stream':
      return events.map(writeAwsFrame);
    default:
      throw new Error(`no such framing: ${String(framing satisfies never)}`);
  }
}

/** The same frame with a checksum that is not its own. */
export function spoilChecksum(frame: Buffer): Buffer {
  const spoilt = Buffer.from(frame);
  spoilt.writeUInt8(spoilt.readUInt8(spoilt.length - 1) ^ 0xff, spoilt.length - 1);
  return spoilt;
}

/** https://smithy.io/2.0/aws/amazon-eventstream.html#amazon-event-stream-specification, read 2026-11-24. */
function writeAwsFrame({ event, json }: WireEvent): Buffer {
  const [, exception] = /^exception:(.*)$/.exec(event) ?? [];
  const headers = Buffer.concat([
    writeHeader(exception === undefined ? ':event-type' : ':exception-type', exception ?? event),
    writeHeader(':content-type', 'application/json'),
    writeHeader(':message-type', exception === undefined ? 'event' : 'exception'),
  ]);
  const payload = Buffer.from(textOf(json));
  const frame = Buffer.alloc(FRAME_BYTES + headers.length + payload.length);
  frame.writeUInt32BE(frame.length, 0);
  frame.writeUInt32BE(headers.length, 4);
  frame.writeUInt32BE(crc32(frame.subarray(0, 8)), 8);
  headers.copy(frame, 12);
  payload.copy(frame, 12 + headers.length);
  frame.writeUInt32BE(crc32(frame.subarray(0, -4)), frame.length - 4);
  return frame;
}

/** Two lengths, two checksums. */
const FRAME_BYTES = 16;
const STRING = 7;

function writeHeader(name: string, value: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(Buffer.byteLength(value));
  return Buffer.concat([
    Buffer.from([name.length]),
    Buffer.from(name),
    Buffer.from([STRING]),
    length,
    Buffer.from(value),
  ]);
}

function textOf(json: object | string): string {
  return typeof json === 'string' ? json : JSON.stringify(json);
}
