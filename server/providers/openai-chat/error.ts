/** Errors: replies with an error status, errors within streams, and bodies that say 200 and mean an error. */
import { GatewayError, type GatewayErrorDetails } from '../../model/errors.ts';
import type { Reason } from '../../model/reasons.ts';
import { asList, asObject, isJsonObject, type JsonObject, tryParseJson } from '../shared/json.ts';
import { cleanProviderCode, cleanProviderText } from '../shared/provider-text.ts';
import { readRetryHints } from '../shared/retry-hints.ts';
import type { WireError } from './wire.ts';

/** What is known of an error. */
interface Facts {
  /** HTTP status, or the number that the error itself gives; 0: neither. */
  readonly status: number;
  /** Code and type, in lower case; also those within. */
  readonly codes: readonly string[];
  /** The provider's words, in lower case, for matching only. */
  readonly words: string;
}

/** Decodes an error reply. Total: whatever the body is, it gives an error and never throws. */
export function decodeError(
  status: number,
  headers: ReadonlyMap<string, string>,
  contentType: string,
  body: string,
): GatewayError {
  const json = tryParseJson(body);
  const isText = !isJsonObject(json) && !Array.isArray(json) && !/html|xml/i.test(contentType) && !/^\s*</.test(body);
  const wire = isText ? { message: typeof json === 'string' ? json : body } : findError(json);
  return toGatewayError(wire, status, readRetryHints(status, headers, json), 'UPSTREAM_PROTOCOL');
}

/** The error that a JSON value under the status 200 is: a whole body, or an event of a stream. */
export function decodeErrorValue(value: unknown, fallback: Reason): GatewayError {
  return toGatewayError(findError(value), 0, readRetryHints(0, NO_HEADERS, value), fallback);
}

/** Whether a reply or chunk is an error and nothing else: an error member, vLLM's bare object, or words without choices. */
export function isErrorValue(value: JsonObject): boolean {
  if (value.error !== undefined && value.error !== null) return true;
  return value.object === 'error' || (value.choices === undefined && hasBareWords(value));
}

function hasBareWords({ message, detail, data, id }: JsonObject): boolean {
  return data === undefined && id === undefined && (typeof message === 'string' || detail !== undefined);
}

const NO_HEADERS: ReadonlyMap<string, string> = new Map();

/** The error within a body: {error: {…}}, {error: "…"}, the body itself, {detail: …}, or any of these in a list. */
function findError(json: unknown): WireError {
  const body = asObject(Array.isArray(json) ? json[0] : json);
  if (body === undefined) return {};
  const { error, message } = body;
  if (typeof error === 'string') return { ...body, message: error };
  if (isJsonObject(error)) return error;
  // Mistral has the list of faults in the place of the message too, or within it.
  const detail = body.detail ?? asObject(message)?.detail ?? (Array.isArray(message) ? message : undefined);
  return detail === undefined ? body : { ...body, message: readDetail(detail) };
}

/** FastAPI's list of what is wrong with a body ({loc, msg} each), a text, or an object. */
function readDetail(detail: unknown): unknown {
  if (!Array.isArray(detail)) return asObject(detail)?.message ?? detail;
  const faults = detail.filter(isJsonObject).map(({ loc, msg }) => `${asList(loc).join('.')}: ${String(msg)}`);
  return faults.join('; ');
}

function toGatewayError(
  wire: WireError,
  httpStatus: number,
  hints: GatewayErrorDetails,
  fallback: Reason,
): GatewayError {
  const status = httpStatus >= 300 ? httpStatus : (readStatus(wire.code) ?? httpStatus);
  const text = typeof wire.message === 'string' ? cleanProviderText(wire.message) : '';
  const reason = classify(readFacts(wire, status), fallback);
  const code = cleanProviderCode(wire.code) || cleanProviderCode(wire.type);
  const param = cleanProviderCode(wire.param);
  return new GatewayError(reason, describe(reason, status, text), {
    ...hints,
    upstream: { status: httpStatus, code },
    ...(param !== '' && { metadata: { upstreamParam: param } }),
    ...(HIDDEN.has(reason) && text !== '' && { cause: new Error(text) }),
  });
}

/** Reasons that concern the operator alone: the provider's words go to the log, not to the caller. */
const HIDDEN: ReadonlySet<Reason> = new Set<Reason>(['UPSTREAM_CREDENTIALS', 'UPSTREAM_QUOTA_EXHAUSTED']);

function describe(reason: Reason, status: number, text: string): string {
  const answer = status === 0 ? 'The provider reported an error' : `The provider answered ${status}`;
  return text === '' || HIDDEN.has(reason) ? `${answer}.` : `${answer}: ${text}`;
}

function readStatus(code: unknown): number | undefined {
  const status = typeof code === 'string' && /^\d{3}$/.test(code) ? Number(code) : code;
  return typeof status === 'number' && Number.isInteger(status) && status >= 300 && status <= 599 ? status : undefined;
}

