/** Puts a gateway together from its configuration and starts it. The only place where all parts meet. */
import { readFile } from 'node:fs/promises';
import type { Listener, Snapshot } from './config/snapshot.ts';
import { type ConfigSource, createConfigSource, type ReloadResult } from './config/watch.ts';
import { createGateway, type Gateway } from './gateway.ts';
import { createMtlsAuthenticator } from './interceptors/auth/mtls.ts';
import type { Peer } from './model/call.ts';
import { systemClock } from './model/clock.ts';
import { GatewayError } from './model/errors.ts';
import { protosetBytes } from './model/protoset.ts';
import { Secret } from './model/secret.ts';
import type { Deployment } from './model/target.ts';
import { HOSTS } from './providers/catalog.ts';
import { DIALECTS } from './providers/dialects.ts';
import { readOpenFileLimit } from './telemetry/open-files.ts';
import { createTelemetry, type Telemetry } from './telemetry/telemetry.ts';
import { estimateTokens, leastPromptTokens } from './tokens/estimate.ts';
import { createAdminGrpc } from './transport/admin/grpc.ts';
import { createAdminHttp } from './transport/admin/http.ts';
import { type DrainReport, drain } from './transport/drain.ts';
import { callInfo } from './transport/grpc/call-info.ts';
import { EXPLAIN_SERVICE, GATEWAY_SERVICE } from './transport/grpc/codec.ts';
import { createExplainService, createGatewayService } from './transport/grpc/handlers.ts';
import { createHealth } from './transport/grpc/health.ts';
import { createGrpcListener, type GrpcListenerDeps } from './transport/grpc/listen.ts';
import { createOpenCalls } from './transport/grpc/open-calls.ts';
import { createRequestBytes } from './transport/grpc/request-bytes.ts';
import { createSlowReaders } from './transport/grpc/slow-readers.ts';
import type { TlsEvent } from './transport/grpc/tls-watch.ts';
import { createHttpExchange } from './upstream/http.ts';
import { createInProcessExchange } from './upstream/in-process.ts';

/** What a gateway is started with. */
export interface StartOptions {
  readonly configPath: string;
  /** The environment that the configuration's references see. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  /** Descriptor of the log; absent: standard output. */
  readonly logFd?: number;
}

/** Ports that are listened on. */
export interface Ports {
  readonly grpc: number;
  readonly adminHttp: number | undefined;
  readonly adminGrpc: number | undefined;
}

/** A gateway that serves. */
export interface StartedGateway {
  readonly ports: Ports;
  readonly telemetry: Telemetry;
  /** Looks at the configuration now. */
  readonly reload: () => Promise<ReloadResult>;
  /** Ends as SIGTERM does: announces, lets calls finish, then closes everything. */
  readonly stop: () => Promise<DrainReport>;
  /** Ends by a fault that nobody caught, in less than a second: writes it down, and ends the calls as UNAVAILABLE. */
  readonly fail: (fault: unknown) => Promise<void>;
}

const SERVICES = ['kanmon.v1.GatewayService', 'kanmon.v1alpha1.ExplainService'];
const HEALTH_SERVICE = 'grpc.health.v1.Health';
const FLUSH_MS = 2000; // For spans and log lines at the end (faults.md section 5).
const FAULT_ANSWER_MS = 200; // For the statuses of calls, in a process of which nothing is known any more.
const FAULT_FLUSH_MS = 500;

/**
 * Starts a gateway; resolves when it serves.
 * @throws GatewayError CONFIG_INVALID, or the system's error for an address that cannot be listened on.
 */
export async function startGateway(options: StartOptions): Promise<StartedGateway> {
  const clock = systemClock;
  const loader = { env: options.env, readFile: (path: string) => readFile(path, 'utf8') };
  const source: ConfigSource = await createConfigSource(options.configPath, {
    ...loader,
    clock,
    onReload: (result) => noteReload(result, telemetry),
  });
  const telemetry = createTelemetry(source.current().telemetry, {
    clock,
    version: options.version,
    secrets: () => secretsOf(source.current()),
    ...(options.logFd === undefined ? {} : { logFd: options.logFd }),
  });
  telemetry.metrics.setConfigGeneration(1);
  notePrices(source.current(), telemetry);
  source.onChange((snapshot) => notePrices(snapshot, telemetry));
  const network = createHttpExchange();
  source.onChange((snapshot) => void network.retain(snapshot.providers.values()));
  const inProcess = createInProcessExchange({ clock });
  const gateway = composeGateway({ telemetry, network, inProcess });
  const edge = createEdge({ gateway, source, telemetry });
  const ports = await edge.start();
  telemetry.log.info({ ...ports, config: source.current().digest }, 'serving');
  await telemetry.startTracing();
  return {
    ports,
    telemetry,
    async reload() {
      const result = await source.reload();
      noteReload(result, telemetry);
      return result;
    },
    async stop() {
      const report = await edge.stop();
      source.close();
      await Promise.all([network.close(), inProcess.close()]);
      telemetry.log.info(report, 'stopped');
      await telemetry.shutdown(FLUSH_MS);
      return report;
    },
    async fail(fault) {
      telemetry.log.error({ err: fault }, 'ends by a fault of its own');
      await edge.abort(FAULT_ANSWER_MS);
      await telemetry.shutdown(FAULT_FLUSH_MS);
    },
  };
}

