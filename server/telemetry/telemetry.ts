/** Log, metrics and traces of one process. */
import type { Call, SettleListener } from '../model/call.ts';
import type { Clock } from '../model/clock.ts';
import type { Secret } from '../model/secret.ts';
import type { Exposition } from './exposition.ts';
import { createLog, type Log, logCall } from './log.ts';
import { openLogOutlet } from './log-outlet.ts';
import { openLogSink } from './log-sink.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { countOpenFiles, readOpenFileLimit } from './open-files.ts';
import { createRedact } from './redact.ts';
import type { TracingSdk } from './sdk.ts';
import type { SpanStarter } from './spans.ts';

/** The part of the configuration that is read once, at start. */
export interface TelemetrySettings {
  /** Endpoint of an OTLP/HTTP collector; undefined: nothing is traced. */
  readonly otlpUrl: string | undefined;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
}

/** What telemetry needs. */
export interface TelemetryDeps {
  readonly clock: Clock;
  /** Version of the gateway, for traces and metrics. */
  readonly version: string;
  /** Secrets in use, to be kept out of the log. */
  readonly secrets: () => Iterable<Secret>;
  /** Descriptor of the log; absent: standard output. */
  readonly logFd?: number;
}

/** The running telemetry. Nothing in it makes a call wait or fail. */
export interface Telemetry {
  readonly log: Log;
  readonly metrics: Metrics;
  /** Starts spans; undefined where no collector is configured, and until tracing has started. */
  readonly spans: () => SpanStarter | undefined;
  /** Notes that a call has come in, and gives the listener that writes its line and its metrics when it settles. */
  readonly settleListener: (call: Call) => SettleListener;
  /** Metrics in Prometheus' text format. */
  readonly renderMetrics: Exposition;
  /** Loads and starts the tracing SDK, if a collector is configured. To be called when the gateway listens already. */
  readonly startTracing: () => Promise<void>;
  /** Sends and writes what is left, but takes no longer than this; then ends. */
  readonly shutdown: (timeoutMs: number) => Promise<void>;
}

/** Makes the telemetry of a process. */
export function createTelemetry(settings: TelemetrySettings, deps: TelemetryDeps): Telemetry {
  const { clock, version } = deps;
  const metrics = createMetrics();
  const sink = openLogSink({
    outlet: openLogOutlet(deps.logFd ?? 1),
    clock,
    onDropped: (lines) => metrics.countDropped('log', lines),
  });
  const log = createLog({ level: settings.logLevel, sink, redact: createRedact(deps.secrets) });
  let sdk: TracingSdk | undefined;
  let exposition: Promise<Exposition> | undefined;
  return {
    log,
    metrics,
    spans: () => sdk?.spans,
    settleListener(call) {
      metrics.callBegan(call.rpc);
      return (outcome) => {
        metrics.callEnded(call, outcome);
        logCall(log, call, outcome);
      };
    },
    async renderMetrics() {
      exposition ??= loadExposition(metrics, version);
      return (await exposition)();
    },
    async startTracing() {
      if (settings.otlpUrl === undefined) return;
      const { startTracingSdk } = await import('./sdk.ts');
      const onDropped = (spans: number) => metrics.countDropped('span', spans);
      sdk = startTracingSdk({ otlpUrl: settings.otlpUrl, version, onDropped });
    },
    async shutdown(timeoutMs) {
      await Promise.all([withinMs(sdk?.shutdown() ?? Promise.resolve(), timeoutMs, clock), sink.flush(timeoutMs)]);
      sink.close();
    },
  };
}

async function loadExposition({ families }: Metrics, version: string): Promise<Exposition> {
  const { createExposition } = await import('./exposition.ts');
  const maxFiles = readOpenFileLimit();
  if (maxFiles !== undefined) families.maxFiles.with({}).value = maxFiles;
  return createExposition(Object.values(families), version, () => {
    const { user, system } = process.cpuUsage();
    families.residentMemory.with({}).value = process.memoryUsage.rss();
    families.cpuSeconds.with({}).value = (user + system) / 1e6;
    const openFiles = countOpenFiles(maxFiles);
    if (openFiles !== undefined) families.openFiles.with({}).value = openFiles;
  });
}

/** Waits for the work, or for the time to pass. What it fails with is of no use to anybody at the end of the process. */
function withinMs(work: Promise<unknown>, timeoutMs: number, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.setTimer(resolve, timeoutMs);
    const done = () => {
      cancel();
      resolve();
    };
    work.then(done, done);
  });
}
