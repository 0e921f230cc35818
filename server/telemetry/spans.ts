/**
 * The spans of a call: one for the call, one for each request to a provider. Every name and attribute is here. Names are
 * OpenTelemetry's semantic conventions, RPC and GenAI, as of @opentelemetry/semantic-conventions 1.45; ours begin with
 * kanmon. No content of messages is ever an attribute.
 */
import type { Attributes, AttributeValue } from '@opentelemetry/api';
import type { AttemptRecord, Call, Outcome, Rpc } from '../model/call.ts';
import type { Deployment } from '../model/target.ts';
import type { FinishKind, Generation } from '../model/wire.ts';
import { formatTraceParent, type TraceParent } from './traceparent.ts';

/** A span under way, as the SDK makes it (sdk.ts). */
export interface StartedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Ends it; `error` marks it as failed. Wall-clock time in milliseconds. */
  readonly end: (atWallMs: number, attributes: Attributes, error: string | undefined) => void;
}

/** Starts spans that are recorded; who is not to be recorded is not started. */
export interface SpanStarter {
  readonly start: (span: {
    readonly name: string;
    readonly kind: 'server' | 'client';
    readonly atWallMs: number;
    readonly parent: TraceParent | undefined;
    readonly attributes: Attributes;
  }) => StartedSpan;
}

/** The span of a call. */
export interface CallSpan {
  readonly traceId: string;
  /** Headers for whoever the call goes on to. */
  readonly headers: Readonly<Record<string, string>>;
  readonly startAttempt: (attempt: AttemptRecord, deployment: Deployment) => AttemptSpan;
  readonly end: (outcome: Outcome) => void;
}

/** The span of one request to a provider. */
export interface AttemptSpan {
  readonly headers: Readonly<Record<string, string>>;
  /** Ends it with what the record says by now. */
  readonly end: () => void;
}

/** Full names of the RPCs. */
export const RPC_METHODS: Readonly<Record<Rpc, string>> = {
  complete: 'kanmon.v1.GatewayService/Complete',
  stream: 'kanmon.v1.GatewayService/Stream',
  embed: 'kanmon.v1.GatewayService/Embed',
  countTokens: 'kanmon.v1.GatewayService/CountTokens',
  listModels: 'kanmon.v1.GatewayService/ListModels',
};

/** gen_ai.operation.name of each RPC; ListModels asks no provider. */
export const OPERATIONS: Readonly<Record<Rpc, string>> = {
  complete: 'chat',
  stream: 'chat',
  embed: 'embeddings',
  countTokens: 'count_tokens', // No name of the conventions yet; theirs allow a system's own.
  listModels: 'list_models',
};

/** Starts the span of a call. */
export function startCallSpan(spans: SpanStarter, call: Call, parent: TraceParent | undefined): CallSpan {
  const span = spans.start({
    name: RPC_METHODS[call.rpc],
    kind: 'server',
    atWallMs: call.receivedAtWallMs,
    parent,
    attributes: {
      'rpc.system.name': 'grpc',
      'rpc.method': RPC_METHODS[call.rpc],
      'client.address': hostOf(call.peer.address),
      'kanmon.call_id': call.id,
      ...present('kanmon.request_id', call.options.requestId),
    },
  });
  const here: TraceParent = { traceId: span.traceId, spanId: span.spanId, sampled: true };
  return {
    traceId: span.traceId,
    headers: { traceparent: formatTraceParent(here) },
    startAttempt: (attempt, deployment) => startAttemptSpan(spans, { call, attempt, deployment, parent: here }),
    end: ({ error, endedAtMs }) =>
      span.end(toWallMs(call, endedAtMs), callAttributes(call, error?.row.code ?? 'OK'), error?.reason),
  };
}

function callAttributes({ record }: Call, code: string): Attributes {
  return {
    'rpc.response.status_code': code,
    'kanmon.attempts': record.attempts.length,
    'kanmon.joined': record.joined,
    ...present('kanmon.client', record.client),
    ...present('kanmon.team', record.team),
    ...present('kanmon.model', record.model),
  };
}

