/** Ids of calls: "string too long. Expected a string with maximum length 64", as those of other providers can be. */
import { AdaptationAction } from '../../model/wire.ts';
import type { Adapter } from '../shared/adapter.ts';

/** https://github.com/openai/codex/issues/14355 (seen 2026-11-24). */
const MAX_LENGTH = 64;

/** How much of a long id stays in front of its hash. */
const KEPT = 47;

/**
 * An id that is taken, the same for a call and its result, and the same in every turn, so that the provider's prompt cache
 * holds. An id means nothing to the model: no error under STRICT.
 */
export function encodeCallId(id: string, field: string, adapter: Adapter): string {
  if (id.length <= MAX_LENGTH) return id;
  adapter.report(field, AdaptationAction.REWRITTEN, `Responses take ids of at most ${MAX_LENGTH} characters.`);
  return `${id.slice(0, KEPT).toWellFormed()}_${hash(id)}`;
}

function hash(text: string): string {
  let value = FNV_OFFSET;
  for (const byte of new TextEncoder().encode(text)) value = BigInt.asUintN(64, (value ^ BigInt(byte)) * FNV_PRIME);
  return value.toString(16).padStart(16, '0');
}

// FNV-1a, 64 bits: http://www.isthe.com/chongo/tech/comp/fnv/
const FNV_OFFSET = 0xcbf29ce484222325n;
const FNV_PRIME = 0x100000001b3n;
