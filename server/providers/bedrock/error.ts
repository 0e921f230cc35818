/** Bedrock's errors → the gateway's, whether they come as replies or as frames of a stream. Total. */
import { GatewayError, type GatewayErrorDetails } from '../../model/errors.ts';
import type { Reason } from '../../model/reasons.ts';
import type { Frame } from '../dialect.ts';
import { asObject, asText, type JsonObject, tryParseJson } from '../shared/json.ts';
import { cleanProviderCode, cleanProviderText } from '../shared/provider-text.ts';
import { readRetryHints } from '../shared/retry-hints.ts';
import { describeClockSkew } from './clock-skew.ts';

/** Decodes an error reply: its type in x-amzn-errortype or __type, its words in message or Message. Never throws. */
export function decodeHttpError(status: number, headers: ReadonlyMap<string, string>, body: string): GatewayError {
  const reply = asObject(tryParseJson(body));
  const requestId = cleanProviderCode(headers.get('x-amzn-requestid'));
  return toGatewayError(status, readFacts(headers.get('x-amzn-errortype'), reply), {
    ...readRetryHints(status, headers, reply),
    ...(requestId !== '' && { metadata: { upstreamRequestId: requestId } }),
  });
}

/** The error that a frame is: `exception:<type>` or `error:<code>` (framing/aws-event-stream.ts); undefined: it is an event. */
export function decodeErrorFrame({ event, data }: Frame): GatewayError | undefined {
  const type = event.includes(':') ? ERROR_EVENT.exec(event)?.[1] : undefined;
  if (type === undefined) return undefined;
  return toGatewayError(OK, readFacts(type, asObject(tryParseJson(data))), {});
}

/** The error that a reply with status 200 is: AWS's front doors send a bare __type where they know no such operation. */
export function decodeErrorReply(reply: JsonObject): GatewayError | undefined {
  const inner = asObject(reply.Output);
  const type = reply.__type ?? inner?.__type;
  return typeof type === 'string' ? toGatewayError(OK, readFacts(type, inner ?? reply), {}) : undefined;
}

const OK = 200;

const ERROR_EVENT = /^(?:exception|error):(.*)$/s;

interface ErrorFacts {
  /** Without the namespace before # and the address after a colon; empty if there is none. */
  readonly type: string;
  readonly message: string;
}

function readFacts(headerType: string | undefined, body: JsonObject | undefined): ErrorFacts {
  const [type = ''] = (headerType ?? asText(body?.__type) ?? asText(body?.code) ?? '').split(':', 1);
  const message = asText(body?.message) ?? asText(body?.Message) ?? '';
  return { type: cleanProviderCode(type.slice(type.indexOf('#') + 1)), message: cleanProviderText(message) };
}

function toGatewayError(status: number, facts: ErrorFacts, details: GatewayErrorDetails): GatewayError {
  const reason = findReason(status, facts);
  const isHidden = HIDDEN.has(reason) && facts.message !== '';
  const skew = reason === 'UPSTREAM_CREDENTIALS' ? describeClockSkew(facts.message) : undefined;
  return new GatewayError(reason, skew ?? describe(status, facts, isHidden), {
    ...details,
    upstream: { status, code: facts.type },
    ...(isHidden && { cause: new Error(facts.message) }),
  });
}

/** Reasons that concern the operator alone: the provider's words go to the log, not to the caller. */
const HIDDEN: ReadonlySet<Reason> = new Set<Reason>(['UPSTREAM_CREDENTIALS', 'UPSTREAM_QUOTA_EXHAUSTED']);

function describe(status: number, { message, type }: ErrorFacts, isHidden: boolean): string {
  const answer = status === OK ? 'The provider reported an error' : `The provider answered ${status}`;
  if (message !== '' && !isHidden) return `${answer}: ${message}`;
  return type === '' ? `${answer}.` : `${answer} (${type}).`;
}

function findReason(status: number, { type, message }: ErrorFacts): Reason {
  const name = type.replace(/Exception$/i, '').toLowerCase();
  const byMessage = BY_MESSAGE.find(([names, pattern]) => names.has(name) && pattern.test(message))?.[2];
  return byMessage ?? BY_TYPE.get(name) ?? findByStatus(status, type);
}

const VALIDATION: ReadonlySet<string> = new Set(['validation', '']);
const THROTTLING: ReadonlySet<string> = new Set(['throttling', '']);