interface AttemptContext {
  readonly call: Call;
  readonly attempt: AttemptRecord;
  readonly deployment: Deployment;
  readonly parent: TraceParent;
}

function startAttemptSpan(spans: SpanStarter, { call, attempt, deployment, parent }: AttemptContext): AttemptSpan {
  const operation = OPERATIONS[call.rpc];
  const span = spans.start({
    name: `${operation} ${deployment.upstreamModel}`,
    kind: 'client',
    atWallMs: toWallMs(call, attempt.startedAtMs),
    parent,
    attributes: {
      'gen_ai.operation.name': operation,
      'gen_ai.provider.name': deployment.provider.name,
      'gen_ai.request.model': deployment.upstreamModel,
      'kanmon.deployment': deployment.id,
      'kanmon.host': deployment.provider.hostId,
      ...serverOf(deployment.provider.baseUrl),
      ...requestAttributes(call),
    },
  });
  return {
    headers: { traceparent: formatTraceParent({ traceId: span.traceId, spanId: span.spanId, sampled: true }) },
    end: () =>
      span.end(
        toWallMs(call, attempt.endedAtMs ?? attempt.startedAtMs),
        resultAttributes(call, attempt),
        attempt.error?.reason,
      ),
  };
}

function requestAttributes({ rpc, request }: Call): Attributes {
  if ('inputs' in request) return present('gen_ai.embeddings.dimension.count', request.dimensions);
  const generation = 'generation' in request ? request.generation : undefined;
  if (generation === undefined) return {};
  return { ...present('gen_ai.request.stream', rpc === 'stream' || undefined), ...samplingAttributes(generation) };
}

function samplingAttributes(generation: Generation): Attributes {
  return {
    ...present('gen_ai.request.max_tokens', generation.maxOutputTokens),
    ...present('gen_ai.request.temperature', generation.temperature),
    ...present('gen_ai.request.top_p', generation.topP),
    ...present('gen_ai.request.top_k', generation.topK),
    ...present('gen_ai.request.frequency_penalty', generation.frequencyPenalty),
    ...present('gen_ai.request.presence_penalty', generation.presencePenalty),
    ...present('gen_ai.request.seed', generation.seed),
  };
}

function resultAttributes(
  { record, rpc }: Call,
  { usage, upstreamStatus, error, startedAtMs }: AttemptRecord,
): Attributes {
  const firstMs = record.firstOutputAtMs;
  return {
    ...present('http.response.status_code', upstreamStatus || undefined),
    ...present('gen_ai.usage.input_tokens', usage?.inputTokens),
    ...present('gen_ai.usage.output_tokens', usage?.outputTokens),
    ...present('gen_ai.usage.cache_read.input_tokens', usage?.cacheReadTokens),
    ...present('gen_ai.usage.reasoning.output_tokens', usage?.reasoningTokens),
    ...(error === undefined && present('gen_ai.response.model', record.upstreamModel)),
    ...(error === undefined && present('gen_ai.response.finish_reasons', finishReasons(record.finishReason?.kind))),
    ...(rpc === 'stream' &&
      present(
        'gen_ai.response.time_to_first_chunk',
        firstMs === undefined ? undefined : (firstMs - startedAtMs) / 1000,
      )),
  };
}

function finishReasons(kind: FinishKind | undefined): string[] | undefined {
  return kind === undefined ? undefined : [kind.replace('FINISH_KIND_', '').toLowerCase()];
}

function present(key: string, value: AttributeValue | undefined): Attributes {
  return value === undefined || value === '' ? {} : { [key]: value };
}

/** Spans have wall-clock times, calls have monotonic ones: both began when the call came in. */
function toWallMs({ receivedAtWallMs, receivedAtMs }: Call, atMs: number): number {
  return receivedAtWallMs + (atMs - receivedAtMs);
}

function hostOf(address: string): string {
  return address.replace(/:\d+$/, '');
}

function serverOf(baseUrl: string): Attributes {
  if (!URL.canParse(baseUrl)) return {};
  const { hostname, port, protocol } = new URL(baseUrl);
  return { 'server.address': hostname, 'server.port': Number(port) || (protocol === 'http:' ? 80 : 443) };
}
