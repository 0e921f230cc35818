/** Errors: {detail} in words, the kind by the status: https://docs.voyageai.com/docs/error-codes, read 2026-11-24. */
import { GatewayError, type GatewayErrorDetails } from '../../model/errors.ts';
import type { Reason } from '../../model/reasons.ts';
import { asList, asObject, isJsonObject, type JsonObject, tryParseJson } from '../shared/json.ts';
import { cleanProviderText } from '../shared/provider-text.ts';
import { readRetryHints } from '../shared/retry-hints.ts';

/** Decodes an error reply. Total: whatever the body is, it gives an error and never throws. */
export function decodeError(
  status: number,
  headers: ReadonlyMap<string, string>,
  contentType: string,
  body: string,
): GatewayError {
  const json = tryParseJson(body);
  const isText = json === undefined && !/html|xml/i.test(contentType) && !/^\s*</.test(body);
  const facts = isText ? { detail: body } : (asObject(json) ?? {});
  return toGatewayError(status, facts, readRetryHints(status, headers, json));
}

/** The error that a reply under the status 200 is. */
export function decodeErrorValue(value: JsonObject): GatewayError {
  return toGatewayError(OK, value, {});
}

/** Whether a reply is an error and nothing else. */
export function isErrorValue({ detail, data }: JsonObject): boolean {
  return data === undefined && detail !== undefined;
}

const OK = 200;

function toGatewayError(status: number, { detail }: JsonObject, hints: GatewayErrorDetails): GatewayError {
  const text = cleanProviderText(readDetail(detail));
  const reason = findReason(status, text);
  const isHidden = reason === 'UPSTREAM_CREDENTIALS' && text !== ''; // The operator's alone: to the log, not to the caller.
  const answer = status === OK ? 'The provider reported an error' : `The provider answered ${status}`;
  return new GatewayError(reason, text === '' || isHidden ? `${answer}.` : `${answer}: ${text}`, {
    ...hints,
    upstream: { status, code: '' },
    ...(isHidden && { cause: new Error(text) }),
  });
}

/** A text, or the list of what is wrong with a body ({loc, msg} each). */
function readDetail(detail: unknown): string {
  if (typeof detail === 'string') return detail;
  const faults = asList(detail).filter(isJsonObject);
  return faults.map(({ loc, msg }) => `${asList(loc).join('.')}: ${String(msg)}`).join('; ');
}

function findReason(status: number, text: string): Reason {
  if (status === 400 && TOO_LONG.test(text)) return 'PROMPT_TOO_LONG';
  if (status === 400 && /model .{1,80} (?:is not supported|not found|does not exist)/i.test(text)) {
    return 'UPSTREAM_MODEL_NOT_FOUND';
  }
  const reason = BY_STATUS.get(status);
  if (reason !== undefined) return reason;
  if (status >= 500) return 'UPSTREAM_5XX';
  if (status >= 400) return 'UPSTREAM_REJECTED';
  return status >= 300 ? 'UPSTREAM_REDIRECT' : 'UPSTREAM_PROTOCOL';
}

/** "The max allowed tokens per submitted batch is …", and a text that is longer than the context. */
const TOO_LONG = /max allowed tokens|exceeds? (?:the )?(?:model's )?(?:maximum )?context length/i;

/** 502, 503 and 504 are all "high traffic". */
const BY_STATUS: ReadonlyMap<number, Reason> = new Map([
  [401, 'UPSTREAM_CREDENTIALS'],
  [403, 'UPSTREAM_CREDENTIALS'],
  [404, 'UPSTREAM_MODEL_NOT_FOUND'],
  [408, 'UPSTREAM_TIMEOUT'],
  [429, 'UPSTREAM_RATE_LIMITED'],
  [502, 'UPSTREAM_OVERLOADED'],
  [503, 'UPSTREAM_OVERLOADED'],
  [504, 'UPSTREAM_OVERLOADED'],
]);
