/** One immutable, compiled configuration. Deep-frozen; a call reads it once, in `enter`, and keeps it. */
import type { Deployment, Provider } from '../model/target.ts';
import type { ModelInfo } from '../model/wire.ts';

/** A calling service. */
export interface Client {
  readonly name: string;
  readonly team: string;
  /** Aliases of the models it may use. */
  readonly models: ReadonlySet<string>;
  /** The same, sorted, for messages and ListModels. */
  readonly modelNames: readonly string[];
}

/** The alias that clients use, and where its calls can go. */
export interface Model {
  readonly name: string;
  /** What ListModels tells of it beside its prices, which change with time. */
  readonly info: Omit<ModelInfo, 'prices'>;
  /** By priority, then in the order of the file. */
  readonly deployments: readonly Deployment[];
  readonly retry: RetryConfig;
}

/** How failed attempts are repeated. */
export interface RetryConfig {
  /** Requests to providers at most for one call, the first included. */
  readonly attempts: number;
  /** Retries at most, as a share of the calls of the last ten seconds, 0 to 1; a few are always allowed. */
  readonly budgetRatio: number;
  /** Shortest and longest wait between two attempts, in milliseconds. */
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
}

/** A TLS listener's files, by path; transport reads and watches them. */
export interface ServerTls {
  readonly certPath: string;
  readonly keyPath: string;
  /** CA of the clients; undefined only where clientAuth is none. */
  readonly clientCaPath: string | undefined;
  readonly clientAuth: 'require' | 'none';
}

/** One address to listen on. */
export interface Listener {
  readonly host: string;
  readonly port: number;
  readonly tls: ServerTls | undefined;
}

/** What the process listens on and how it treats connections. Changes need a restart. */
export interface ListenConfig {
  readonly grpc: Listener;
  readonly adminHttp: Listener | undefined;
  readonly adminGrpc: Listener | undefined;
  /** Subjects that may use the admin gRPC listener where it has TLS. */
  readonly adminSubjects: ReadonlySet<string>;
  /** Whether reflection is served on the service port too, to known clients. */
  readonly reflection: boolean;
  readonly keepaliveIntervalMs: number;
  readonly keepaliveTimeoutMs: number;
  readonly maxConnectionAgeMs: number;
  readonly maxConnectionIdleMs: number;
  readonly maxConnectionsPerIdentity: number;
  readonly maxStreamsPerConnection: number;
  readonly handshakeTimeoutMs: number;
  /** How often certificate files are looked at. */
  readonly certReloadMs: number;
}

/** Sizes in bytes; contract.md's table. */
export interface SizeLimits {
  readonly requestBytes: number;
  readonly requestBytesInFlight: number;
  readonly metadataBytes: number;
  readonly upstreamFrameBytes: number;
  readonly upstreamBodyBytes: number;
  readonly heldBytes: number;
  readonly heldFrames: number;
}

/** Times of calls, in milliseconds. */
export interface CallTimes {
  /** Deadline of calls that bring none. */
  readonly defaultDeadlineMs: number;
  /** Calls with less left are refused at once. */
  readonly minDeadlineMs: number;
  /** How long a caller may leave its stream unread. */
  readonly slowReaderMs: number;
  /** How long a provider may send one reply, or one event of a stream, at less than the least speed (upstream/trickle.ts). */
  readonly slowProviderMs: number;
}

/** How a shutdown goes, in milliseconds. */
export interface DrainConfig {
  /** Health says NOT_SERVING and everything is still served. */
  readonly announceMs: number;
  /** After it, running calls may take this long. */
  readonly graceMs: number;
}

/** What is told about calls. */
export interface TelemetryConfig {
  /** Endpoint of an OTLP/HTTP collector; undefined: traces go nowhere. */
  readonly otlpUrl: string | undefined;
  /** Share of calls traced that bring no trace of their own, 0 to 1. */
  readonly sampleRatio: number;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
}

/** One compiled configuration. */
export interface Snapshot {
  /** SHA-256 of the configuration's source with secrets left as references, hexadecimal. */
  readonly digest: string;
  readonly providers: ReadonlyMap<string, Provider>;
  readonly models: ReadonlyMap<string, Model>;
  readonly clients: ReadonlyMap<string, Client>;
  /** By subject: `spiffe://…` as it stands in the certificate, or `dns:<name>` in lower case. */
  readonly clientsBySubject: ReadonlyMap<string, Client>;
  readonly listen: ListenConfig;
  readonly sizes: SizeLimits;
  readonly times: CallTimes;
  readonly drain: DrainConfig;
  readonly telemetry: TelemetryConfig;
}

/** What every call has from `enter` on. */
export interface Entered {
  readonly snapshot: Snapshot;
}
