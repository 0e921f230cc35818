/** Errors of Google's APIs: google.rpc.Status under `error`, on Vertex sometimes within a list. */
import { GatewayError, type GatewayErrorDetails } from '../../model/errors.ts';
import type { Reason } from '../../model/reasons.ts';
import { asList, asObject, asText, type JsonObject, tryParseJson } from '../shared/json.ts';
import { cleanProviderCode, cleanProviderText } from '../shared/provider-text.ts';
import { readRetryHints } from '../shared/retry-hints.ts';
import type { WireError } from './wire.ts';

/** Decodes an error reply. Total: whatever the body is, it gives an error and never throws. */
export function decodeError(
  status: number,
  headers: ReadonlyMap<string, string>,
  contentType: string,
  body: string,
): GatewayError {
  const json = tryParseJson(body);
  const isMarkup = /html|xml/i.test(contentType) || /^\s*</.test(body);
  const wire = findError(json) ?? (json === undefined && !isMarkup ? { message: body } : {});
  return toGatewayError(wire, status, { ...readRetryHints(status, headers, json) });
}

/** The error that a value under the status 200 is: a whole body, or a piece of a stream. */
export function decodeErrorValue(value: unknown): GatewayError {
  return toGatewayError(findError(value) ?? {}, 0, { ...readRetryHints(0, NO_HEADERS, value) });
}

/** The error within a value, {error: …} or [{error: …}]; undefined if there is none. */
export function findError(value: unknown): WireError | undefined {
  const error = asObject(Array.isArray(value) ? value[0] : value)?.error;
  if (typeof error === 'string') return { message: error };
  return asObject(error);
}

/**
 * The refusal of a prompt, which comes with status 200 and without candidates.
 * https://ai.google.dev/api/generate-content#BlockReason, seen 2026-11-24.
 */
export function promptBlocked(feedback: JsonObject): GatewayError {
  const code = cleanProviderCode(feedback.blockReason);
  const words = cleanProviderText(asText(feedback.blockReasonMessage) ?? '');
  const message = `The provider's filter refused the prompt (${code || 'no reason given'})${words && `: ${words}`}.`;
  return new GatewayError('UPSTREAM_CONTENT_FILTERED', message, { upstream: { status: 200, code } });
}

const NO_HEADERS: ReadonlyMap<string, string> = new Map();

/** What is known of an error. */
interface Facts {
  /** HTTP status, or the code that the error itself gives; 0: neither. */
  readonly status: number;
  /** The error's own status, for instance RESOURCE_EXHAUSTED. */
  readonly word: string;
  /** google.rpc.ErrorInfo.reason; empty if there is none. */
  readonly reason: string;
  /** google.rpc.QuotaFailure: the quotas that were hit, and their limits. */
  readonly quotas: string;
  /** The provider's words, in lower case, for matching only. */
  readonly words: string;
}

function toGatewayError(wire: WireError, httpStatus: number, details: GatewayErrorDetails): GatewayError {
  const status = httpStatus >= 300 ? httpStatus : (readStatus(wire.code) ?? httpStatus);
  const facts = readFacts(wire, status);
  const reason = RULES.find(([, applies]) => applies(facts))?.[0] ?? fallback(facts);
  const text = cleanProviderText(asText(wire.message) ?? '');
  const code = cleanProviderCode(facts.reason) || cleanProviderCode(facts.word);
  const isHidden = HIDDEN.has(reason) && text !== '';
  return new GatewayError(reason, describe(status, isHidden ? '' : text), {
    ...details,
    upstream: { status: httpStatus, code },
    ...(isHidden && { cause: new Error(text) }),
  });
}

/** Reasons that concern the operator alone: the provider's words go to the log, not to the caller. */
const HIDDEN: ReadonlySet<Reason> = new Set<Reason>(['UPSTREAM_CREDENTIALS', 'UPSTREAM_QUOTA_EXHAUSTED']);

function describe(status: number, text: string): string {
  const answer = status === 0 ? 'The provider reported an error' : `The provider answered ${status}`;
  return text === '' ? `${answer}.` : `${answer}: ${text}`;
}

function readStatus(code: unknown): number | undefined {
  return typeof code === 'number' && Number.isInteger(code) && code >= 300 && code <= 599 ? code : undefined;
}

