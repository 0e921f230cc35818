/** Why an answer ended. */
import { FinishKind, type FinishReason } from '../../model/wire.ts';
import { asText } from '../shared/json.ts';
import type { WireChoice } from './wire.ts';

const KINDS: ReadonlyMap<string, FinishKind> = new Map([
  ['stop', FinishKind.STOP],
  ['eos', FinishKind.STOP], // Together, TGI
  ['eos_token', FinishKind.STOP],
  ['stop_sequence', FinishKind.STOP],
  ['length', FinishKind.LENGTH],
  ['max_tokens', FinishKind.LENGTH],
  ['model_length', FinishKind.LENGTH], // Mistral: the context window
  ['tool_calls', FinishKind.TOOL_CALLS],
  ['function_call', FinishKind.TOOL_CALLS],
  ['content_filter', FinishKind.CONTENT_FILTER],
  ['refusal', FinishKind.REFUSAL],
]);

/** The word with which Mistral and OpenRouter end an answer that failed: no finish, but an error. */
export const FAILED = 'error';

/** What the answer holds that its finish word may not say. */
export interface FinishHints {
  readonly refused: boolean;
  readonly called: boolean;
}

/** The finish reason of a choice; an unknown word is OTHER. */
export function decodeFinish(choice: WireChoice, { refused, called }: FinishHints): FinishReason {
  const raw = asText(choice.finish_reason) ?? '';
  const kind = KINDS.get(raw) ?? FinishKind.OTHER;
  return { kind: kind === FinishKind.STOP ? stopKind(refused, called) : kind, raw, stopSequence: stopSequence(choice) };
}

/** OpenAI says "stop" for refusals and for calls of a tool that was named in tool_choice; some hosts for every call. */
function stopKind(refused: boolean, called: boolean): FinishKind {
  if (called) return FinishKind.TOOL_CALLS;
  return refused ? FinishKind.REFUSAL : FinishKind.STOP;
}

function stopSequence({ stop_reason, matched_stop }: WireChoice): string | undefined {
  const sequence = asText(stop_reason) ?? asText(matched_stop);
  return sequence === '' ? undefined : sequence;
}
