/** Why Anthropic stopped, in the contract's words. */
import { FinishKind, type FinishReason } from '../../model/wire.ts';
import { asObject, asText } from '../shared/json.ts';

/** What a stop reason comes with. */
export interface StopFacts {
  readonly stop_reason?: unknown;
  readonly stop_sequence?: unknown;
  readonly stop_details?: unknown;
}

/** The finish reason; a word that is not known is kept as OTHER. */
export function decodeFinish({ stop_reason, stop_sequence }: StopFacts): FinishReason {
  const raw = asText(stop_reason) ?? '';
  return { kind: FINISH_KINDS.get(raw) ?? FinishKind.OTHER, raw, stopSequence: asText(stop_sequence) };
}

/** What the provider says of a refusal: undefined if it says nothing, as most often. */
export function readRefusal(stopDetails: unknown): string | undefined {
  return asText(asObject(stopDetails)?.explanation) || undefined;
}

/** https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons, read 2026-11-24. */
const FINISH_KINDS: ReadonlyMap<string, FinishKind> = new Map([
  ['end_turn', FinishKind.STOP],
  ['stop_sequence', FinishKind.STOP],
  ['max_tokens', FinishKind.LENGTH],
  ['model_context_window_exceeded', FinishKind.LENGTH],
  ['tool_use', FinishKind.TOOL_CALLS],
  ['pause_turn', FinishKind.PAUSE],
  ['compaction', FinishKind.PAUSE], // The reply with its compaction block is sent back to go on, as after pause_turn.
  ['refusal', FinishKind.REFUSAL],
]);