interface Outside {
  readonly telemetry: Telemetry;
  readonly network: ReturnType<typeof createHttpExchange>;
  readonly inProcess: ReturnType<typeof createInProcessExchange>;
}

function composeGateway({ telemetry, network, inProcess }: Outside): Gateway {
  return createGateway({
    clock: systemClock,
    nowMs: systemClock.nowMs,
    random: Math.random,
    spans: telemetry.spans,
    authenticate: createMtlsAuthenticator(),
    onListenerError: (error) => telemetry.log.error({ err: error }, 'a settle listener failed'),
    maxEmbedInputs,
    dialects: DIALECTS,
    hosts: HOSTS,
    network,
    inProcess,
    estimateTokens,
    leastPromptTokens,
  });
}

interface EdgeParts {
  readonly gateway: Gateway;
  readonly source: ConfigSource;
  readonly telemetry: Telemetry;
}

interface Edge {
  readonly start: () => Promise<Ports>;
  readonly stop: () => Promise<DrainReport>;
  /** Says that it serves no more and ends every call; resolves when they have ended, or after this time. */
  readonly abort: (answerMs: number) => Promise<void>;
}

/** The listeners, and the calls that come in by them. */
function createEdge({ gateway, source, telemetry }: EdgeParts): Edge {
  const clock = systemClock;
  const { listen, sizes, drain: drainConfig } = source.current();
  const health = createHealth(SERVICES, false);
  const deps = listenerDeps({ listen, sizes }, health, telemetry);
  const openCalls = createOpenCalls({
    clock,
    callInfo,
    snapshot: source.current,
    onListenerError: (error) => telemetry.log.error({ err: error }, 'a settle listener failed'),
    observe: (call) => call.onSettle(telemetry.settleListener(call)),
  });
  const isKnown = knownPeers(source);
  const reflection = { protoset: protosetBytes(), services: [...SERVICES, HEALTH_SERVICE] };
  const grpc = createGrpcListener(listen.grpc, {
    ...deps,
    reflection: listen.reflection ? { ...reflection, isKnown } : undefined,
  });
  grpc.add(GATEWAY_SERVICE, createGatewayService({ gateway, clock, openCalls, slowReaders: createSlowReaders(clock) }));
  grpc.add(EXPLAIN_SERVICE, createExplainService({ openCalls }));
  const adminGrpc = optional(listen.adminGrpc, (listener) =>
    createAdminGrpc(listener, { ...deps, reflection, isAdmin: adminPeers(source) }),
  );
  const adminHttp = optional(listen.adminHttp, (listener) =>
    createAdminHttp(listener, {
      clock,
      certReloadMs: listen.certReloadMs,
      onTlsEvent: deps.onTlsEvent,
      readiness: () => ({ ready: health.isServing(), notes: notesOf(source, grpc.tls()?.status().fault) }),
      renderMetrics: telemetry.renderMetrics,
    }),
  );
  return {
    async start() {
      const admin = await adminHttp?.start();
      const adminCalls = await adminGrpc?.start();
      const { port } = await grpc.start();
      health.setServing(true);
      return { grpc: port, adminHttp: admin?.port, adminGrpc: adminCalls?.port };
    },
    async stop() {
      const abortCalls = openCalls.abortAll.bind(openCalls);
      const announce = () => health.setServing(false);
      const report = await drain({ clock, config: drainConfig, announce, listeners: [grpc], abortCalls });
      adminGrpc?.destroy();
      await adminHttp?.destroy();
      return report;
    },
    async abort(answerMs) {
      health.setServing(false);
      openCalls.abortAll(new GatewayError('SERVER_DRAINING', 'this replica ends; another one answers'));
      const { promise: timeIsUp, resolve } = Promise.withResolvers<void>();
      clock.setTimer(resolve, answerMs);
      await Promise.race([grpc.whenIdle(), timeIsUp]);
    },
  };
}

