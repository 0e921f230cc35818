/** What came when a stream was asked for: some servers answer with a whole reply, an error in JSON, or a page of HTML. */
import { GatewayError } from '../model/errors.ts';

/** `unknown` until the first byte that says something. */
export type ReplyForm = 'unknown' | 'frames' | 'json';

const BLANK = 0x20;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
const LESS_THAN = 0x3c;

/**
 * The form of a reply by its content type and its first bytes. By the bytes too, because content types are often wrong and
 * no line of an event stream begins with a brace. @throws GatewayError UPSTREAM_PROTOCOL for markup
 */
export function formOf(chunk: Uint8Array, contentType: string): ReplyForm {
  const first = chunk.find((byte) => byte > BLANK);
  if (first === undefined) return 'unknown';
  if (first === OPEN_BRACE || first === OPEN_BRACKET) return 'json';
  if (first === LESS_THAN || /^\s*text\/html\b/i.test(contentType)) throw notAStreamError('HTML');
  return /^\s*application\/json\b/i.test(contentType) ? 'json' : 'frames';
}

/** The error for a reply without a single event that does not even claim to be an event stream. */
export function notAStream(contentType: string): GatewayError | undefined {
  if (/^\s*(?:text\/event-stream|application\/vnd\.amazon\.eventstream)\b/i.test(contentType)) return undefined;
  return notAStreamError(/^[\w.+/-]{1,64}/.exec(contentType)?.[0] ?? 'no content type');
}

function notAStreamError(what: string): GatewayError {
  return new GatewayError('UPSTREAM_PROTOCOL', `the provider's reply is not an event stream (${what})`);
}
