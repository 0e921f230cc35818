/** The calls that are open, and how each of them ends. */
import type { CallContext, ServerError } from 'nice-grpc';
import type { Entered } from '../../config/snapshot.ts';
import type { Call, Rpc, RpcTypes } from '../../model/call.ts';
import type { Clock } from '../../model/clock.ts';
import { GatewayError } from '../../model/errors.ts';
import type { CallInfo, CallOutlet } from './call-info.ts';
import { chargeAttempts } from './charge.ts';
import type { Received } from './codec.ts';
import { checkCall, type EnterDeps, type OpenCall, openCall } from './enter.ts';
import { makeFailure } from './receipt.ts';
import { toRefusalStatus } from './refusal.ts';
import { type EncodedStatus, encodeStatus, toServerError } from './status.ts';

/** What opening calls needs. */
export interface OpenCallsDeps extends EnterDeps {
  readonly callInfo: (context: CallContext) => CallInfo;
  /** Registers what is told about a call: its log line and metrics. */
  readonly observe: (call: Call & Entered) => void;
}

/** A call between its arrival and its end. */
export interface RunningCall<R extends Rpc = Rpc> {
  readonly call: Call<R> & Entered;
  /** @throws GatewayError what checkCall throws. */
  readonly check: () => void;
  /**
   * Ends a call whose caller does not read. If it reads again within the same time, it finds what had left, and then the
   * status; after that its stream is reset.
   * @param lastSequence Number of the last event in so many messages; undefined: there is none.
   */
  readonly cutOff: (error: GatewayError, lastSequence: (messages: number) => number | undefined) => void;
  /** What went wrong: the thrown thing, or why the call was ended. */
  readonly errorOf: (thrown: unknown) => GatewayError;
  /** The error as nice-grpc sends it, details and pushback in the trailers. */
  readonly encodeError: (error: GatewayError) => ServerError;
  /** Settles it. */
  readonly end: (error: GatewayError | undefined) => void;
}

/** All open calls of the process. */
export interface OpenCalls {
  readonly size: number;
  begin<R extends Rpc>(rpc: R, received: Received<RpcTypes[R]['request']>, context: CallContext): RunningCall<R>;
  /** Ends them all, for the drain. */
  abortAll(error: GatewayError): void;
}

/** Makes the register of open calls. */
export function createOpenCalls(deps: OpenCallsDeps): OpenCalls {
  const open = new Set<OpenCall>();
  return {
    get size() {
      return open.size;
    },
    begin(rpc, received, context) {
      const info = deps.callInfo(context);
      const { peer, deadlineAtMs } = info;
      const arrival = { rpc, received, peer, deadlineAtMs, metadata: textMetadata(context) };
      const opened = openCall(arrival, deps);
      const stopWatching = watchEnd(opened, context, deps);
      open.add(opened);
      deps.observe(opened.call);
      const errors = describeErrors(opened, context, deps);
      return {
        ...errors,
        call: opened.call,
        check: () => checkCall(arrival, opened),
        cutOff(error, lastSequence) {
          opened.abort(error);
          cutOff(opened, { outlet: info.outlet, error: errors.errorOf(error), lastSequence }, deps);
        },
        end(error) {
          stopWatching();
          open.delete(opened);
          chargeAttempts(opened.call);
          opened.settle({ error, endedAtMs: deps.clock.nowMs() });
        },
      };
    },
    abortAll(error) {
      for (const opened of open) opened.abort(error);
    },
  };
}

function describeErrors({ call }: OpenCall, context: CallContext, { clock }: OpenCallsDeps) {
  return {
    errorOf: (thrown: unknown) => GatewayError.ofCall(call.signal, thrown),
    encodeError: (error: GatewayError): ServerError => toServerError(statusOf(call, error, clock), context.trailer),
  };
}

function statusOf(call: Call, error: GatewayError, { nowMs }: Clock): EncodedStatus {
  const failure = makeFailure(call, nowMs());
  return encodeStatus(error, { callId: call.id, failure, attempts: call.record.attempts.length });
}

interface CutOff {
  readonly outlet: CallOutlet | undefined;
  readonly error: GatewayError;
  readonly lastSequence: (messages: number) => number | undefined;
}

function cutOff({ call }: OpenCall, { outlet, error, lastSequence }: CutOff, { clock }: OpenCallsDeps): void {
  if (outlet === undefined) return;
  call.record.lastSequence = lastSequence(outlet.sentMessages);
  outlet.cutOff(toRefusalStatus(statusOf(call, error, clock)));
  clock.setTimer(() => outlet.reset(), call.snapshot.times.slowReaderMs);
}

/** Ends the call when its caller does, or at its deadline, which gRPC's layer does not keep (grpc-timeout.ts). */
function watchEnd(opened: OpenCall, context: CallContext, deps: OpenCallsDeps): () => void {
  const { clock } = deps;
  const onEnd = () => opened.abort(endOfCall(opened.call, clock.nowMs()));
  if (context.signal.aborted) onEnd();
  context.signal.addEventListener('abort', onEnd, { once: true });
  const stopTimer = clock.setTimer(onEnd, opened.call.deadlineAtMs - clock.nowMs());
  return () => {
    context.signal.removeEventListener('abort', onEnd);
    stopTimer();
  };
}

const EARLY_MS = 5; // The caller's own timer can be that much ahead of ours.

/** A caller whose deadline passes resets its stream, as one that cancels does; the time tells which it was. */
function endOfCall(call: Call, nowMs: number): GatewayError {
  if (nowMs < call.deadlineAtMs - EARLY_MS) return new GatewayError('CANCELLED', 'the caller cancelled');
  return new GatewayError('DEADLINE_EXCEEDED', 'the deadline passed before the answer was whole');
}

function textMetadata(context: CallContext): ReadonlyMap<string, string> {
  const map = new Map<string, string>();
  for (const [key, values] of context.metadata) {
    const [first] = values;
    if (typeof first === 'string') map.set(key, first);
  }
  return map;
}
