/**
 * Server-sent events on bytes (https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream, read
 * 2026-11-24), as providers send them rather than as browsers read them:
 *
 * - An event is its type and data. `id` and `retry` are for reconnecting, which nobody does here; comments are keep-alives.
 * - An event without data, or with empty data, is passed over: no dialect has a use for it, and some proxies send them as
 *   keep-alives.
 * - What stands at the end without its blank line is dispatched all the same, even an unterminated last line: providers
 *   leave the last blank line away. Whether the stream was whole is for the decoder to say, not for a blank line.
 *
 * The hot path. Bytes up to the last line end of a chunk are whole lines, hence whole characters: they are decoded in one
 * go and cut as a string, which costs one call into native code for any number of events. Only the rest is carried over.
 */
import { GatewayError } from '../../model/errors.ts';
import type { Framer, FrameSink } from './framer.ts';

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const COLON = 0x3a;
const LOWER_D = 0x64;
const LOWER_E = 0x65;
const BYTE_ORDER_MARK = 0xfeff;

/** Opens the framing of one stream. A line, and the data of an event, may have so many bytes at most. */
export function createSseFramer(options: { readonly maxFrameBytes: number }): Framer {
  return new SseFramer(options.maxFrameBytes);
}

class SseFramer implements Framer {
  readonly #maxFrameBytes: number;
  /** The beginning of a line whose end has not come. */
  #carry: Uint8Array[] = [];
  #carryBytes = 0;
  /** Whether the last chunk ended in CR, so that an LF that comes next belongs to it. */
  #afterCr = false;
  #atStart = true;
  #event = '';
  #data: string | undefined;

  constructor(maxFrameBytes: number) {
    this.#maxFrameBytes = maxFrameBytes;
  }

  get pendingBytes(): number {
    return this.#carryBytes + this.#event.length + (this.#data?.length ?? 0);
  }

  push(chunk: Uint8Array, sink: FrameSink): void {
    if (chunk.length === 0) return;
    const bytes = asBuffer(chunk);
    const start = this.#afterCr && bytes[0] === LF ? 1 : 0;
    this.#afterCr = false;
    const end = endOfLines(bytes);
    if (end <= start) {
      this.#keep(start === 0 ? bytes : bytes.subarray(start));
      return;
    }
    this.#afterCr = end === bytes.length && bytes[end - 1] === CR;
    const text = this.#decodeLines(bytes, start, end);
    if (end < bytes.length) this.#keep(bytes.subarray(end));
    // JSON escapes CR and LF, so what is found here really ends a line, and most streams have no CR at all.
    if (text.includes('\r')) this.#readMixedLines(text, sink);
    else this.#readLines(text, sink);
  }

  end(sink: FrameSink): void {
    if (this.#carryBytes > 0) {
      const line = this.#decodeLines(EMPTY, 0, 0);
      this.#readLine(line, 0, line.length);
    }
    this.#dispatch(sink);
  }

  #keep(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#carryBytes += bytes.length;
    if (this.#carryBytes > this.#maxFrameBytes) throw tooLarge(this.#maxFrameBytes);
    this.#carry.push(bytes);
  }

  /** The text of whole lines: what was carried over, and the bytes from start to end. */
  #decodeLines(bytes: Buffer, start: number, end: number): string {
    let text: string;
    if (this.#carryBytes === 0) {
      text = bytes.toString('utf8', start, end);
    } else {
      // Joined as bytes, because a character may be cut; and only once, however many chunks the line came in.
      text = Buffer.concat([...this.#carry, bytes.subarray(start, end)]).toString('utf8');
      this.#carry = [];
      this.#carryBytes = 0;
    }
    if (!this.#atStart) return text;
    this.#atStart = false;
    return text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;
  }

  #readLines(text: string, sink: FrameSink): void {
    let from = 0;
    let to = text.indexOf('\n');
    while (to !== -1) {
      if (to === from) this.#dispatch(sink);
      else this.#readLine(text, from, to);
      from = to + 1;
      to = text.indexOf('\n', from);
    }
  }

  /** The same where CR, CRLF and LF may all end a line. */
  #readMixedLines(text: string, sink: FrameSink): void {
    let from = 0;
    let lf = text.indexOf('\n');
    let cr = text.indexOf('\r');
    while (lf !== -1 || cr !== -1) {
      const to = lf === -1 || (cr !== -1 && cr < lf) ? cr : lf;
      if (to === from) this.#dispatch(sink);
      else this.#readLine(text, from, to);
      from = to === cr && lf === cr + 1 ? to + 2 : to + 1;
      if (cr !== -1 && cr < from) cr = text.indexOf('\r', from);
      if (lf !== -1 && lf < from) lf = text.indexOf('\n', from);
    }
  }

  #readLine(text: string, from: number, to: number): void {
    const first = text.charCodeAt(from);
    if (first === LOWER_D) {
      const value = fieldValue(text, 'data', from, to);
      if (value !== undefined) this.#addData(value);
    } else if (first === LOWER_E) {
      const value = fieldValue(text, 'event', from, to);
      if (value !== undefined) this.#event = value;
    }
  }

  #addData(value: string): void {
    this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`;
    if (this.#data.length > this.#maxFrameBytes) throw tooLarge(this.#maxFrameBytes);
  }

  #dispatch(sink: FrameSink): void {
    const event = this.#event;
    const data = this.#data;
    this.#event = '';
    this.#data = undefined;
    if (data !== undefined && data !== '') sink({ event, data });
  }
}

const EMPTY = Buffer.alloc(0);

/** Where the last whole line ends: mostly at the end, which saves the search. */
function endOfLines(bytes: Buffer): number {
  const last = bytes[bytes.length - 1];
  if (last === LF || last === CR) return bytes.length;
  return Math.max(bytes.lastIndexOf(LF), bytes.lastIndexOf(CR)) + 1;
}

/** The value of a line if its field is this one: after the colon, without one space. A line without a colon has none. */
function fieldValue(text: string, field: string, from: number, to: number): string | undefined {
  if (!text.startsWith(field, from)) return undefined;
  const colon = from + field.length;
  if (colon >= to) return colon === to ? '' : undefined;
  if (text.charCodeAt(colon) !== COLON) return undefined;
  return text.slice(text.charCodeAt(colon + 1) === SPACE ? colon + 2 : colon + 1, to);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function tooLarge(maxBytes: number): GatewayError {
  return new GatewayError(
    'UPSTREAM_RESPONSE_TOO_LARGE',
    `one event of the provider's stream is over ${maxBytes} bytes`,
    {
      metadata: { maxBytes: String(maxBytes) },
    },
  );
}