type ServingConfig = Pick<Snapshot, 'listen' | 'sizes'>;
type SharedDeps = Omit<GrpcListenerDeps, 'reflection'>;

function listenerDeps(
  { listen, sizes }: ServingConfig,
  health: SharedDeps['health'],
  telemetry: Telemetry,
): SharedDeps {
  const { metrics, log } = telemetry;
  return {
    clock: systemClock,
    config: listen,
    sizes,
    health,
    requestBytes: createRequestBytes(sizes.requestBytesInFlight),
    observer: {
      onTlsRejected: (cause) => metrics.countRefused('tls', cause),
      onConnectionRefused: (cause) => metrics.countRefused('connection', cause),
      onCallRefused: (cause) => metrics.countRefused('request', cause),
    },
    onTlsEvent: (event) => noteTls(event, metrics, log),
    maxConnections: Math.floor((readOpenFileLimit() ?? Number.POSITIVE_INFINITY) * CONNECTIONS_SHARE),
  };
}

/** Of the file descriptors: a call needs a connection on either side, and the log and the configuration need some too. */
const CONNECTIONS_SHARE = 0.4;

function noteTls(event: TlsEvent, metrics: Telemetry['metrics'], log: Telemetry['log']): void {
  if (event.kind === 'loaded') {
    metrics.setCertificateExpiry('server', event.certExpiresAtWallMs);
    log.info(event, 'certificate loaded');
  } else {
    log.warn(
      event,
      event.kind === 'kept' ? 'the certificate files cannot be used; the old ones stay' : 'runs out soon',
    );
  }
}

function noteReload(result: ReloadResult, { metrics, log }: Telemetry): void {
  if (result.outcome === 'swapped') {
    metrics.setConfigGeneration(result.generation);
    log.info(
      { generation: result.generation, changes: result.changes, needsRestart: result.needsRestart },
      'configuration changed',
    );
  } else if (result.outcome === 'refused') {
    metrics.countConfigFailure();
    log.error(
      { generation: result.generation, faults: result.faults },
      'the new configuration has faults; the old one stays',
    );
  }
}

/** Calls of a deployment without a price are served; that their cost is not known should surprise nobody. */
function notePrices({ models }: Snapshot, { metrics, log }: Telemetry): void {
  const without = Array.from(models.values(), ({ name, deployments }) =>
    deployments.filter(({ prices }) => prices.kind === 'unknown').map(({ id }) => ({ model: name, deployment: id })),
  ).flat();
  metrics.setWithoutPrice(without);
  if (without.length === 0) return;
  const deployments = without.map(({ model, deployment }) => `${model}: ${deployment}`);
  log.warn({ deployments }, 'no price is known; give them prices, or price: free');
}

function notesOf(source: ConfigSource, tlsFault: string | undefined): readonly string[] {
  const { generation, lastError } = source.status();
  return [
    `configuration ${generation}, ${source.current().digest.slice(0, 12)}`,
    ...(lastError === undefined ? [] : [`the newest configuration is not in use: ${lastError}`]),
    ...(tlsFault === undefined ? [] : [`the certificate files are not in use: ${tlsFault}`]),
  ];
}

function knownPeers(source: ConfigSource): (peer: Peer) => boolean {
  return subjectsOf((subject) => source.current().clientsBySubject.has(subject));
}

function adminPeers(source: ConfigSource): (peer: Peer) => boolean {
  return subjectsOf((subject) => source.current().listen.adminSubjects.has(subject));
}

function subjectsOf(isListed: (subject: string) => boolean): (peer: Peer) => boolean {
  const authenticate = createMtlsAuthenticator();
  return (peer) => {
    try {
      const { subject, otherSubjects } = authenticate(peer, new Map());
      return [subject, ...otherSubjects].some(isListed);
    } catch {
      return false; // Whoever has no identity is nobody known; the caller is told so.
    }
  };
}

function* secretsOf(snapshot: Snapshot): Iterable<Secret> {
  for (const { apiKeys, tls, settings } of snapshot.providers.values()) {
    yield* apiKeys;
    if (tls.key !== undefined) yield tls.key;
    for (const setting of Object.values(settings)) if (setting instanceof Secret) yield setting;
  }
}

function optional<T>(listener: Listener | undefined, make: (listener: Listener) => T): T | undefined {
  return listener && make(listener);
}

function maxEmbedInputs({ dialectId, upstreamModel, provider }: Deployment): number | undefined {
  const max = HOSTS.get(provider.hostId)?.quirks.maxEmbedInputs ?? DIALECTS.get(dialectId)?.embed?.maxInputs;
  return typeof max === 'function' ? max(upstreamModel) : max;
}
