/** Why an answer ended, in the contract's words. */
import { GatewayError } from '../../model/errors.ts';
import type { Reason } from '../../model/reasons.ts';
import { FinishKind, type FinishReason } from '../../model/wire.ts';
import { asText } from '../shared/json.ts';
import { cleanProviderText } from '../shared/provider-text.ts';

/** The finish reason; an unknown word is OTHER. Which stop sequence it was is not said. */
export function decodeFinish(word: unknown): FinishReason {
  const raw = asText(word) ?? '';
  return { kind: KINDS.get(raw) ?? FinishKind.OTHER, raw, stopSequence: undefined };
}

/**
 * Throws the error that a finish reason can be: the provider did not finish.
 * @param failed Reason where the provider says no more than that it failed.
 * @throws GatewayError
 */
export function throwFailure(word: unknown, error: unknown, failed: Reason): void {
  const reason = word === 'ERROR' ? failed : word === 'TIMEOUT' ? 'UPSTREAM_TIMEOUT' : undefined;
  if (reason === undefined) return;
  const text = typeof error === 'string' ? cleanProviderText(error) : '';
  const message = `The provider ended its answer with ${word}`;
  throw new GatewayError(reason, text === '' ? `${message}.` : `${message}: ${text}`, {
    upstream: { status: OK, code: String(word) },
  });
}

const OK = 200;

/** https://docs.cohere.com/v2/reference/chat (finish_reason), read 2026-11-24. */
const KINDS: ReadonlyMap<string, FinishKind> = new Map([
  ['COMPLETE', FinishKind.STOP],
  ['STOP_SEQUENCE', FinishKind.STOP],
  ['MAX_TOKENS', FinishKind.LENGTH], // The limit of tokens, or the context window.
  ['TOOL_CALL', FinishKind.TOOL_CALLS],
]);
