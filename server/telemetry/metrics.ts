/**
 * Every metric, by name. Labels hold names of the configuration and words of the contract, never anything that a caller or a
 * provider wrote. Prometheus sees dots as underscores and counters with _total.
 */
import type { AttemptRecord, Call, Outcome, Rpc } from '../model/call.ts';
import { PricingStatus } from '../model/wire.ts';
import { type HistogramSeries, histogramFamily, type NumberSeries, numberFamily, observe } from './series.ts';
import { OPERATIONS } from './spans.ts';

// Bounds of the GenAI conventions: https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/
const SECONDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const TOKENS = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864];

const seconds = (name: string, description: string) => histogramFamily(SECONDS, { name, description, unit: 's' });
const counter = (name: string, description: string) => numberFamily('counter', { name, description, unit: '' });
const gauge = (name: string, description: string, unit = '') => numberFamily('gauge', { name, description, unit });

/** Makes the families, each once, with nothing counted yet. */
export function createFamilies() {
  return {
    calls: counter('kanmon.calls', 'Calls that have ended, by rpc, model, client, status code and reason'),
    callSeconds: seconds(
      'kanmon.call.duration.seconds',
      'From the arrival of a call to its end, by rpc, model and code',
    ),
    firstOutputSeconds: seconds(
      'kanmon.call.first_output.seconds',
      'From the arrival of a call to its first output, by rpc and model',
    ),
    tokens: counter(
      'kanmon.tokens',
      'Tokens, by model, client and type; parts (cache_read, reasoning) are in their totals',
    ),
    costUsd: counter('kanmon.cost.usd', 'Cost in US dollars of calls whose price is known, by model and client'),
    unpriced: counter(
      'kanmon.calls.unpriced',
      'Calls that consumed something whose price is not known, by model and client',
    ),
    joined: counter('kanmon.calls.joined', 'Calls served by another one in flight with the same request id, by rpc'),
    inFlight: gauge('kanmon.calls.in_flight', 'Calls that have come in and not ended, by rpc'),
    attempts: counter('kanmon.attempts', 'Requests to providers, by provider, deployment and reason of failure'),
    operationSeconds: seconds('gen_ai.client.operation.duration', 'GenAI operation duration'),
    firstChunkSeconds: seconds(
      'gen_ai.client.operation.time_to_first_chunk',
      'Time to receive the first chunk of a stream',
    ),
    tokenUsage: histogramFamily(TOKENS, {
      name: 'gen_ai.client.token.usage',
      description: 'Number of input and output tokens used',
      unit: '{token}',
    }),
    withoutPrice: gauge(
      'kanmon.models.without_price',
      '1: the price of a deployment is not known, by model and deployment',
    ),
    configGeneration: gauge('kanmon.config.generation', 'Which configuration is in use, counted from 1 at start'),
    configFailures: counter('kanmon.config.reload_failures', 'Configurations that were refused: the old one stayed'),
    certificateExpiry: gauge(
      'kanmon.certificate.not_after.timestamp_seconds',
      'When a certificate in use ends, in seconds since 1970, by certificate',
    ),
    edge: counter('kanmon.edge.refused', 'What was refused before it was a call, by stage and cause'),
    dropped: counter('kanmon.telemetry.dropped', 'Log lines and spans that were lost, by kind'),
    residentMemory: gauge('process.resident_memory.bytes', 'Memory of the process', 'By'),
    openFiles: gauge('process.open_fds', 'Open file descriptors'),
    maxFiles: gauge('process.max_fds', 'The most file descriptors that may be open'),
    cpuSeconds: counter('process.cpu.seconds', 'Processor time of the process'),
  };
}

/** All families. */
export type Families = ReturnType<typeof createFamilies>;

