/** Anthropic's errors → the gateway's. Total: whatever comes, a GatewayError comes of it. */
import { GatewayError, type GatewayErrorDetails } from '../../model/errors.ts';
import type { Reason } from '../../model/reasons.ts';
import { asObject, asText, tryParseJson } from '../shared/json.ts';
import { cleanProviderCode, cleanProviderText } from '../shared/provider-text.ts';
import { type RetryHints, readRetryHints } from '../shared/retry-hints.ts';
import type { WireError } from './wire.ts';

/** Decodes an error reply: `{type: "error", error: {type, message}, request_id}`, or whatever stands in its place. */
export function decodeHttpError(status: number, headers: ReadonlyMap<string, string>, body: string): GatewayError {
  const reply = asObject(tryParseJson(body));
  const facts = readFacts(asObject(reply?.error));
  const hints = readHints(status, headers, reply);
  const requestId = cleanProviderCode(reply?.request_id ?? headers.get('request-id'));
  return toGatewayError(status, facts, {
    ...hints,
    ...(requestId !== '' && { metadata: { upstreamRequestId: requestId } }),
  });
}

/** Decodes an error that comes with status 200: an event of a stream, or a reply that is an error by its type. */
export function decodeErrorObject(error: unknown): GatewayError {
  return toGatewayError(OK, readFacts(asObject(error)), {});
}

const OK = 200;

interface ErrorFacts {
  readonly type: string;
  /** The narrowest name there is: error_code, else the type. */
  readonly code: string;
  readonly message: string;
}

function readFacts(error: WireError | undefined): ErrorFacts {
  const type = cleanProviderCode(error?.type);
  const code = cleanProviderCode(asObject(error?.details)?.error_code);
  return { type, code: code || type, message: cleanProviderText(asText(error?.message) ?? '') };
}

function toGatewayError(status: number, facts: ErrorFacts, details: GatewayErrorDetails): GatewayError {
  const reason = findReason(status, facts);
  const isHidden = HIDDEN.has(reason) && facts.message !== '';
  return new GatewayError(reason, describe(status, facts, isHidden), {
    ...details,
    upstream: { status, code: facts.code },
    ...(isHidden && { cause: new Error(facts.message) }),
  });
}

/** Reasons that concern the operator alone: the provider's words go to the log, not to the caller. */
const HIDDEN: ReadonlySet<Reason> = new Set<Reason>(['UPSTREAM_CREDENTIALS', 'UPSTREAM_QUOTA_EXHAUSTED']);

function describe(status: number, { message, code }: ErrorFacts, isHidden: boolean): string {
  const answer = status === OK ? 'The provider reported an error' : `The provider answered ${status}`;
  if (message !== '' && !isHidden) return `${answer}: ${message}`;
  return code === '' ? `${answer}.` : `${answer} (${code}).`;
}

function findReason(status: number, { type, code, message }: ErrorFacts): Reason {
  const byMessage = BY_MESSAGE.find(([pattern]) => pattern.test(message))?.[1];
  return BY_CODE.get(code) ?? byMessage ?? BY_TYPE.get(type) ?? findByStatus(status, type);
}

/** error_code: https://platform.claude.com/docs/en/api/errors and the SDK's types, read 2026-11-24. */
const BY_CODE: ReadonlyMap<string, Reason> = new Map([
  ['contract_spend_limit_reached', 'UPSTREAM_QUOTA_EXHAUSTED'],
  ['enforced_spend_limit_reached', 'UPSTREAM_QUOTA_EXHAUSTED'],
  ['linked_organization_spend_limit_reached', 'UPSTREAM_QUOTA_EXHAUSTED'],
  ['linked_organization_billing_unavailable', 'UPSTREAM_QUOTA_EXHAUSTED'],
]);

/** Errors that have no type or code of their own: all come as invalid_request_error, most with status 400. */
const BY_MESSAGE: readonly (readonly [RegExp, Reason])[] = [
  [
    /^prompt is too long|exceeds? (?:the )?(?:model's )?(?:maximum )?context (?:window|limit|length)/i,
    'PROMPT_TOO_LONG',
  ],
  [/credit balance is too low|(?:API usage|spend(?:ing)?) limits?\b/i, 'UPSTREAM_QUOTA_EXHAUSTED'],
  [/blocked by content filtering policy/i, 'UPSTREAM_CONTENT_FILTERED'],
];

/** Not invalid_request_error and api_error: those come with many statuses, which say more. */
const BY_TYPE: ReadonlyMap<string, Reason> = new Map([
  ['authentication_error', 'UPSTREAM_CREDENTIALS'],
  ['permission_error', 'UPSTREAM_CREDENTIALS'],
  ['billing_error', 'UPSTREAM_QUOTA_EXHAUSTED'],
  ['not_found_error', 'UPSTREAM_MODEL_NOT_FOUND'],
  ['request_too_large', 'UPSTREAM_REJECTED'],
  ['rate_limit_error', 'UPSTREAM_RATE_LIMITED'],
  ['timeout_error', 'UPSTREAM_TIMEOUT'],
  ['overloaded_error', 'UPSTREAM_OVERLOADED'],
]);

const BY_STATUS: ReadonlyMap<number, Reason> = new Map([
  [401, 'UPSTREAM_CREDENTIALS'],
  [402, 'UPSTREAM_QUOTA_EXHAUSTED'],
  [403, 'UPSTREAM_CREDENTIALS'],
  [404, 'UPSTREAM_MODEL_NOT_FOUND'],
  [408, 'UPSTREAM_TIMEOUT'],
  [429, 'UPSTREAM_RATE_LIMITED'],
  [503, 'UPSTREAM_OVERLOADED'],
  [504, 'UPSTREAM_TIMEOUT'],
  [529, 'UPSTREAM_OVERLOADED'],
]);

function findByStatus(status: number, type: string): Reason {
  const reason = BY_STATUS.get(status);
  if (reason !== undefined) return reason;
  if (status >= 500) return 'UPSTREAM_5XX';
  if (status >= 400) return 'UPSTREAM_REJECTED';
  if (status >= 300) return 'UPSTREAM_REDIRECT';
  if (type === 'invalid_request_error') return 'UPSTREAM_REJECTED';
  return type === '' ? 'UPSTREAM_PROTOCOL' : 'UPSTREAM_STREAM_ERROR';
}

function readHints(status: number, headers: ReadonlyMap<string, string>, body: unknown): RetryHints {
  const hints = readRetryHints(status, headers, body);
  if (status !== 429 || hints.retryAfterMs !== undefined) return hints;
  const afterMs = readRateLimitReset(headers);
  return afterMs === undefined
    ? hints
    : { ...hints, ...readRetryHints(status, new Map([['retry-after-ms', afterMs]])) };
}

const RESET = /^anthropic-(?:priority-)?ratelimit-[a-z-]+-reset$/;

/**
 * The latest reset of a limit that is used up, in milliseconds after the reply's own date: anthropic-ratelimit-*-reset are
 * moments by RFC 3339 (https://platform.claude.com/docs/en/api/rate-limits, read 2026-11-24).
 */
function readRateLimitReset(headers: ReadonlyMap<string, string>): string | undefined {
  const nowMs = Date.parse(headers.get('date') ?? '');
  const resets = [...headers]
    .filter(([name]) => RESET.test(name) && headers.get(name.replace(/reset$/, 'remaining')) === '0')
    .map(([, value]) => Date.parse(value) - nowMs)
    .filter((ms) => ms >= 0);
  return resets.length === 0 ? undefined : String(Math.max(...resets));
}
