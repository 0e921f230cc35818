/** Servers on loopback that misbehave byte by byte, and a client side that notes what comes of it. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import type { GatewayError } from '../../server/model/errors.ts';
import type { Exchange, Flow, UpstreamRequest } from '../../server/upstream/exchange.ts';
import { makeProvider } from './upstream-rig.ts';

/** A server whose connections a test handles. */
export interface RawServer extends AsyncDisposable {
  readonly port: number;
  /** Connections so far. */
  readonly sockets: readonly Socket[];
  /** Everything that was received, by connection. */
  readonly received: readonly string[];
}

/** What a server does with a connection: said for each piece of data. */
export type OnRequest = (socket: Socket, request: { readonly connection: number; readonly text: string }) => void;

/** Opens a server on a free port; with TLS if it is given certificates. */
export async function openRawServer(onRequest: OnRequest, tls?: TlsOptions): Promise<RawServer> {
  const sockets: Socket[] = [];
  const received: string[] = [];
  const onSocket = (socket: Socket): void => {
    const connection = sockets.push(socket) - 1;
    received[connection] = '';
    socket.on('error', () => undefined); // Tests break connections on purpose.
    socket.on('data', (data) => {
      received[connection] += data.toString('latin1');
      onRequest(socket, { connection, text: data.toString('latin1') });
    });
  };
  const server: Server = tls === undefined ? createServer(onSocket) : createTlsServer(tls, onSocket);
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.setNoDelay(true); // What a test writes leaves at once.
    socket.on('error', () => undefined);
    socket.once('close', () => open.delete(socket));
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port, // Holds for a server on a port.
    sockets,
    received,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A whole reply with a length. */
export function httpReply(body: string, headers = '', status = '200 OK'): string {
  return `HTTP/1.1 ${status}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`;
}

/** The beginning of a reply in chunks. */
export const CHUNKED = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n';

/** One chunk. */
export function httpChunk(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}

/** A request to a server on loopback. */
export function makeRequest(
  provider: Partial<Parameters<typeof makeProvider>[0]>,
  changes: Partial<UpstreamRequest> = {},
): UpstreamRequest {
  return {
    provider: makeProvider(provider),
    method: 'POST',
    path: '/v1/chat',
    headers: { authorization: 'Bearer k-canary-0123456789', 'content-type': 'application/json' },
    body: '{"a":1}',
    connectTimeoutMs: 2_000,
    ...changes,
  };
}

/** What came back, and in which order. */
export interface Outcome {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  readonly error: GatewayError | undefined;
  /** For each time the request was sent: whether its connection had been used before. */
  readonly sent: readonly boolean[];
}

/** A request under way. */
export interface Sending {
  readonly flow: Flow;
  readonly outcome: Promise<Outcome>;
  /** What has come so far. */
  readonly soFar: () => Outcome;
  /** Resolves with the next piece of data. */
  readonly nextData: () => Promise<void>;
}

/** Sends a request and notes what comes back. */
export function send(exchange: Exchange, request: UpstreamRequest): Sending {
  let status = 0;
  let headers: ReadonlyMap<string, string> = new Map();
  let error: GatewayError | undefined;
  const body: Uint8Array[] = [];
  const sent: boolean[] = [];
  const end = Promise.withResolvers<Outcome>();
  let data = Promise.withResolvers<void>();
  const soFar = (): Outcome => ({ status, headers, body: Buffer.concat(body).toString(), error, sent });
  const flow = exchange.send(request, {
    onSent: (reused) => void sent.push(reused),
    onHeaders: (code, fields) => {
      status = code;
      headers = fields;
    },
    onData: (chunk) => {
      body.push(chunk);
      data.resolve();
      data = Promise.withResolvers();
    },
    onEnd: () => end.resolve(soFar()),
    onError: (thrown) => {
      error = thrown;
      end.resolve(soFar());
    },
  });
  return { flow, outcome: end.promise, soFar, nextData: () => data.promise };
}
