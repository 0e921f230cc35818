/**
 * OpenTelemetry's NodeSDK for traces. Loaded only where a collector is configured, and after the gateway listens: it takes a
 * third of a second and 45 MB to load (Node 26, 2 cores).
 */
import {
  type Attributes,
  type ContextManager,
  createTraceState,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { NodeSDK } from '@opentelemetry/sdk-node';
import {
  AlwaysOnSampler,
  BatchSpanProcessor,
  type ReadableSpan,
  type SpanExporter,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';
import type { SpanStarter, StartedSpan } from './spans.ts';
import type { TraceParent } from './traceparent.ts';

/** What the SDK needs. */
export interface TracingSdkOptions {
  /** Base of an OTLP/HTTP endpoint, without /v1/traces. */
  readonly otlpUrl: string;
  readonly version: string;
  /** Told how many spans were lost, because the queue was full or the collector refused them. */
  readonly onDropped: (spans: number) => void;
}

/** The running SDK. */
export interface TracingSdk {
  readonly spans: SpanStarter;
  /** Sends what is queued, as far as that is possible; the caller bounds the time. */
  readonly shutdown: () => Promise<void>;
}

/** Spans are made by hand, with their parents: there is no context to follow through asynchronous code, and no cost of it. */
const NO_CONTEXT: ContextManager = {
  active: () => ROOT_CONTEXT,
  with: (_context, run, thisArg, ...args) => run.call(thisArg, ...args),
  bind: (_context, target) => target,
  enable: () => NO_CONTEXT,
  disable: () => NO_CONTEXT,
};

const MAX_QUEUED_SPANS = 8192; // About 8 MB, or half a minute of 100 sampled calls a second.
const BATCH_SPANS = 512;
const BATCH_DELAY_MS = 2000;
const EXPORT_TIMEOUT_MS = 10_000;

/** Starts the SDK. Spans wait in a bounded queue and leave in batches; nothing in a call waits for the collector. */
export function startTracingSdk({ otlpUrl, version, onDropped }: TracingSdkOptions): TracingSdk {
  const exporter = new OTLPTraceExporter({
    url: `${otlpUrl.replace(/\/$/, '')}/v1/traces`,
    timeoutMillis: EXPORT_TIMEOUT_MS,
  });
  const sdk = new NodeSDK({
    resource: resourceFromAttributes({ 'service.name': 'kanmon', 'service.version': version }),
    autoDetectResources: false,
    contextManager: NO_CONTEXT,
    textMapPropagator: null,
    instrumentations: [],
    metricReaders: [],
    logRecordProcessors: [],
    sampler: new AlwaysOnSampler(), // What shall not be sampled is not started.
    spanProcessors: [boundedProcessor(exporter, onDropped)],
  });
  sdk.start();
  return {
    spans: spanStarter(version),
    async shutdown() {
      trace.disable(); // The SDK registers itself for the whole process; whoever starts it again finds the place free.
      await sdk.shutdown();
    },
  };
}

/** The SDK's batches behind a queue whose losses are counted: the SDK drops silently. */
function boundedProcessor(exporter: SpanExporter, onDropped: (spans: number) => void): SpanProcessor {
  let queued = 0;
  const counting: SpanExporter = {
    export(spans, done) {
      queued -= spans.length;
      exporter.export(spans, (result) => {
        if (result.code !== 0) onDropped(spans.length);
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
  };
  const batches = new BatchSpanProcessor({
    exporter: counting,
    maxQueueSize: MAX_QUEUED_SPANS,
    maxExportBatchSize: BATCH_SPANS,
    scheduledDelayMillis: BATCH_DELAY_MS,
    exportTimeoutMillis: EXPORT_TIMEOUT_MS,
  });
  return {
    onStart: (span, context) => batches.onStart(span, context),
    onEnd(span: ReadableSpan) {
      if (queued >= MAX_QUEUED_SPANS) return onDropped(1);
      queued += 1;
      batches.onEnd(span);
    },
    forceFlush: () => batches.forceFlush(),
    shutdown: () => batches.shutdown(),
  };
}

function spanStarter(version: string): SpanStarter {
  const tracer = trace.getTracer('kanmon', version);
  return {
    start({ name, kind, atWallMs, parent, attributes }) {
      const context = parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, remoteContext(parent));
      const span = tracer.startSpan(
        name,
        { kind: kind === 'server' ? SpanKind.SERVER : SpanKind.CLIENT, startTime: atWallMs, attributes },
        context,
      );
      return startedSpan(span);
    },
  };
}

function remoteContext({ traceId, spanId, state }: TraceParent) {
  const traceState = state === undefined ? {} : { traceState: createTraceState(state) };
  return { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true, ...traceState };
}

function startedSpan(span: Span): StartedSpan {
  const { traceId, spanId } = span.spanContext();
  return {
    traceId,
    spanId,
    end(atWallMs: number, attributes: Attributes, error: string | undefined) {
      span.setAttributes(attributes);
      if (error !== undefined) span.setAttribute('error.type', error).setStatus({ code: SpanStatusCode.ERROR });
      span.end(atWallMs);
    },
  };
}
