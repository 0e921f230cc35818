/** A reply body that is collected whole. */
import { GatewayError } from '../model/errors.ts';

/** Pieces of a body, joined once. */
export class Body {
  readonly #chunks: Uint8Array[] = [];
  bytes = 0;

  /** Takes a piece. */
  add(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.bytes += chunk.length;
  }

  /** The text, of so many bytes at most. */
  text(maxBytes = this.bytes): string {
    const [first] = this.#chunks;
    if (first === undefined) return '';
    const joined =
      this.#chunks.length === 1
        ? Buffer.from(first.buffer, first.byteOffset, first.byteLength)
        : Buffer.concat(this.#chunks);
    return joined.toString('utf8', 0, Math.min(maxBytes, joined.length));
  }
}

/**
 * Parses a reply. JSON.parse makes a member called __proto__ an ordinary one, and decoders read members by name only.
 * @throws GatewayError UPSTREAM_PROTOCOL if it is not JSON; the message does not quote it.
 */
export function parseReply(text: string, contentType: string, parse: (text: string) => unknown = JSON.parse): unknown {
  try {
    return parse(text);
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown;
    const kind = /^[\w.+/-]{1,64}/.exec(contentType)?.[0] ?? 'no content type';
    const what = text.trim() === '' ? 'is empty' : `is not JSON (${kind})`;
    throw new GatewayError('UPSTREAM_PROTOCOL', `the provider's reply ${what}`);
  }
}
