/** A gRPC listener over mTLS with a tiny gateway behind it, and the means to attack it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import {
  type ClientHttp2Session,
  connect as connectHttp2,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { ChannelCredentials, type ChannelOptions } from '@grpc/grpc-js';
import { type CallContext, createChannel, createClient } from 'nice-grpc';
import type { ListenConfig, SizeLimits } from '../../server/config/snapshot.ts';
import { type Clock, systemClock } from '../../server/model/clock.ts';
import { GatewayServiceDefinition, type ListModelsResponse } from '../../server/model/wire.ts';
import { createHealth, type Health } from '../../server/transport/grpc/health.ts';
import { createGrpcListener, type GrpcListener, type ReflectionConfig } from '../../server/transport/grpc/listen.ts';
import { createRequestBytes, type RequestBytes } from '../../server/transport/grpc/request-bytes.ts';
import type { TlsEvent } from '../../server/transport/grpc/tls-watch.ts';
import { makeAuthority, type TestAuthority, type TestCertificate } from './certificates.ts';

/** What a test may change. */
export interface RigOptions {
  readonly listen?: Partial<ListenConfig>;
  readonly sizes?: Partial<SizeLimits>;
  readonly clock?: Clock;
  readonly reflection?: ReflectionConfig;
  /** Without TLS. */
  readonly plain?: boolean;
  /** Files that are already there. */
  readonly reuse?: Rig['files'];
  /** What ListModels does; default: it answers with an empty page. */
  readonly listModels?: (context: CallContext) => Promise<ListModelsResponse>;
  /** What Stream does; default: nothing comes. */
  readonly stream?: (context: CallContext) => AsyncIterable<never>;
}

/** A running listener. */
export interface Rig {
  readonly listener: GrpcListener;
  readonly health: Health;
  readonly requestBytes: RequestBytes;
  readonly port: number;
  readonly ca: TestAuthority;
  readonly client: TestCertificate;
  readonly files: Readonly<Record<'cert' | 'key' | 'ca', string>>;
  /** What the edge saw, `kind:cause`, in its order. */
  readonly seen: string[];
  readonly tlsEvents: TlsEvent[];
  readonly stop: () => Promise<void>;
}

/** Path of the RPC that the rig answers. */
export const LIST_MODELS = '/kanmon.v1.GatewayService/ListModels';

/** One empty gRPC message, not compressed. */
export const EMPTY_MESSAGE = Buffer.alloc(5);

/** Starts a listener on a free port of loopback. */
export async function startRig(options: RigOptions = {}): Promise<Rig> {
  const ca = await makeAuthority();
  const folder = options.reuse === undefined ? await mkdtemp(join(tmpdir(), 'kanmon-rig-')) : tmpdir();
  const own = { cert: join(folder, 'server.pem'), key: join(folder, 'server.key'), ca: join(folder, 'ca.pem') };
  const files = options.reuse ?? own;
  if (options.reuse === undefined) await writeTls(files, await ca.issue(), ca);
  const seen: string[] = [];
  const tlsEvents: TlsEvent[] = [];
  const health = createHealth(['kanmon.v1.GatewayService'], true);
  const sizes = { ...SIZES, ...options.sizes };
  const requestBytes = createRequestBytes(sizes.requestBytesInFlight);
  const tls = { certPath: files.cert, keyPath: files.key, clientCaPath: files.ca, clientAuth: 'require' } as const;
  const address = { host: '127.0.0.1', port: 0, tls: options.plain ? undefined : tls };
  const listener = createGrpcListener(address, {
    clock: options.clock ?? systemClock,
    config: { ...LISTEN, grpc: address, ...options.listen },
    sizes,
    health,
    requestBytes,
    observer: {
      onTlsRejected: (cause) => seen.push(`tls:${cause}`),
      onConnectionRefused: (cause) => seen.push(`connection:${cause}`),
      onCallRefused: (cause) => seen.push(`call:${cause}`),
    },
    onTlsEvent: (event) => tlsEvents.push(event),
    reflection: options.reflection,
  });
  listener.add(GatewayServiceDefinition, stubService(options));
  const { port } = await listener.start();
  const client = await ca.issue({ uris: ['spiffe://test.example/client'] });
  const stop = async () => {
    listener.destroy();
    if (options.reuse === undefined) await rm(folder, { recursive: true, force: true });
  };
  return { listener, health, requestBytes, port, ca, client, files, seen, tlsEvents, stop };
}

/** Writes a pair and its client CA. */
export async function writeTls(files: Rig['files'], pair: TestCertificate, ca: TestCertificate): Promise<void> {
  await Promise.all([writeFile(files.cert, pair.cert), writeFile(files.key, pair.key), writeFile(files.ca, ca.cert)]);
}

/** A generated client over its own connection, without retries. */
export function openClient(rig: Rig, certificate: TestCertificate | null = rig.client, options: ChannelOptions = {}) {
  const ca = Buffer.from(rig.ca.cert);
  const credentials =
    certificate === null
      ? ChannelCredentials.createSsl(ca)
      : ChannelCredentials.createSsl(ca, Buffer.from(certificate.key), Buffer.from(certificate.cert));
  const channel = createChannel(`127.0.0.1:${rig.port}`, credentials, {
    'grpc.ssl_target_name_override': 'localhost', // Node 26 refuses an address as the name that TLS asks for.
    'grpc.enable_retries': 0,
    'grpc.enable_channelz': 0,
    'grpc.use_local_subchannel_pool': 1,
    ...options,
  });
  return { ...createClient(GatewayServiceDefinition, channel), channel, close: () => channel.close() };
}