/** ValidationException and ThrottlingException are many errors under one name; models' own words differ. */
const BY_MESSAGE: readonly (readonly [names: ReadonlySet<string>, RegExp, Reason])[] = [
  [
    VALIDATION,
    /input is too long|prompt is too long|too many (?:input )?tokens|context (?:window|limit|length)|maximum (?:number of )?(?:input )?tokens/i,
    'PROMPT_TOO_LONG',
  ],
  [VALIDATION, /blocked by content filtering|content policy|guardrail/i, 'UPSTREAM_CONTENT_FILTERED'],
  [
    VALIDATION,
    /model identifier is invalid|on-demand throughput|inference profile|end of its life|doesn't support (?:the )?(?:converse|this action)/i,
    'UPSTREAM_MODEL_NOT_FOUND',
  ],
  [VALIDATION, /^operation not allowed/i, 'UPSTREAM_CREDENTIALS'],
  [THROTTLING, /per day/i, 'UPSTREAM_QUOTA_EXHAUSTED'],
];

/**
 * Names in lower case, without Exception: in streams they begin with a small letter. The operations' own, and those that all of
 * AWS has: https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html, read 2026-11-24.
 */
const BY_TYPE: ReadonlyMap<string, Reason> = new Map([
  ['accessdenied', 'UPSTREAM_CREDENTIALS'],
  ['notauthorized', 'UPSTREAM_CREDENTIALS'],
  ['optinrequired', 'UPSTREAM_CREDENTIALS'],
  ['expiredtoken', 'UPSTREAM_CREDENTIALS'],
  ['incompletesignature', 'UPSTREAM_CREDENTIALS'],
  ['invalidsignature', 'UPSTREAM_CREDENTIALS'],
  ['signaturedoesnotmatch', 'UPSTREAM_CREDENTIALS'],
  ['requestexpired', 'UPSTREAM_CREDENTIALS'],
  ['invalidclienttokenid', 'UPSTREAM_CREDENTIALS'],
  ['missingauthenticationtoken', 'UPSTREAM_CREDENTIALS'],
  ['unrecognizedclient', 'UPSTREAM_CREDENTIALS'],
  ['resourcenotfound', 'UPSTREAM_MODEL_NOT_FOUND'],
  ['unknownoperation', 'UPSTREAM_MODEL_NOT_FOUND'],
  ['throttling', 'UPSTREAM_RATE_LIMITED'],
  ['toomanyrequests', 'UPSTREAM_RATE_LIMITED'],
  ['servicequotaexceeded', 'UPSTREAM_QUOTA_EXHAUSTED'],
  ['modelnotready', 'UPSTREAM_OVERLOADED'],
  ['serviceunavailable', 'UPSTREAM_OVERLOADED'],
  ['modeltimeout', 'UPSTREAM_TIMEOUT'],
  ['modelerror', 'UPSTREAM_5XX'],
  ['modelstreamerror', 'UPSTREAM_5XX'],
  ['internalserver', 'UPSTREAM_5XX'],
  ['internalfailure', 'UPSTREAM_5XX'],
  ['validation', 'UPSTREAM_REJECTED'],
  ['conflict', 'UPSTREAM_REJECTED'],
]);

const BY_STATUS: ReadonlyMap<number, Reason> = new Map([
  [401, 'UPSTREAM_CREDENTIALS'],
  [403, 'UPSTREAM_CREDENTIALS'],
  [404, 'UPSTREAM_MODEL_NOT_FOUND'],
  [408, 'UPSTREAM_TIMEOUT'],
  [424, 'UPSTREAM_5XX'],
  [429, 'UPSTREAM_RATE_LIMITED'],
  [503, 'UPSTREAM_OVERLOADED'],
  [504, 'UPSTREAM_TIMEOUT'],
]);

function findByStatus(status: number, type: string): Reason {
  const reason = BY_STATUS.get(status);
  if (reason !== undefined) return reason;
  if (status >= 500) return 'UPSTREAM_5XX';
  if (status >= 400) return 'UPSTREAM_REJECTED';
  if (status >= 300) return 'UPSTREAM_REDIRECT';
  return type === '' ? 'UPSTREAM_PROTOCOL' : 'UPSTREAM_STREAM_ERROR';
}
