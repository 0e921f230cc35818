/** A gRPC listener: nice-grpc on grpc-js, with everything around the connection that neither of them does. */
import { isIP } from 'node:net';
import { type ChannelOptions, ServerCredentials, type ServerInterceptor } from '@grpc/grpc-js';
import { type CompatServiceDefinition, createServer, type ServiceImplementation } from 'nice-grpc';
import { HealthDefinition, HealthServiceImpl } from 'nice-grpc-server-health';
import { ServerReflection, ServerReflectionService } from 'nice-grpc-server-reflection';
import type { ListenConfig, Listener, SizeLimits } from '../../config/snapshot.ts';
import type { Peer } from '../../model/call.ts';
import type { Clock } from '../../model/clock.ts';
import { Arrivals } from './arrivals.ts';
import { type ConnectionCounts, Connections } from './connections.ts';
import { endOnDrain, type Health } from './health.ts';
import { channelOptions, secureServerOptions } from './http2-options.ts';
import { bindHttp2Servers } from './http2-servers.ts';
import { onlyKnownPeers } from './known-peers.ts';
import type { EdgeObserver } from './observer.ts';
import type { RequestBytes } from './request-bytes.ts';
import { ReloadableServerCredentials } from './tls.ts';
import { type TlsEvent, type TlsWatch, watchTls } from './tls-watch.ts';

/** What a listener serves beside the services that are added to it. */
export interface ReflectionConfig {
  /** A google.protobuf.FileDescriptorSet. */
  readonly protoset: Uint8Array;
  /** Full names of the services to show. */
  readonly services: readonly string[];
  readonly isKnown: (peer: Peer) => boolean;
}

/** What a listener needs. */
export interface GrpcListenerDeps {
  readonly clock: Clock;
  readonly config: ListenConfig;
  readonly sizes: SizeLimits;
  readonly health: Health;
  readonly requestBytes: RequestBytes;
  readonly observer: EdgeObserver;
  readonly onTlsEvent: (event: TlsEvent) => void;
  /** Undefined: not served. */
  readonly reflection: ReflectionConfig | undefined;
  /** Who may use the services that are added; absent: they see to it themselves. */
  readonly guard?: (peer: Peer) => boolean;
  /** The most connections at once; absent: as many as a replica can serve at all. */
  readonly maxConnections?: number;
}

/** A listener, and the steps of its end (drain.ts takes them in order). */
export interface GrpcListener {
  /** Adds a service; only before `start`. */
  readonly add: <S extends CompatServiceDefinition>(definition: S, implementation: ServiceImplementation<S>) => void;
  /** Loads the certificates, then listens. Rejects with CONFIG_INVALID if they cannot be served. */
  readonly start: () => Promise<{ readonly port: number }>;
  readonly counts: () => ConnectionCounts;
  /** The certificates; undefined without TLS or before `start`. */
  readonly tls: () => TlsWatch | undefined;
  /** GOAWAY to every connection and the end of health watches; still accepts and serves. */
  readonly goAway: () => void;
  /** Accepts no more connections; open streams go on. */
  readonly stopAccepting: () => void;
  /** Resolves when no stream is open. */
  readonly whenIdle: () => Promise<void>;
  /** Ends everything at once. */
  readonly destroy: () => void;
}

/** All connections of a listener; far more than any one replica serves well, far less than the process can bear. */
const MAX_CONNECTIONS = 10_000;
/** Handshakes that may be under way: at 10 s each, this is where an attacker without a certificate is stopped. */
const MAX_HANDSHAKES = 1000;
const MAX_HANDSHAKES_PER_ADDRESS = 256;
/** The largest request at 1 Mbit/s, about. */
const UPLOAD_MS = 60_000;

/** A listener at an address, not started yet. */
export function createGrpcListener(listener: Listener, deps: GrpcListenerDeps): GrpcListener {
  const { clock, config, sizes, observer, requestBytes } = deps;
  const connections = new Connections(connectionLimits(deps), observer, clock);
  const limits = { metadataBytes: sizes.metadataBytes, requestBytes: sizes.requestBytes, uploadMs: UPLOAD_MS };
  const arrivals = new Arrivals({ clock, limits, connections, requestBytes, observer });
  const server = createServer(withInterceptor(channelOptions(config, sizes), arrivals.interceptor));
  const drained = new AbortController();
  const guarded = deps.guard === undefined ? server : server.with(onlyKnownPeers(deps.guard));
  let tls: TlsWatch | undefined;

  const endable = server.with(endOnDrain(drained.signal));
  endable.add(HealthDefinition, HealthServiceImpl(deps.health.state));
  if (deps.reflection !== undefined) {
    const { protoset, services, isKnown } = deps.reflection;
    endable.with(onlyKnownPeers(isKnown)).add(ServerReflectionService, ServerReflection(protoset, services));
  }

  const start = async () => {
    tls = listener.tls === undefined ? undefined : await watchTls(listener.tls, watchDeps(deps));
    const credentials = tls === undefined ? ServerCredentials.createInsecure() : secure(tls, listener, config);
    try {
      const bind = () => server.listen(formatAddress(listener), credentials);
      const port = await bindHttp2Servers(bind, (http2Server) => {
        connections.attach(http2Server);
        arrivals.attach(http2Server);
      });
      return { port };
    } catch (thrown) {
      tls?.stop();
      throw thrown;
    }
  };

  return {
    add: (definition, implementation) => guarded.add(definition, implementation),
    start,
    counts: () => connections.counts(),
    tls: () => tls,
    goAway() {
      drained.abort();
      connections.goAway();
    },
    stopAccepting() {
      // Never awaited: it may wait for ever (faults.md section 6, item 10). Streams are waited for by whenIdle.
      server.shutdown().catch(() => undefined);
    },
    whenIdle: () => connections.whenIdle(),
    destroy() {
      tls?.stop();
      drained.abort();
      server.forceShutdown();
      connections.destroy();
    },
  };
}

function connectionLimits({ config, maxConnections }: GrpcListenerDeps) {
  return {
    total: Math.min(MAX_CONNECTIONS, maxConnections ?? MAX_CONNECTIONS),
    handshakes: MAX_HANDSHAKES,
    handshakesPerAddress: MAX_HANDSHAKES_PER_ADDRESS,
    perIdentity: config.maxConnectionsPerIdentity,
  };
}

function watchDeps({ clock, config, onTlsEvent }: GrpcListenerDeps) {
  return { clock, reloadMs: config.certReloadMs, onEvent: onTlsEvent };
}

function secure(watch: TlsWatch, { tls }: Listener, config: ListenConfig): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const credentials = new ReloadableServerCredentials(watch.current(), secureServerOptions(tls, config));
  watch.onChange((material) => credentials.update(material));
  return credentials;
}

/** grpc-js takes interceptors among its options, but nice-grpc's type has no place for them. */
function withInterceptor(options: ChannelOptions, interceptor: ServerInterceptor): ChannelOptions {
  return Object.assign(options, { interceptors: [interceptor] });
}

function formatAddress({ host, port }: Listener): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}