/** What a raw client needs to know of a gateway. */
export interface Reachable {
  readonly port: number;
  readonly ca: { readonly cert: string };
  readonly client: { readonly cert: string; readonly key: string };
}

/** TLS options of the rig's own client. */
export function tlsOptions({ port, ca, client }: Reachable): ConnectionOptions {
  const { cert, key } = client;
  return { host: '127.0.0.1', port, ca: ca.cert, cert, key, servername: 'localhost', ALPNProtocols: ['h2'] };
}

/** A TLS connection, open. */
export function openTls(rig: Reachable, options: ConnectionOptions = {}): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ ...tlsOptions(rig), ...options });
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      socket.off('error', reject);
      socket.on('error', () => undefined); // What the server does to it is looked at by its 'close'.
      resolve(socket);
    });
  });
}

/** A raw HTTP/2 session. */
export async function openSession(rig: Reachable): Promise<ClientHttp2Session> {
  const socket = await openTls(rig);
  const session = connectHttp2('https://localhost', {
    createConnection: () => socket,
    maxSendHeaderBlockLength: 1_000_000, // Node's own client would give up at 64 KiB.
  });
  session.on('error', () => undefined);
  return session;
}

/** Headers of a gRPC request. */
export function requestHeaders(more: OutgoingHttpHeaders = {}): OutgoingHttpHeaders {
  return { ':method': 'POST', ':path': LIST_MODELS, 'content-type': 'application/grpc', te: 'trailers', ...more };
}

/** How a raw request ended. */
export interface RawReply {
  /** HTTP status; undefined: no headers came. */
  readonly http: number | undefined;
  /** gRPC status; undefined: none came. */
  readonly grpc: string | undefined;
  readonly message: string;
  /** Pushback header. */
  readonly pushback: string | undefined;
  /** google.rpc.Status, encoded. */
  readonly details: Buffer | undefined;
  /** Code of RST_STREAM; 0: none came. */
  readonly reset: number;
}

/** Sends one raw request and gives its end. */
export function requestRaw(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders = {},
  body: Buffer | undefined = EMPTY_MESSAGE,
): Promise<RawReply> {
  return new Promise((resolve) => {
    const stream = session.request(requestHeaders(headers));
    let all: IncomingHttpHeaders & IncomingHttpStatusHeader = {};
    stream.on('response', (response) => {
      all = { ...all, ...response };
    });
    stream.on('trailers', (trailers) => {
      all = { ...all, ...trailers };
    });
    stream.on('error', () => undefined); // The reply tells it.
    stream.on('close', () => resolve(describeReply(all, stream.rstCode)));
    stream.resume();
    stream.end(body);
  });
}

function describeReply(headers: IncomingHttpHeaders & IncomingHttpStatusHeader, reset: number): RawReply {
  const text = (name: string) => headers[name]?.toString();
  const details = text('grpc-status-details-bin');
  return {
    http: headers[':status'],
    grpc: text('grpc-status'),
    message: decodeMessage(text('grpc-message') ?? ''),
    pushback: text('grpc-retry-pushback-ms'),
    details: details === undefined ? undefined : Buffer.from(details, 'base64'),
    reset,
  };
}

function decodeMessage(text: string): string {
  try {
    return decodeURI(text);
  } catch {
    return text; // grpc-js sends the paths of unknown methods as they came.
  }
}

/** Frames one gRPC message. */
export function frameMessage(bytes: Buffer, compressed = false): Buffer {
  const head = Buffer.alloc(5);
  head[0] = compressed ? 1 : 0;
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

/** Connections as a test has them. */
export const LISTEN: ListenConfig = {
  grpc: { host: '127.0.0.1', port: 0, tls: undefined },
  adminHttp: undefined,
  adminGrpc: undefined,
  adminSubjects: new Set(),
  reflection: false,
  keepaliveIntervalMs: 30_000,
  keepaliveTimeoutMs: 10_000,
  maxConnectionAgeMs: 1_800_000,
  maxConnectionIdleMs: 300_000,
  maxConnectionsPerIdentity: 20,
  maxStreamsPerConnection: 100,
  handshakeTimeoutMs: 10_000,
  certReloadMs: 20,
};

/** Sizes as a test has them. */
export const SIZES: SizeLimits = {
  requestBytes: 1024 * 1024,
  requestBytesInFlight: 64 * 1024 * 1024,
  metadataBytes: 16_384,
  upstreamFrameBytes: 1,
  upstreamBodyBytes: 1,
  heldBytes: 1,
  heldFrames: 1,
};

function stubService(options: RigOptions) {
  const unserved = () => Promise.reject(new Error('the rig does not serve this'));
  return {
    complete: unserved,
    embed: unserved,
    countTokens: unserved,
    listModels: (_request: unknown, context: CallContext) =>
      options.listModels?.(context) ?? Promise.resolve({ models: [], nextPageToken: '' }),
    stream: (_request: unknown, context: CallContext) => options.stream?.(context) ?? nothing(),
  };
}

async function* nothing(): AsyncGenerator<never> {
  // An empty stream.
}