/** Notes what happens. */
export interface Metrics {
  readonly families: Families;
  /** Notes that a call has come in. */
  readonly callBegan: (rpc: Rpc) => void;
  /** Notes that it has ended: everything that the record knows. */
  readonly callEnded: (call: Call, outcome: Outcome) => void;
  /** Notes the configuration in use. */
  readonly setConfigGeneration: (generation: number) => void;
  readonly countConfigFailure: () => void;
  /** Notes which deployments have no price; those of the time before have one now, or are gone. */
  readonly setWithoutPrice: (deployments: readonly { readonly model: string; readonly deployment: string }[]) => void;
  /** Notes until when a certificate is good, in milliseconds since 1970. */
  readonly setCertificateExpiry: (certificate: string, notAfterWallMs: number) => void;
  /** Notes a refusal at the edge: a TLS handshake, a connection or a request that became no call. */
  readonly countRefused: (stage: 'tls' | 'connection' | 'request', cause: string) => void;
  readonly countDropped: (kind: 'log' | 'span', count: number) => void;
}

/** Makes the metrics of one process. */
export function createMetrics(): Metrics {
  const families = createFamilies();
  const inFlight = new Map<Rpc, NumberSeries>();
  const calls = createCallCounts(families);
  const attempts = createAttemptCounts(families);

  function inFlightOf(rpc: Rpc): NumberSeries {
    const series = inFlight.get(rpc) ?? families.inFlight.with({ rpc });
    inFlight.set(rpc, series);
    return series;
  }

  return {
    families,
    callBegan(rpc) {
      inFlightOf(rpc).value += 1;
    },
    callEnded(call, outcome) {
      inFlightOf(call.rpc).value -= 1;
      calls(call, outcome);
      for (const attempt of call.record.attempts) attempts(call, attempt, outcome.endedAtMs);
    },
    setConfigGeneration(generation) {
      families.configGeneration.with({}).value = generation;
    },
    countConfigFailure() {
      families.configFailures.with({}).value += 1;
    },
    setWithoutPrice(deployments) {
      for (const series of families.withoutPrice.series()) series.value = 0;
      for (const { model, deployment } of deployments) families.withoutPrice.with({ model, deployment }).value = 1;
    },
    setCertificateExpiry(certificate, notAfterWallMs) {
      families.certificateExpiry.with({ certificate }).value = notAfterWallMs / 1000;
    },
    countRefused(stage, cause) {
      families.edge.with({ stage, cause }).value += 1;
    },
    countDropped(kind, count) {
      families.dropped.with({ kind }).value += count;
    },
  };
}

const NANOS = 1e9;
const MAX_KEPT = 10_000; // Combinations of labels; beyond, they are looked up anew.

function kept<S>(known: Map<string, S>, key: string, make: () => S): S {
  const series = known.get(key);
  if (series !== undefined) return series;
  if (known.size >= MAX_KEPT) known.clear();
  const made = make();
  known.set(key, made);
  return made;
}

/** The series of calls with the same labels. */
interface CallSeries {
  readonly ended: NumberSeries;
  readonly seconds: HistogramSeries;
  readonly firstOutput: HistogramSeries;
  readonly joined: NumberSeries;
  readonly input: NumberSeries;
  readonly output: NumberSeries;
  readonly cacheRead: NumberSeries;
  readonly reasoning: NumberSeries;
  readonly costUsd: NumberSeries;
  readonly unpriced: NumberSeries;
}

function createCallCounts(families: Families): (call: Call, outcome: Outcome) => void {
  const known = new Map<string, CallSeries>();
  return (call, { error, endedAtMs }) => {
    const { record, rpc } = call;
    const reason = error?.reason ?? '';
    const key = `${rpc}\n${record.model}\n${record.client}\n${reason}`;
    const series = kept(known, key, () => callSeries(families, call, error?.row.code ?? 'OK', reason));
    series.ended.value += 1;
    observe(series.seconds, SECONDS, (endedAtMs - call.receivedAtMs) / 1000);
    if (record.firstOutputAtMs !== undefined) {
      observe(series.firstOutput, SECONDS, (record.firstOutputAtMs - call.receivedAtMs) / 1000);
    }
    if (record.joined) series.joined.value += 1;
    else {
      countTokens(series, record.usage);
      countCost(series, record.cost);
    }
  };
}

