/** Why a model on Bedrock stopped, in the contract's words. */
import { FinishKind, type FinishReason } from '../../model/wire.ts';
import { asObject, asText } from '../shared/json.ts';

/** What a stop reason comes with: a whole reply, or a messageStop event. */
export interface StopFacts {
  readonly stopReason?: unknown;
  readonly additionalModelResponseFields?: unknown;
}

/** The finish reason; a word that is not known is kept as OTHER. */
export function decodeFinish({ stopReason, additionalModelResponseFields }: StopFacts): FinishReason {
  const raw = asText(stopReason) ?? '';
  const kind = FINISH_KINDS.get(raw) ?? FinishKind.OTHER;
  return { kind, raw, stopSequence: readStopSequence(additionalModelResponseFields) };
}

/** Where the encoder asks for the stop sequence that was met, which Converse itself does not tell. */
export const STOP_SEQUENCE_PATHS = { whole: '/stop_sequence', stream: '/delta/stop_sequence' } as const;

function readStopSequence(fields: unknown): string | undefined {
  const object = asObject(fields);
  return asText(object?.stop_sequence) ?? asText(asObject(object?.delta)?.stop_sequence);
}

/** StopReason of the SDK 3.1164.0, read 2026-11-24. What is malformed is an answer that cannot be used, not a finished one. */
const FINISH_KINDS: ReadonlyMap<string, FinishKind> = new Map([
  ['end_turn', FinishKind.STOP],
  ['stop_sequence', FinishKind.STOP],
  ['max_tokens', FinishKind.LENGTH],
  ['model_context_window_exceeded', FinishKind.LENGTH],
  ['tool_use', FinishKind.TOOL_CALLS],
  ['guardrail_intervened', FinishKind.CONTENT_FILTER],
  ['content_filtered', FinishKind.CONTENT_FILTER],
  ['malformed_model_output', FinishKind.OTHER],
  ['malformed_tool_use', FinishKind.OTHER],
  // Not in the SDK's list, but words of Claude, which Bedrock passes on where it has none of its own.
  ['refusal', FinishKind.REFUSAL],
  ['pause_turn', FinishKind.PAUSE],
]);