function readFacts(wire: WireError, status: number): Facts {
  const details = asList(wire.details).map(asObject);
  const violations = details.flatMap((detail) => asList(detail?.violations)).map(asObject);
  return {
    status,
    word: asText(wire.status) ?? '',
    reason: asText(details.find((detail) => isType(detail, 'ErrorInfo'))?.reason) ?? '',
    quotas: violations.map((one) => `${asText(one?.quotaId) ?? ''}=${asText(one?.quotaValue) ?? ''}`).join(' '),
    words: (asText(wire.message) ?? '').slice(0, MAX_MATCHED).toLowerCase(),
  };
}

const MAX_MATCHED = 4096;

function isType(detail: JsonObject | undefined, name: string): boolean {
  return String(asText(detail?.['@type'])).endsWith(`google.rpc.${name}`);
}

/**
 * Reasons in the order in which they are tried: what the error says of itself goes before its status.
 * https://ai.google.dev/gemini-api/docs/troubleshooting and https://cloud.google.com/apis/design/errors, seen 2026-11-24.
 */
const RULES: readonly (readonly [reason: Reason, applies: (facts: Facts) => boolean])[] = [
  ['UPSTREAM_REDIRECT', ({ status }) => status >= 300 && status < 400],
  ['UPSTREAM_CREDENTIALS', ({ reason }) => KEY_REASONS.has(reason)], // A wrong key is 400 INVALID_ARGUMENT.
  ['UPSTREAM_QUOTA_EXHAUSTED', isQuotaExhausted],
  ['PROMPT_TOO_LONG', isPromptTooLong],
  ['UPSTREAM_RATE_LIMITED', ({ status, word }) => status === 429 || word === 'RESOURCE_EXHAUSTED'],
  ['UPSTREAM_CREDENTIALS', ({ status, word }) => status === 401 || status === 403 || DENIED.has(word)],
  ['UPSTREAM_MODEL_NOT_FOUND', ({ status, word }) => status === 404 || word === 'NOT_FOUND'],
  ['UPSTREAM_OVERLOADED', ({ status, word }) => status === 503 || word === 'UNAVAILABLE'],
  ['UPSTREAM_TIMEOUT', ({ status, word }) => status === 408 || status === 504 || word === 'DEADLINE_EXCEEDED'],
  ['UPSTREAM_5XX', ({ status, word }) => status === 499 || status >= 500 || FAULTS.has(word)],
  ['UPSTREAM_REJECTED', ({ status, word }) => status >= 400 || REJECTIONS.has(word)],
];

/** Under 200 an error without any of these is still one, unless there is no error in the body at all. */
function fallback({ word, words }: Facts): Reason {
  return word !== '' || words !== '' ? 'UPSTREAM_STREAM_ERROR' : 'UPSTREAM_PROTOCOL';
}

const KEY_REASONS: ReadonlySet<string> = new Set([
  'API_KEY_INVALID',
  'API_KEY_SERVICE_BLOCKED',
  'API_KEY_HTTP_REFERRER_BLOCKED',
  'API_KEY_IP_ADDRESS_BLOCKED',
  'ACCESS_TOKEN_EXPIRED',
  'ACCESS_TOKEN_SCOPE_INSUFFICIENT',
  'CREDENTIALS_MISSING',
  'CONSUMER_INVALID',
  'CONSUMER_SUSPENDED',
  'SERVICE_DISABLED',
]);
const DENIED: ReadonlySet<string> = new Set(['UNAUTHENTICATED', 'PERMISSION_DENIED']);
const FAULTS: ReadonlySet<string> = new Set(['INTERNAL', 'UNKNOWN', 'DATA_LOSS', 'ABORTED', 'CANCELLED']);
const REJECTIONS: ReadonlySet<string> = new Set(['INVALID_ARGUMENT', 'FAILED_PRECONDITION', 'OUT_OF_RANGE']);

/** A quota by the day is used up for hours, and one of zero for ever: neither comes back by waiting for a retry. */
function isQuotaExhausted({ status, word, reason, quotas, words }: Facts): boolean {
  if (reason === 'BILLING_DISABLED' || /credits? (?:are|is) depleted|spend(?:ing)? (?:cap|limit)/.test(words))
    return true;
  return (status === 429 || word === 'RESOURCE_EXHAUSTED') && (/PerDay/.test(quotas) || /limit: 0\b/.test(words));
}

function isPromptTooLong({ status, word, words }: Facts): boolean {
  if (status !== 400 && status !== 0 && word !== 'INVALID_ARGUMENT') return false;
  return /token count .{0,60}exceeds? the maximum|exceeds the (?:maximum|max) (?:number of )?(?:input )?tokens/.test(
    words,
  );
}
