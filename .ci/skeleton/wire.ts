/**
 * What Skeleton looks like on the wire: only what is read, all of it optional and unchecked.
 * https://skeleton.example/docs, read 2026-01-01.
 */

/** Identifier of the dialect. */
export const DIALECT_ID = 'skeleton.v1';

/** Members of a body that provider options must never change. */
export const OWNED_MEMBERS: ReadonlySet<string> = new Set(['model', 'messages', 'max_tokens', 'temperature', 'stream']);

/** A whole reply, or an event of a stream: then `text` is what it adds. */
export interface WireReply {
  readonly model?: unknown;
  readonly text?: unknown;
  /** Only where the answer ends. */
  readonly finish?: unknown;
  readonly usage?: unknown;
  /** What went wrong, in the answer's place. */
  readonly error?: unknown;
}
