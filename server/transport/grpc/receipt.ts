/** What a caller is told of its call: the receipt of a reply, and the CallFailure of an error. */
import type { AttemptRecord, Call, CallRecord } from '../../model/call.ts';
import {
  type Attempt,
  CacheResult,
  type CacheStatus,
  type CallFailure,
  type Duration,
  ErrorReason,
  type Receipt,
  ReceiptLevel,
} from '../../model/wire.ts';
import { chargeAttempts } from './charge.ts';

/** No cache is served yet: none was asked. */
export const CACHE_BYPASS: CacheStatus = { result: CacheResult.BYPASS, age: undefined };

/** The receipt that the call asked for; undefined: none. `nowMs` is monotonic. */
export function makeReceipt(call: Call, configVersion: string, nowMs: number): Receipt | undefined {
  const level = call.options.receipt;
  if (level !== ReceiptLevel.SUMMARY && level !== ReceiptLevel.FULL) return undefined;
  return {
    attempts: call.record.attempts.map((attempt) => encodeAttempt(attempt, nowMs)),
    timings: makeTimings(call, nowMs),
    configVersion,
    traceId: call.record.traceId,
    route: level === ReceiptLevel.FULL ? call.record.route.map((note) => ({ ...note })) : [],
    policies: [],
    guardrails: [],
    limits: [],
  };
}

/** What was delivered and spent before a call failed; undefined: it was not admitted. */
export function makeFailure(
  call: Pick<Call, 'id' | 'record' | 'receivedAtWallMs'>,
  nowMs: number,
): CallFailure | undefined {
  const { id, record } = call;
  if (record.client === '') return undefined;
  return {
    callId: id,
    outputDelivered: record.outputDelivered,
    lastSequence: record.lastSequence,
    usage: record.usage && { ...record.usage, rawJson: '' }, // The raw text could fill the details by itself.
    cost: record.usage && chargeAttempts(call),
    attempts: record.attempts.map((attempt) => encodeAttempt(attempt, nowMs)),
  };
}

/** Milliseconds as a Duration. */
export function toDuration(ms: number): Duration {
  const nanos = Math.max(0, Math.round(ms * 1e6));
  return { seconds: Math.floor(nanos / 1e9), nanos: nanos % 1e9 };
}

function encodeAttempt(attempt: AttemptRecord, nowMs: number): Attempt {
  return {
    deployment: attempt.deployment,
    reason: attempt.error === undefined ? ErrorReason.UNSPECIFIED : ErrorReason[attempt.error.reason],
    upstreamStatus: attempt.upstreamStatus,
    upstreamCode: attempt.error?.details.upstream?.code ?? '',
    duration: toDuration((attempt.endedAtMs ?? nowMs) - attempt.startedAtMs),
    usage: attempt.usage && { ...attempt.usage, rawJson: '' },
  };
}

function makeTimings(call: Call, nowMs: number): Receipt['timings'] {
  const { record, receivedAtMs } = call;
  const since = (ms: number | undefined) => (ms === undefined ? undefined : toDuration(ms - receivedAtMs));
  return {
    total: toDuration(nowMs - receivedAtMs),
    queue: undefined,
    admit: since(record.admittedAtMs),
    connect: undefined,
    firstToken: since(record.firstOutputAtMs),
    gateway: toDuration(nowMs - receivedAtMs - upstreamMs(record, nowMs)),
  };
}

/** Time with at least one request to a provider under way. */
function upstreamMs(record: CallRecord, nowMs: number): number {
  let busy = 0;
  let until = Number.NEGATIVE_INFINITY;
  for (const { startedAtMs, endedAtMs = nowMs } of record.attempts.toSorted((a, b) => a.startedAtMs - b.startedAtMs)) {
    busy += Math.max(0, endedAtMs - Math.max(startedAtMs, until));
    until = Math.max(until, endedAtMs);
  }
  return busy;
}
