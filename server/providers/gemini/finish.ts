/** Why Gemini stopped, in the contract's words. */
import { FinishKind, type FinishReason } from '../../model/wire.ts';
import { asText } from '../shared/json.ts';

/**
 * The finish reason of an answer; an unknown word, and every kind of failure for which the contract has none, is OTHER.
 * Calls of functions end with STOP too.
 * @param called Whether the answer holds a call.
 */
export function decodeFinish(word: unknown, called: boolean): FinishReason {
  const raw = asText(word) ?? '';
  const kind = KINDS.get(raw) ?? FinishKind.OTHER;
  return { kind: kind === FinishKind.STOP && called ? FinishKind.TOOL_CALLS : kind, raw, stopSequence: undefined };
}

/** Whether a word is a finish reason at all. */
export function isFinish(word: unknown): boolean {
  return typeof word === 'string' && word !== '' && word !== 'FINISH_REASON_UNSPECIFIED';
}

/** Candidate.FinishReason: https://ai.google.dev/api/generate-content#FinishReason, and Vertex's, seen 2026-11-24. */
const KINDS: ReadonlyMap<string, FinishKind> = new Map([
  ['STOP', FinishKind.STOP],
  ['MAX_TOKENS', FinishKind.LENGTH],
  ['SAFETY', FinishKind.CONTENT_FILTER],
  ['RECITATION', FinishKind.CONTENT_FILTER],
  ['LANGUAGE', FinishKind.CONTENT_FILTER], // "flagged for using an unsupported language"
  ['BLOCKLIST', FinishKind.CONTENT_FILTER],
  ['PROHIBITED_CONTENT', FinishKind.CONTENT_FILTER],
  ['SPII', FinishKind.CONTENT_FILTER],
  ['MODEL_ARMOR', FinishKind.CONTENT_FILTER], // Vertex
  ['IMAGE_SAFETY', FinishKind.CONTENT_FILTER],
  ['IMAGE_PROHIBITED_CONTENT', FinishKind.CONTENT_FILTER],
  ['IMAGE_RECITATION', FinishKind.CONTENT_FILTER],
  // Failures that end an answer: what was said before them stands, and the caller is told by the word.
  ['MALFORMED_FUNCTION_CALL', FinishKind.OTHER],
  ['UNEXPECTED_TOOL_CALL', FinishKind.OTHER],
  ['TOO_MANY_TOOL_CALLS', FinishKind.OTHER],
  ['MISSING_THOUGHT_SIGNATURE', FinishKind.OTHER],
  ['MALFORMED_RESPONSE', FinishKind.OTHER],
  ['NO_IMAGE', FinishKind.OTHER],
  ['IMAGE_OTHER', FinishKind.OTHER],
  ['OTHER', FinishKind.OTHER],
]);
