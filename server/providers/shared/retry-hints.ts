/** What an error reply says about trying again, in all the forms that providers use. */
import { asList, asObject, isJsonObject } from './json.ts';

/** Shortest and longest wait that is believed: a faulty hint must neither hammer a provider nor park a call for ever. */
export const MIN_RETRY_AFTER_MS = 100;
export const MAX_RETRY_AFTER_MS = 300_000;

/** What was found; absent: nothing was said, or nothing that can be understood. Fits into GatewayErrorDetails. */
export interface RetryHints {
  readonly retryAfterMs?: number;
  readonly shouldRetry?: boolean;
}

/**
 * Reads retry-after-ms, x-ms-retry-after-ms, retry-after (seconds, or a date measured against the reply's own `date`
 * header, as there is no clock here; without one it is passed over), the body's RetryInfo (Gemini) and, of a 429 only,
 * x-ratelimit-reset-*, in this order; and x-should-retry.
 * @param headers Lower-case names.
 * @param body The reply's JSON, if it is some.
 */
export function readRetryHints(status: number, headers: ReadonlyMap<string, string>, body?: unknown): RetryHints {
  const afterMs =
    readNumber(headers.get('retry-after-ms')) ??
    readNumber(headers.get('x-ms-retry-after-ms')) ??
    readRetryAfter(headers) ??
    readRetryInfo(body) ??
    (status === 429 ? readRateLimitReset(headers) : undefined);
  const shouldRetry = SHOULD_RETRY.get(headers.get('x-should-retry')?.trim().toLowerCase() ?? '');
  return {
    ...(afterMs !== undefined && { retryAfterMs: clamp(afterMs) }),
    ...(shouldRetry !== undefined && { shouldRetry }),
  };
}

const SHOULD_RETRY: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
]);

function clamp(ms: number): number {
  return Math.round(Math.min(Math.max(ms, MIN_RETRY_AFTER_MS), MAX_RETRY_AFTER_MS));
}

function readNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\s*[-+]?\d{1,32}(?:\.\d{1,32})?(?:e\d{1,3})?\s*$/i.test(text)
    ? Number(text)
    : undefined;
}

function readRetryAfter(headers: ReadonlyMap<string, string>): number | undefined {
  const text = headers.get('retry-after');
  const seconds = readNumber(text);
  if (seconds !== undefined) return seconds * 1000;
  const untilMs = readHttpDate(text);
  const nowMs = readHttpDate(headers.get('date'));
  return untilMs === undefined || nowMs === undefined ? undefined : untilMs - nowMs;
}

function readHttpDate(text: string | undefined): number | undefined {
  // Date.parse takes far more than HTTP's three forms, all of which begin with the name of a day.
  const ms = text !== undefined && /^\s*(?:mon|tue|wed|thu|fri|sat|sun)/i.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

/** google.rpc.RetryInfo in the details of a body, which may be the only element of a list (Vertex). */
function readRetryInfo(body: unknown): number | undefined {
  const error = asObject(asObject(Array.isArray(body) ? body[0] : body)?.error);
  for (const detail of asList(error?.details)) {
    if (!isJsonObject(detail)) continue;
    const { '@type': type, retryDelay } = detail;
    if (typeof type !== 'string' || !type.endsWith('google.rpc.RetryInfo')) continue;
    if (typeof retryDelay === 'string') return readDuration(retryDelay);
  }
  return undefined;
}

/** The longest of the resets whose quota is used up; of all, where none says that it is. */
function readRateLimitReset(headers: ReadonlyMap<string, string>): number | undefined {
  let exhaustedMs: number | undefined;
  let anyMs: number | undefined;
  for (const [name, value] of headers) {
    if (!name.startsWith(RESET)) continue;
    const ms = readDuration(value);
    if (ms === undefined) continue;
    anyMs = Math.max(anyMs ?? 0, ms);
    if (headers.get(`x-ratelimit-remaining${name.slice(RESET.length)}`) === '0') {
      exhaustedMs = Math.max(exhaustedMs ?? 0, ms);
    }
  }
  return exhaustedMs ?? anyMs;
}

const RESET = 'x-ratelimit-reset';

/** Larger plain numbers are moments, not durations in seconds. */
const MAX_PLAIN_SECONDS = 1e8;

/** Milliseconds of "1s", "6m0s", "7.66s", "120ms", "1h2m3s", or of a plain number of seconds. */
function readDuration(text: string): number | undefined {
  const seconds = readNumber(text);
  if (seconds !== undefined) return seconds <= MAX_PLAIN_SECONDS ? seconds * 1000 : undefined;
  const match = DURATION.exec(text.trim());
  if (match === null || match[0] === '') return undefined;
  const [days = 0, hours = 0, minutes = 0, whole = 0, millis = 0] = match.slice(1).map((part) => Number(part ?? 0));
  return (((days * 24 + hours) * 60 + minutes) * 60 + whole) * 1000 + millis;
}

const DURATION =
  /^(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m(?!s))?(?:(\d{1,9}(?:\.\d{1,9})?)s)?(?:(\d{1,9}(?:\.\d{1,9})?)ms)?$/;
