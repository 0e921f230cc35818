/** Why an answer ended, in the contract's words. */
import { FinishKind, type FinishReason } from '../../server/model/wire.ts';
import { asText } from '../../server/providers/shared/json.ts';

/** The finish reason; an unknown word is OTHER and keeps its own. */
export function decodeFinish(word: unknown): FinishReason {
  const raw = asText(word) ?? '';
  return { kind: KINDS.get(raw) ?? FinishKind.OTHER, raw, stopSequence: undefined };
}

const KINDS: ReadonlyMap<string, FinishKind> = new Map([
  ['stop', FinishKind.STOP],
  ['length', FinishKind.LENGTH],
]);
