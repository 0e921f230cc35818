/**
 * Every request as it arrives, before and around grpc-js: its peer, deadline and size are taken down, what is over a limit is
 * refused with a reason, and what grpc-js refuses by itself is counted.
 *
 * Two hooks work hand in hand. The HTTP/2 server's stream event comes first and has the headers and the connection; grpc-js then
 * makes its call, and within the same turn calls the interceptor, which picks up what the event laid down.
 */
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { ServerInterceptor } from '@grpc/grpc-js';
import type { Peer } from '../../model/call.ts';
import type { Clock } from '../../model/clock.ts';
import { GatewayError } from '../../model/errors.ts';
import { type Arrival, ArrivedCall } from './arrived-call.ts';
import type { Connections } from './connections.ts';
import { takeGrpcTimeout } from './grpc-timeout.ts';
import type { AnyHttp2Server } from './http2-servers.ts';
import type { CallRefusal, EdgeObserver } from './observer.ts';
import type { RequestBytes } from './request-bytes.ts';

/** What one request may be. */
export interface ArrivalLimits {
  readonly metadataBytes: number;
  readonly requestBytes: number;
  /** How long the message may take to arrive, in milliseconds. */
  readonly uploadMs: number;
}

/** What arrivals need from outside. */
export interface ArrivalDeps {
  readonly clock: Clock;
  readonly limits: ArrivalLimits;
  readonly connections: Connections;
  readonly requestBytes: RequestBytes;
  readonly observer: EdgeObserver;
}

const ENTRY_BYTES = 32; // What HTTP/2 counts for each header beside its text (RFC 9113, 6.5.2).
const PREFIX_BYTES = 5;
const MAX_DEFLATE_RATIO = 1032; // https://zlib.net/zlib_tech.html
const NO_PEER: Peer = { address: 'unknown', certificate: undefined, connection: {} };

/** The two hooks of one listener. */
export class Arrivals {
  readonly #deps: ArrivalDeps;
  readonly #uploads = new Set<ArrivedCall>();
  #latest: Arrival | undefined;
  #sweeping = false;

  constructor(deps: ArrivalDeps) {
    this.#deps = deps;
  }

  /** For grpc-js's options. */
  readonly interceptor: ServerInterceptor = (method, call) => {
    const arrival = this.#latest;
    if (arrival === undefined) throw new GatewayError('INTERNAL', 'grpc-js made a call without a stream');
    this.#latest = undefined;
    return this.#admit(new ArrivedCall(call, arrival, method.requestStream));
  };

  attach(server: AnyHttp2Server): void {
    server.prependListener(
      'stream',
      (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, _flags, raw: string[]) => {
        this.#latest = this.#arrive(stream, headers, raw);
      },
    );
    server.on('stream', (stream: ServerHttp2Stream) => {
      if (this.#latest === undefined) return;
      this.#latest = undefined; // grpc-js has answered without making a call.
      const unknown = stream.sentHeaders?.[':status'] === constants.HTTP_STATUS_OK;
      this.#deps.observer.onCallRefused(unknown ? 'unknown_method' : 'content_type');
    });
  }

  #arrive(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, rawHeaders: readonly string[]): Arrival {
    const { clock, connections, limits } = this.#deps;
    const connection = connections.of(stream.session);
    const receivedAtMs = clock.nowMs();
    const timeoutMs = takeGrpcTimeout(headers);
    const arrival: Arrival = {
      peer: connection?.peer ?? NO_PEER,
      receivedAtMs,
      deadlineAtMs: timeoutMs === undefined ? undefined : receivedAtMs + timeoutMs,
      outlet: undefined,
      stream,
      connection,
      metadataTooLarge: listBytes(rawHeaders) > limits.metadataBytes,
    };
    if (connection !== undefined) {
      connections.openStream(connection);
      stream.once('close', () => connections.closeStream(connection));
    }
    return arrival;
  }

