/** The log: one JSON line for each call when it settles, and what else the process has to say. No content, no secrets. */
import { createHash } from 'node:crypto';
import { type LevelWithSilent, type Logger, pino } from 'pino';
import type { Call, Outcome } from '../model/call.ts';
import { GatewayError } from '../model/errors.ts';
import { PricingStatus } from '../model/wire.ts';
import type { LogSink } from './log-sink.ts';
import type { Redact } from './redact.ts';

/** The log of the process. A field `err` may be any error: it is told without content. */
export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;

/** What a log needs. */
export interface LogOptions {
  readonly level: LevelWithSilent;
  readonly sink: Pick<LogSink, 'write'>;
  readonly redact: Redact;
}

/** Opens the log. */
export function createLog({ level, sink, redact }: LogOptions): Log {
  return pino(
    {
      level,
      base: null, // The platform adds host and process.
      timestamp: createTimestamp(),
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: (thrown: unknown) => describeError(thrown, redact) },
    },
    { write: sink.write },
  );
}

/** The time as pino takes it. The part down to the second is kept: formatting a date costs as much as the rest of a line. */
function createTimestamp(): () => string {
  let second = Number.NaN;
  let prefix = '';
  return () => {
    const nowMs = Date.now();
    const nowSecond = Math.floor(nowMs / 1000);
    if (nowSecond !== second) {
      second = nowSecond;
      prefix = `,"time":"${new Date(nowMs).toISOString().slice(0, -'000Z'.length)}`;
    }
    return `${prefix}${String(nowMs % 1000).padStart(3, '0')}Z"`;
  };
}

/** Writes the line of a call that has ended. */
export function logCall(log: Log, call: Call, outcome: Outcome): void {
  const { error } = outcome;
  const line = callLine(call, outcome);
  if (error?.reason === 'INTERNAL') log.error({ ...line, err: error.cause ?? error }, 'call');
  else log.info(line, 'call');
}

/** The fields of a call's line. Fields that are undefined are not written. */
export function callLine(call: Call, { error, endedAtMs }: Outcome) {
  const { record, options, receivedAtMs } = call;
  const since = (ms: number | undefined) => (ms === undefined ? undefined : roundMs(ms - receivedAtMs));
  const { usage } = record;
  return {
    callId: call.id,
    requestId: REQUEST_ID.test(options.requestId) ? options.requestId : undefined,
    client: record.client || undefined,
    team: record.team || undefined,
    peer: call.peer.address,
    rpc: call.rpc,
    model: record.model || undefined,
    deployment: record.attempts.at(-1)?.deployment,
    upstreamModel: record.upstreamModel || undefined,
    status: error?.row.code ?? 'OK',
    reason: error?.reason,
    ...(error !== undefined && errorFields(error)),
    attempts: record.attempts.length,
    failures: failuresOf(call),
    joined: record.joined || undefined,
    finish: record.finishReason?.kind.replace('FINISH_KIND_', '').toLowerCase(),
    inputTokens: usage?.inputTokens,
    outputTokens: usage?.outputTokens,
    cacheReadTokens: usage?.cacheReadTokens,
    reasoningTokens: usage?.reasoningTokens,
    costUsdNanos: record.cost?.pricingStatus === PricingStatus.UNKNOWN ? undefined : record.cost?.usdNanos,
    admittedMs: since(record.admittedAtMs),
    firstOutputMs: since(record.firstOutputAtMs),
    totalMs: since(endedAtMs),
    tags: hasOwnKey(options.tags) ? fitTags(options.tags) : undefined,
    endUser: options.endUser === '' ? undefined : hashEndUser(record.team, options.endUser),
    traceId: record.traceId || undefined,
  };
}

/** Hash by which an end user's calls can be found: SHA-256 of team, line end and end user; its first 16 digits. */
export function hashEndUser(team: string, endUser: string): string {
  return createHash('sha256').update(`${team}\n${endUser}`).digest('hex').slice(0, 16);
}

const MAX_FIELDS = 8;
const MAX_FRAMES = 12;
const MAX_MESSAGE_CHARS = 300;

/** Messages stay out: a provider's may quote the prompt, ours may quote the request. */
function errorFields({ details }: GatewayError) {
  return {
    upstreamStatus: details.upstream?.status || undefined,
    fields: details.violations?.slice(0, MAX_FIELDS).map(({ field }) => field),
    retryAfterMs: details.retryAfterMs,
  };
}

function failuresOf({ record }: Call): readonly string[] | undefined {
  const failed = record.attempts.filter(({ error }) => error !== undefined);
  if (failed.length === 0) return undefined;
  return failed.map(({ deployment, error, upstreamStatus }) => `${deployment} ${error?.reason} ${upstreamStatus}`);
}

/**
 * An error for the log: its name, code, stack frames, and its message without whatever stands in quotes (JSON.parse quotes
 * what it was given), with secrets taken out.
 */
export function describeError(thrown: unknown, redact: Redact): Record<string, unknown> {
  if (!(thrown instanceof Error)) return { type: typeof thrown };
  const { name, message, stack = '' } = thrown;
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
  return {
    name,
    reason: thrown instanceof GatewayError ? thrown.reason : undefined,
    code: 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined,
    message: redact(message.replace(/(["'`])(?:(?!\1).)+\1/gs, '$1…$1').slice(0, MAX_MESSAGE_CHARS)).toWellFormed(),
    frames: frames.slice(0, MAX_FRAMES).map((line) => line.trim()),
    cause: thrown.cause === undefined ? undefined : describeError(thrown.cause, redact),
  };
}

// The options of a call that was refused at the door may be anything, and of any size: only what the contract allows is told.
const REQUEST_ID = /^[\w.-]{1,64}$/;
const TAG_KEY = /^[a-z0-9._-]{1,64}$/;
const MAX_TAGS = 32;
const MAX_TAG_CHARS = 256;

function fitTags(tags: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(tags);
  if (entries.length > MAX_TAGS) return {};
  return Object.fromEntries(entries.filter(([key, value]) => TAG_KEY.test(key) && value.length <= MAX_TAG_CHARS));
}

function hasOwnKey(tags: Readonly<Record<string, string>>): boolean {
  for (const key in tags) if (Object.hasOwn(tags, key)) return true;
  return false;
}

function roundMs(ms: number): number {
  return Math.round(ms * 10) / 10;
}
