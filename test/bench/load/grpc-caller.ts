/**
 * Calls Kanmon as its clients do, gRPC over mutual TLS, with messages that are encoded once and never decoded. By bare HTTP/2:
 * a caller as dear as the gateway could not keep it busy from one core.
 */
import {
  type ClientHttp2Session,
  connect,
  constants,
  type IncomingHttpHeaders,
  type SecureClientSessionOptions,
} from 'node:http2';
import type { LookupFunction } from 'node:net';
import { CompleteRequest, EmbedEncoding, EmbedRequest, StreamRequest, userText } from '@kanmon/client';
import type { Caller, OpenStream } from './caller.ts';
import { EMBED_INPUT, modelOf, type Pace, PROMPT } from './mock-wire.ts';

/** Where the gateway is, and who calls. */
export interface GrpcTarget {
  readonly port: number;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

const CONNECTIONS = 8; // As from eight replicas of a service. The proxies get one for each call in flight.
const SERVICE = '/kanmon.v1.GatewayService';
const MAX_REPLY_BYTES = 8 * 1024 * 1024;
const WINDOW_BYTES = 1024 * 1024;

/** Opens a caller; it connects at its first calls. */
export function createGrpcCaller({ port, ca, cert, key }: GrpcTarget): Caller {
  const options = { ca, cert, key, settings: { initialWindowSize: WINDOW_BYTES } };
  const sessions = new Map<number, ClientHttp2Session>();
  let turn = 0;
  const nextSession = (): ClientHttp2Session => {
    turn = (turn + 1) % CONNECTIONS;
    const session = sessions.get(turn) ?? openSession(`https://localhost:${port}`, options);
    sessions.set(turn, session);
    return session;
  };
  const complete = framed(completeRequest());
  const embed = framed(embedRequest());
  return {
    complete: () => send(nextSession(), 'Complete', complete).ended,
    embed: () => send(nextSession(), 'Embed', embed).ended,
    stream: (pace) => send(nextSession(), 'Stream', STREAM_REQUESTS[pace]),
    close: () => {
      for (const session of sessions.values()) session.destroy();
    },
  };
}

function openSession(url: string, options: SecureClientSessionOptions): ClientHttp2Session {
  const session = connect(url, { ...options, lookup: toLoopback });
  session.on('error', () => undefined); // Every call of the session hears of it.
  session.once('connect', () => session.setLocalWindowSize(CONNECTIONS * WINDOW_BYTES));
  return session;
}

/** One gRPC call: a framed message out, and whatever comes until the trailers say how it ended. */
function send(session: ClientHttp2Session, method: string, message: Buffer): OpenStream {
  const begun = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const call = session.request({
    ':method': 'POST',
    ':path': `${SERVICE}/${method}`,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  let status = 'none';
  const note = (headers: IncomingHttpHeaders) => {
    status = String(headers['grpc-status'] ?? status);
  };
  call.on('response', note); // A call that fails at once has its trailers there.
  call.on('trailers', note);
  call.on('data', () => begun.resolve());
  call.on('error', () => undefined);
  call.on('close', () => {
    if (status === '0') ended.resolve();
    else ended.reject(new Error(`${method} ended with grpc-status ${status}`));
    begun.reject(new Error(`${method} had no reply`));
  });
  call.end(message);
  begun.promise.catch(() => undefined); // Whoever waits for the end hears of it there.
  return { begun: begun.promise, ended: ended.promise, cancel: () => call.close(constants.NGHTTP2_CANCEL) };
}

/** A message with gRPC's prefix: not compressed, and its length. */
function framed(message: Buffer): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** The certificate is localhost's; the gateway listens on 127.0.0.1 alone. */
const toLoopback: LookupFunction = (_name, { all }, done) => {
  if (all) done(null, [{ address: '127.0.0.1', family: 4 }]);
  else done(null, '127.0.0.1', 4);
};

function generationOf(pace: Pace) {
  return { model: modelOf(pace), messages: [userText(PROMPT)], maxOutputTokens: 256 };
}

function completeRequest(): Buffer {
  const request = CompleteRequest.fromPartial({ generation: generationOf('burst') });
  return Buffer.from(CompleteRequest.encode(request).finish());
}

function streamRequest(pace: Pace): Buffer {
  const request = StreamRequest.fromPartial({ generation: generationOf(pace) });
  return framed(Buffer.from(StreamRequest.encode(request).finish()));
}

const STREAM_REQUESTS: Readonly<Record<Pace, Buffer>> = {
  burst: streamRequest('burst'),
  every5: streamRequest('every5'),
  every20: streamRequest('every20'),
  silent: streamRequest('silent'),
};

function embedRequest(): Buffer {
  const request = EmbedRequest.fromPartial({
    model: 'mock-embed',
    inputs: [{ parts: [{ content: { $case: 'text', value: EMBED_INPUT } }] }],
    encoding: EmbedEncoding.FLOAT32_LE,
    options: { maxReplyBytes: MAX_REPLY_BYTES },
  });
  return Buffer.from(EmbedRequest.encode(request).finish());
}