function readFacts(wire: WireError, status: number): Facts {
  const inner = asObject(wire.innererror);
  const metadata = asObject(wire.metadata);
  const codes = [wire.code, wire.type, inner?.code].filter((code) => typeof code === 'string');
  if (Array.isArray(metadata?.reasons)) codes.push('content_filter'); // OpenRouter's moderation, under 403
  return {
    status,
    codes: codes.map((code) => code.toLowerCase()),
    words: typeof wire.message === 'string' ? wire.message.slice(0, MAX_MATCHED).toLowerCase() : '',
  };
}

const MAX_MATCHED = 4096;

/** Reasons in the order in which they are tried: what a code says goes before what a status says. */
const RULES: readonly (readonly [reason: Reason, applies: (facts: Facts) => boolean])[] = [
  ['UPSTREAM_REDIRECT', ({ status }) => status >= 300 && status < 400],
  ['UPSTREAM_CONTENT_FILTERED', ({ codes }) => codes.some((code) => FILTER_CODES.has(code))],
  ['PROMPT_TOO_LONG', isPromptTooLong],
  ['UPSTREAM_QUOTA_EXHAUSTED', isQuotaExhausted],
  ['UPSTREAM_MODEL_NOT_FOUND', isModelNotFound],
  ['UPSTREAM_OVERLOADED', isOverloaded],
  ['UPSTREAM_RATE_LIMITED', ({ status, codes }) => status === 429 || codes.some((code) => RATE_CODES.has(code))],
  ['UPSTREAM_CREDENTIALS', ({ status, codes }) => DENIED.has(status) || codes.some((code) => KEY_CODES.has(code))],
  ['UPSTREAM_5XX', ({ status, codes }) => isServerFault(status) || codes.some((code) => FAULT_CODES.has(code))],
  ['UPSTREAM_REJECTED', ({ status, codes }) => isCallerFault(status) || codes.some((code) => CALLER_CODES.has(code))],
];

function classify(facts: Facts, fallback: Reason): Reason {
  return RULES.find(([, applies]) => applies(facts))?.[0] ?? fallback;
}

const FILTER_CODES: ReadonlySet<string> = new Set([
  'content_filter',
  'content_policy_violation',
  'responsibleaipolicyviolation',
  'data_inspection_failed', // Alibaba
]);
const LENGTH_CODES: ReadonlySet<string> = new Set(['context_length_exceeded', 'exceed_context_size_error']);
const QUOTA_CODES: ReadonlySet<string> = new Set([
  'insufficient_quota',
  'insufficient_balance',
  'billing_hard_limit_reached',
  'billing_not_active',
]);
const MODEL_CODES: ReadonlySet<string> = new Set(['model_not_found', 'deploymentnotfound', 'invalid_model']);
const RATE_CODES: ReadonlySet<string> = new Set(['rate_limit_exceeded', 'rate_limit_error', 'too_many_requests']);
const KEY_CODES: ReadonlySet<string> = new Set(['invalid_api_key', 'authentication_error', 'permission_error']);
const FAULT_CODES: ReadonlySet<string> = new Set(['server_error', 'internal_server_error', 'api_error']);
const CALLER_CODES: ReadonlySet<string> = new Set(['invalid_request_error', 'badrequesterror']);
const DENIED: ReadonlySet<number> = new Set([401, 403]);

function isPromptTooLong({ status, codes, words }: Facts): boolean {
  if (codes.some((code) => LENGTH_CODES.has(code))) return true;
  // vLLM, Groq, DeepSeek, Mistral and llama.cpp say it in words only.
  const mayBe = isCallerFault(status) && status !== 429 && !DENIED.has(status);
  return (mayBe || status === 0) && /context (?:length|window|size)|prompt is too long|too many tokens/.test(words);
}

function isQuotaExhausted({ status, codes, words }: Facts): boolean {
  if (status === 402 || codes.some((code) => QUOTA_CODES.has(code))) return true;
  return /credit balance|insufficient (?:balance|credits?|funds)/.test(words);
}

/** Any 404 is one: whether the model or the base URL is wrong, the operator has to mend it, not the caller. */
function isModelNotFound({ status, codes, words }: Facts): boolean {
  if (status === 404 || codes.some((code) => MODEL_CODES.has(code))) return true;
  return status === 400 && /not a valid model id|model .{0,80}(?:does not exist|not found)/.test(words);
}

function isOverloaded({ status, codes }: Facts): boolean {
  return status === 503 || status === 529 || codes.some((code) => code.includes('overloaded'));
}

function isServerFault(status: number): boolean {
  return status === 408 || status >= 500;
}

function isCallerFault(status: number): boolean {
  return status >= 400 && status < 500;
}
