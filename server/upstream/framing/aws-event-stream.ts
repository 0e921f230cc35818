/**
 * Amazon's binary event stream, application/vnd.amazon.eventstream
 * (https://smithy.io/2.0/aws/amazon-eventstream.html#amazon-event-stream-specification, read 2026-11-24):
 *
 *     total length (4) | length of the headers (4) | CRC-32 of these 8 bytes (4) | headers | payload | CRC-32 of all before (4)
 *
 * Both sums are checked, the first before its lengths are believed. A frame's event is the name that its `:message-type`
 * gives it: the event type, `exception:<type>` or `error:<code>`; an error's message comes as {"message": …}.
 *
 * The hot path. The headers of one kind of event are the same bytes each time, and are read once. AWS's own codec (in
 * @smithy/core) does the same without that, and takes 60 ms to load; test/unit/upstream/aws-event-stream.test.ts holds this one
 * against it.
 */
import { crc32 } from 'node:zlib';
import { GatewayError } from '../../model/errors.ts';
import type { Frame } from '../../providers/dialect.ts';
import type { Framer, FrameSink } from './framer.ts';

/** Opens the framing of one stream. A frame may have so many bytes at most, its lengths, headers and sums included. */
export function createAwsEventStreamFramer(options: { readonly maxFrameBytes: number }): Framer {
  return new AwsEventStreamFramer(options.maxFrameBytes);
}

const PRELUDE_BYTES = 12;
const CHECKSUM_BYTES = 4;
const MIN_FRAME_BYTES = PRELUDE_BYTES + CHECKSUM_BYTES;

class AwsEventStreamFramer implements Framer {
  readonly #maxFrameBytes: number;
  /** What has come of a frame that is not whole, in the pieces in which it came. */
  #carry: Uint8Array[] = [];
  #carryBytes = 0;
  /** Names of events by the bytes of their headers. */
  readonly #events = new Map<string, string>();
  /** Bytes that the frame needs before anything more can be said of it. */
  #neededBytes = PRELUDE_BYTES;

  constructor(maxFrameBytes: number) {
    this.#maxFrameBytes = maxFrameBytes;
  }

  get pendingBytes(): number {
    return this.#carryBytes;
  }

  push(chunk: Uint8Array, sink: FrameSink): void {
    if (this.#carryBytes + chunk.length < this.#neededBytes) {
      this.#keep(chunk);
      return;
    }
    const bytes = this.#takeAll(chunk);
    let at = 0;
    while (bytes.length - at >= this.#neededBytes) {
      const frameBytes = this.#readLength(bytes, at);
      this.#neededBytes = frameBytes;
      if (bytes.length - at < frameBytes) break;
      this.#neededBytes = PRELUDE_BYTES;
      sink(this.#readFrame(bytes, at, at + frameBytes));
      at += frameBytes;
    }
    this.#keep(at === 0 ? bytes : bytes.subarray(at));
  }

  end(): void {
    if (this.#carryBytes > 0) throw new GatewayError('UPSTREAM_PROTOCOL', "the provider's stream ends within a frame");
  }

  #keep(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#carry.push(bytes);
    this.#carryBytes += bytes.length;
  }

  /** Joined only once, however many chunks a frame comes in. */
  #takeAll(chunk: Uint8Array): Buffer {
    const bytes = this.#carryBytes === 0 ? asBuffer(chunk) : Buffer.concat([...this.#carry, chunk]);
    this.#carry = [];
    this.#carryBytes = 0;
    return bytes;
  }

  /** The length of the frame that begins here, checked. */
  #readLength(bytes: Buffer, at: number): number {
    const frameBytes = bytes.readUInt32BE(at);
    if (crc32(bytes.subarray(at, at + 8)) !== bytes.readUInt32BE(at + 8)) throw broken('has a wrong prelude checksum');
    if (frameBytes < MIN_FRAME_BYTES + bytes.readUInt32BE(at + 4)) throw broken('is shorter than its headers');
    if (frameBytes > this.#maxFrameBytes) throw tooLarge(this.#maxFrameBytes);
    return frameBytes;
  }