  #admit(call: ArrivedCall): ArrivedCall {
    const { stream, connection, metadataTooLarge } = call.arrival;
    if (connection?.overLimit) {
      call.refuse(tooManyConnections());
      connection.session.close();
      this.#deps.observer.onCallRefused('too_many_connections');
    } else if (metadataTooLarge) {
      call.refuse(metadataError(this.#deps.limits.metadataBytes));
      this.#deps.observer.onCallRefused('metadata_too_large');
    }
    // prependListener, not on: it leaves the stream paused, and counts before grpc-js keeps the bytes.
    stream.prependListener('data', (chunk: Buffer) => this.#onData(call, chunk));
    stream.once('close', () => this.#onClose(call));
    this.#watchUpload(call);
    return call;
  }

  #onData(call: ArrivedCall, chunk: Buffer): void {
    const { stream } = call.arrival;
    if (stream.writableEnded) return cutUpload(stream);
    const bytes = call.heldBytes === 0 ? firstBytes(chunk, this.#deps.limits.requestBytes) : chunk.length;
    if (this.#deps.requestBytes.take(bytes)) {
      call.heldBytes += bytes;
      return;
    }
    call.refuse(overloaded());
    this.#deps.observer.onCallRefused('overloaded');
  }

  #onClose(call: ArrivedCall): void {
    this.#deps.requestBytes.give(call.heldBytes);
    call.heldBytes = 0;
    this.#uploads.delete(call);
    if (call.complete || call.refused) return;
    const code = Number(call.arrival.stream.sentHeaders?.['grpc-status'] ?? 0);
    if (code !== 0) this.#deps.observer.onCallRefused(LIBRARY_REFUSALS[code] ?? 'other');
  }

  #watchUpload(call: ArrivedCall): void {
    if (call.complete) return;
    call.onComplete = () => this.#onComplete(call);
    this.#uploads.add(call);
    this.#scheduleSweep();
  }

  #onComplete(call: ArrivedCall): void {
    this.#uploads.delete(call);
    if (call.messageBytes === undefined) return;
    // Only ever less than was taken, so this cannot fail.
    this.#deps.requestBytes.give(call.heldBytes - call.messageBytes);
    call.heldBytes = call.messageBytes;
  }

  /** One timer for all: the oldest upload is the first of the set. */
  #scheduleSweep(): void {
    if (this.#sweeping) return;
    this.#sweeping = true;
    this.#deps.clock.setTimer(() => this.#sweep(), this.#deps.limits.uploadMs);
  }

  #sweep(): void {
    this.#sweeping = false;
    const beforeMs = this.#deps.clock.nowMs() - this.#deps.limits.uploadMs;
    for (const call of this.#uploads) {
      if (call.arrival.receivedAtMs > beforeMs) break;
      this.#uploads.delete(call);
      call.refuse(tooSlow(this.#deps.limits.uploadMs));
      this.#deps.observer.onCallRefused('too_slow');
    }
    if (this.#uploads.size > 0) this.#scheduleSweep();
  }
}

/** What grpc-js answers before a message reaches its handler, by status code. */
const LIBRARY_REFUSALS: Readonly<Record<number, CallRefusal>> = {
  8: 'message_too_large',
  12: 'encoding',
  13: 'malformed',
};

/** The call was answered: what still comes is for nobody (RFC 9113, 8.1). In the next turn, for a reset overtakes an answer that is not sent yet. */
function cutUpload(stream: ServerHttp2Stream): void {
  setImmediate(() => stream.close(constants.NGHTTP2_NO_ERROR));
}

/** What the first piece of a request counts for: a compressed message for what it may become, until it has been read. */
function firstBytes(chunk: Buffer, maxBytes: number): number {
  if (chunk[0] !== 1) return chunk.length;
  return chunk.length < PREFIX_BYTES ? maxBytes : Math.min(maxBytes, MAX_DEFLATE_RATIO * chunk.readUInt32BE(1));
}

function listBytes(rawHeaders: readonly string[]): number {
  let bytes = (rawHeaders.length / 2) * ENTRY_BYTES;
  for (const text of rawHeaders) bytes += text.length;
  return bytes;
}

function metadataError(maxBytes: number): GatewayError {
  return new GatewayError(
    'METADATA_TOO_LARGE',
    `the request's metadata is over ${maxBytes} bytes, counted as HTTP/2 does (32 bytes an entry beside its text)`,
  );
}

function tooManyConnections(): GatewayError {
  return new GatewayError(
    'TOO_MANY_CONNECTIONS',
    'this client holds too many connections; share one channel in each process',
  );
}

function overloaded(): GatewayError {
  return new GatewayError('OVERLOADED', 'the requests that are being served take up all the room there is for them');
}

function tooSlow(uploadMs: number): GatewayError {
  return new GatewayError('DEADLINE_EXCEEDED', `the request's message did not arrive within ${uploadMs} ms`);
}
