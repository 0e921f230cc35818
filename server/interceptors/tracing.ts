/** Where a call stands in its trace: the context comes in with the caller's metadata and goes out with every attempt. */
import type { Entered } from '../config/snapshot.ts';
import type { Random } from '../model/clock.ts';
import { type SpanStarter, startCallSpan } from '../telemetry/spans.ts';
import { formatTraceParent, parseTraceParent, type TraceParent } from '../telemetry/traceparent.ts';
import { extend, type Interceptor, type Traced } from './chain.ts';

/** What tracing needs. */
export interface TracingDeps {
  /** Undefined: no traces are collected (yet). */
  readonly spans: () => SpanStarter | undefined;
  /** For the choice of calls that bring no trace. */
  readonly random: Random;
}

const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({});

/**
 * Adds the trace. A call is recorded if its caller's trace is, or, where it brings none, by the configured share. A call
 * that is not recorded costs a look at its metadata; its caller's context goes on all the same. Of that context only
 * traceparent goes on to providers: tracestate is free text, and nothing that a caller writes becomes a header there.
 */
export function tracing({ spans, random }: TracingDeps): Interceptor<Traced, Entered> {
  return (next) => (call) => {
    const parent = parseTraceParent(call.metadata.get('traceparent'), call.metadata.get('tracestate'));
    const starter = spans();
    const sampled = parent?.sampled ?? (starter !== undefined && random() < call.snapshot.telemetry.sampleRatio);
    if (starter === undefined || !sampled) {
      call.record.traceId = parent?.traceId ?? '';
      return next(extend(call, { traceHeaders: passOn(parent), traceAttempt: undefined }));
    }
    const span = startCallSpan(starter, call, parent);
    call.record.traceId = span.traceId;
    call.onSettle(span.end);
    return next(extend(call, { traceHeaders: span.headers, traceAttempt: span.startAttempt }));
  };
}

function passOn(parent: TraceParent | undefined): Readonly<Record<string, string>> {
  return parent === undefined ? NO_HEADERS : { traceparent: formatTraceParent(parent) };
}