function callSeries(families: Families, { rpc, record }: Call, code: string, reason: string): CallSeries {
  const { model, client } = record;
  const tokens = (type: string) => families.tokens.with({ model, client, type });
  return {
    ended: families.calls.with({ rpc, model, client, code, reason }),
    seconds: families.callSeconds.with({ rpc, model, code }),
    firstOutput: families.firstOutputSeconds.with({ rpc, model }),
    joined: families.joined.with({ rpc }),
    input: tokens('input'),
    output: tokens('output'),
    cacheRead: tokens('cache_read'),
    reasoning: tokens('reasoning'),
    costUsd: families.costUsd.with({ model, client }),
    unpriced: families.unpriced.with({ model, client }),
  };
}

/** What was spent is counted whether the call ended well or not. */
function countTokens(series: CallSeries, usage: Call['record']['usage']): void {
  if (usage === undefined) return;
  series.input.value += usage.inputTokens ?? 0;
  series.output.value += usage.outputTokens ?? 0;
  series.cacheRead.value += usage.cacheReadTokens ?? 0;
  series.reasoning.value += usage.reasoningTokens ?? 0;
}

/** Sums in nanos, which are exact up to nine million dollars a series, and tells dollars. */
function countCost({ costUsd, unpriced }: CallSeries, cost: Call['record']['cost']): void {
  if (cost?.pricingStatus === PricingStatus.UNKNOWN) unpriced.value += 1;
  else if (cost !== undefined) costUsd.value = (Math.round(costUsd.value * NANOS) + cost.usdNanos) / NANOS;
}

/** The series of attempts with the same labels. */
interface AttemptSeries {
  readonly ended: NumberSeries;
  readonly seconds: HistogramSeries;
  readonly firstChunk: HistogramSeries;
  readonly input: HistogramSeries;
  readonly output: HistogramSeries;
}

type AttemptCounter = (call: Call, attempt: AttemptRecord, nowMs: number) => void;

function createAttemptCounts(families: Families): AttemptCounter {
  const known = new Map<string, AttemptSeries>();
  return ({ rpc, record }, attempt, nowMs) => {
    const reason = attempt.error?.reason ?? '';
    const key = `${OPERATIONS[rpc]}\n${attempt.deployment}\n${reason}`;
    const series = kept(known, key, () => attemptSeries(families, OPERATIONS[rpc], attempt));
    series.ended.value += 1;
    observe(series.seconds, SECONDS, ((attempt.endedAtMs ?? nowMs) - attempt.startedAtMs) / 1000);
    if (rpc === 'stream' && reason === '' && record.firstOutputAtMs !== undefined) {
      observe(series.firstChunk, SECONDS, (record.firstOutputAtMs - attempt.startedAtMs) / 1000);
    }
    const { inputTokens, outputTokens } = attempt.usage ?? {};
    if (inputTokens !== undefined) observe(series.input, TOKENS, inputTokens);
    if (outputTokens !== undefined) observe(series.output, TOKENS, outputTokens);
  };
}

function attemptSeries(families: Families, operation: string, attempt: AttemptRecord): AttemptSeries {
  const { deployment, provider } = attempt;
  const reason = attempt.error?.reason ?? '';
  const names = {
    'gen_ai.operation.name': operation,
    'gen_ai.provider.name': provider,
    'gen_ai.request.model': deployment.slice(provider.length + 1),
  };
  return {
    ended: families.attempts.with({ provider, deployment, reason }),
    seconds: families.operationSeconds.with({ ...names, 'error.type': reason }),
    firstChunk: families.firstChunkSeconds.with(names),
    input: families.tokenUsage.with({ ...names, 'gen_ai.token.type': 'input' }),
    output: families.tokenUsage.with({ ...names, 'gen_ai.token.type': 'output' }),
  };
}