  #readFrame(bytes: Buffer, at: number, frameEnd: number): Frame {
    const payloadEnd = frameEnd - CHECKSUM_BYTES;
    const payloadStart = at + PRELUDE_BYTES + bytes.readUInt32BE(at + 4);
    if (crc32(bytes.subarray(at, payloadEnd)) !== bytes.readUInt32BE(payloadEnd)) throw broken('has a wrong checksum');
    const block = bytes.toString('latin1', at + PRELUDE_BYTES, payloadStart);
    const known = this.#events.get(block);
    if (known !== undefined) return { event: known, data: bytes.toString('utf8', payloadStart, payloadEnd) };
    const headers = readHeaders(bytes, at + PRELUDE_BYTES, payloadStart);
    if (headers.get(':message-type') === 'error') return readError(headers);
    const event = nameOf(headers);
    if (this.#events.size < MAX_KNOWN_BLOCKS) this.#events.set(block, event);
    return { event, data: bytes.toString('utf8', payloadStart, payloadEnd) };
  }
}

/** A provider has about a dozen kinds of events; whoever sends more is read anew each time. */
const MAX_KNOWN_BLOCKS = 64;

type Headers = ReadonlyMap<string, string>;

function nameOf(headers: Headers): string {
  const isException = headers.get(':message-type') === 'exception';
  return isException ? `exception:${headers.get(':exception-type') ?? ''}` : (headers.get(':event-type') ?? '');
}

/** An error has no payload: its words stand in a header. */
function readError(headers: Headers): Frame {
  const message = headers.get(':error-message') ?? '';
  return { event: `error:${headers.get(':error-code') ?? ''}`, data: JSON.stringify({ message }) };
}

const STRING = 7;

/** Bytes of the values whose length their type gives: true, false, byte, short, integer, long, timestamp, UUID. */
const VALUE_BYTES: ReadonlyMap<number, number> = new Map([
  [0, 0],
  [1, 0],
  [2, 1],
  [3, 2],
  [4, 4],
  [5, 8],
  [8, 8],
  [9, 16],
]);

/** The headers whose values are strings; the others say nothing here. */
function readHeaders(bytes: Buffer, start: number, end: number): Headers {
  const headers = new Map<string, string>();
  let at = start;
  while (at < end) {
    const nameEnd = at + 1 + bytes.readUInt8(at);
    if (nameEnd >= end) throw broken('has a header that is cut');
    const type = bytes.readUInt8(nameEnd);
    const [valueStart, valueEnd] = valueBounds(bytes, { type, at: nameEnd + 1, end });
    if (valueEnd > end) throw broken('has a header that is cut');
    if (type === STRING)
      headers.set(bytes.toString('utf8', at + 1, nameEnd), bytes.toString('utf8', valueStart, valueEnd));
    at = valueEnd;
  }
  return headers;
}

interface ValuePlace {
  readonly type: number;
  readonly at: number;
  readonly end: number;
}

function valueBounds(bytes: Buffer, { type, at, end }: ValuePlace): readonly [start: number, end: number] {
  const size = VALUE_BYTES.get(type);
  if (size !== undefined) return [at, at + size];
  // Strings and byte arrays say their length first.
  if ((type !== STRING && type !== 6) || at + 2 > end) throw broken('has a header of an unknown type');
  return [at + 2, at + 2 + bytes.readUInt16BE(at)];
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function broken(what: string): GatewayError {
  return new GatewayError('UPSTREAM_PROTOCOL', `a frame of the provider's stream ${what}`);
}

function tooLarge(maxBytes: number): GatewayError {
  return new GatewayError(
    'UPSTREAM_RESPONSE_TOO_LARGE',
    `one frame of the provider's stream is over ${maxBytes} bytes`,
    {
      metadata: { maxBytes: String(maxBytes) },
    },
  );
}
