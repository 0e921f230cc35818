/**
 * A stream that is one JSON list: what Google's streaming methods send without alt=sse, an element as soon as it is made
 * (`[{…}` `,\r\n{…}` `]`). Each element is a frame. An error may come as an object without a list around it: that is a frame too.
 *
 * The elements are cut out by their braces and not parsed here. All that decides is ASCII, which no byte of a longer character
 * looks like in UTF-8, so that the bytes can be read one by one wherever they are cut.
 */
import { GatewayError } from '../../model/errors.ts';
import type { Framer, FrameSink } from './framer.ts';

/** Opens the framing of one stream. An element may have so many bytes at most. */
export function createJsonArrayFramer(options: { readonly maxFrameBytes: number }): Framer {
  return new JsonArrayFramer(options.maxFrameBytes);
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const SPACE = 0x20;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

class JsonArrayFramer implements Framer {
  readonly #maxFrameBytes: number;
  /** The beginning of an element whose end has not come. */
  #carry: Uint8Array[] = [];
  #carryBytes = 0;
  /** Open braces and brackets within the element; 0 between elements. */
  #depth = 0;
  #inText = false;
  #afterBackslash = false;
  /** Whether the list has begun, and whether it has ended. */
  #list: 'before' | 'within' | 'after' = 'before';
  /** Bytes so far, as far as it matters for the mark at the start. */
  #position = 0;

  constructor(maxFrameBytes: number) {
    this.#maxFrameBytes = maxFrameBytes;
  }

  get pendingBytes(): number {
    return this.#carryBytes;
  }

  push(chunk: Uint8Array, sink: FrameSink): void {
    let start = this.#depth > 0 ? 0 : -1;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0;
      if (this.#depth > 0) {
        if (!this.#closes(byte)) continue;
        this.#emit(chunk.subarray(start, at + 1), sink);
        start = -1;
      } else if (this.#opens(byte)) start = at;
    }
    if (start >= 0) this.#keep(chunk.subarray(start));
  }

  /** What is left cannot be a frame: an element ends with its own brace. */
  end(_sink: FrameSink): void {
    if (this.#depth === 0) return;
    throw new GatewayError('UPSTREAM_TRUNCATED', "the provider's stream ended within an element of its list");
  }

  /** Whether a byte within an element ends it. */
  #closes(byte: number): boolean {
    if (this.#inText) {
      if (this.#afterBackslash) this.#afterBackslash = false;
      else if (byte === BACKSLASH) this.#afterBackslash = true;
      else if (byte === QUOTE) this.#inText = false;
      return false;
    }
    if (byte === QUOTE) this.#inText = true;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) this.#depth += 1;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) this.#depth -= 1;
    return this.#depth === 0;
  }

  /** Whether a byte between elements begins one. @throws GatewayError for what has no place there */
  #opens(byte: number): boolean {
    if (byte <= SPACE || (byte === COMMA && this.#list === 'within')) return false;
    if (this.#list === 'before' && BYTE_ORDER_MARK[this.#position] === byte) {
      this.#position += 1;
      return false;
    }
    if (byte === OPEN_BRACKET && this.#list === 'before') this.#list = 'within';
    else if (byte === CLOSE_BRACKET && this.#list === 'within') this.#list = 'after';
    else if (byte === OPEN_BRACE && this.#list !== 'after') {
      if (this.#list === 'before') this.#list = 'after';
      this.#depth = 1;
      return true;
    } else throw new GatewayError('UPSTREAM_PROTOCOL', "the provider's stream is not a JSON list of objects");
    return false;
  }

  #keep(bytes: Uint8Array): void {
    this.#carryBytes += bytes.length;
    if (this.#carryBytes > this.#maxFrameBytes) throw tooLarge(this.#maxFrameBytes);
    this.#carry.push(bytes);
  }

  #emit(bytes: Uint8Array, sink: FrameSink): void {
    if (this.#carryBytes + bytes.length > this.#maxFrameBytes) throw tooLarge(this.#maxFrameBytes);
    const whole = this.#carryBytes === 0 ? bytes : Buffer.concat([...this.#carry, bytes]);
    this.#carry = [];
    this.#carryBytes = 0;
    sink({ event: '', data: Buffer.from(whole.buffer, whole.byteOffset, whole.byteLength).toString('utf8') });
  }
}

function tooLarge(maxBytes: number): GatewayError {
  return new GatewayError(
    'UPSTREAM_RESPONSE_TOO_LARGE',
    `one element of the provider's stream is over ${maxBytes} bytes`,
    { metadata: { maxBytes: String(maxBytes) } },
  );
}
