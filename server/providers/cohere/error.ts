/** Errors: Cohere says what is wrong in words ({message}), and which kind it is by the status alone. */
import { GatewayError, type GatewayErrorDetails } from '../../model/errors.ts';
import type { Reason } from '../../model/reasons.ts';
import { asObject, type JsonObject, tryParseJson } from '../shared/json.ts';
import { cleanProviderCode, cleanProviderText } from '../shared/provider-text.ts';
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
  const facts = isText ? { message: body } : (asObject(json) ?? {});
  const requestId = cleanProviderCode(facts.id ?? headers.get('x-debug-trace-id'));
  return toGatewayError(status, facts, 'UPSTREAM_PROTOCOL', {
    ...readRetryHints(status, headers, json),
    ...(requestId !== '' && { metadata: { upstreamRequestId: requestId } }),
  });
}

/** The error that a JSON value under the status 200 is. */
export function decodeErrorValue(value: JsonObject, fallback: Reason): GatewayError {
  return toGatewayError(OK, value, fallback, {});
}

/** Whether a reply or event is an error and nothing else: answers have an object as their message. */
export function isErrorValue({ message, type, finish_reason }: JsonObject): boolean {
  return typeof message === 'string' && type === undefined && finish_reason === undefined;
}

const OK = 200;

function toGatewayError(
  status: number,
  { message, code }: JsonObject,
  fallback: Reason,
  details: GatewayErrorDetails,
): GatewayError {
  const text = typeof message === 'string' ? cleanProviderText(message) : '';
  const reason = findReason(status, text, fallback);
  const isHidden = HIDDEN.has(reason) && text !== '';
  const answer = status === OK ? 'The provider reported an error' : `The provider answered ${status}`;
  return new GatewayError(reason, text === '' || isHidden ? `${answer}.` : `${answer}: ${text}`, {
    ...details,
    upstream: { status, code: cleanProviderCode(code) },
    ...(isHidden && { cause: new Error(text) }),
  });
}

/** Reasons that concern the operator alone: the provider's words go to the log, not to the caller. */
const HIDDEN: ReadonlySet<Reason> = new Set<Reason>(['UPSTREAM_CREDENTIALS', 'UPSTREAM_QUOTA_EXHAUSTED']);

function findReason(status: number, text: string, fallback: Reason): Reason {
  const byWords = BY_WORDS.find(([statuses, pattern]) => statuses.has(status) && pattern.test(text))?.[2];
  if (byWords !== undefined) return byWords;
  const byStatus = BY_STATUS.get(status);
  if (byStatus !== undefined) return byStatus;
  if (status >= 500) return 'UPSTREAM_5XX';
  if (status >= 400) return 'UPSTREAM_REJECTED';
  return status >= 300 ? 'UPSTREAM_REDIRECT' : fallback;
}

const OF_REQUEST: ReadonlySet<number> = new Set([OK, 400, 413, 422]);

/** The messages are those of https://docs.cohere.com/reference/errors, read 2026-11-24. */
const BY_WORDS: readonly (readonly [ReadonlySet<number>, RegExp, Reason])[] = [
  // "too many tokens: max tokens must be less than …" is the limit of the answer, not the prompt.
  [OF_REQUEST, /^too many tokens: (?!max tokens)|prompt is too long/i, 'PROMPT_TOO_LONG'],
  [
    OF_REQUEST,
    /^model '[^']{1,80}' (?:was removed|not found)|model .{1,80} (?:does not exist|not found)/i,
    'UPSTREAM_MODEL_NOT_FOUND',
  ],
  [OF_REQUEST, /blocked (?:output|input)/i, 'UPSTREAM_CONTENT_FILTERED'],
  [new Set([402, 429]), /monthly|per month|\/ ?month|billing limit/i, 'UPSTREAM_QUOTA_EXHAUSTED'],
];

/**
 * 498 is no invalid token but a prompt that breaks the usage guidelines; 499, that the provider thought that the gateway had
 * hung up, is its fault where the gateway has not: https://github.com/cohere-ai/cohere-developer-experience/pull/189, read
 * 2026-11-24.
 */
const BY_STATUS: ReadonlyMap<number, Reason> = new Map([
  [401, 'UPSTREAM_CREDENTIALS'],
  [402, 'UPSTREAM_QUOTA_EXHAUSTED'],
  [403, 'UPSTREAM_CREDENTIALS'],
  [404, 'UPSTREAM_MODEL_NOT_FOUND'],
  [408, 'UPSTREAM_TIMEOUT'],
  [429, 'UPSTREAM_RATE_LIMITED'],
  [498, 'UPSTREAM_CONTENT_FILTERED'],
  [499, 'UPSTREAM_5XX'],
  [503, 'UPSTREAM_OVERLOADED'],
  [504, 'UPSTREAM_TIMEOUT'],
]);
