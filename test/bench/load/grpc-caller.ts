/** Calls Kanmon as its clients do, gRPC over mutual TLS, with messages that are encoded once and never decoded. */
import { ChannelCredentials, Client } from '@grpc/grpc-js';
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

/** Opens a caller; it connects at the first call. */
export function createGrpcCaller({ port, ca, cert, key }: GrpcTarget): Caller {
  const credentials = ChannelCredentials.createSsl(Buffer.from(ca), Buffer.from(key), Buffer.from(cert));
  const options = {
    'grpc.use_local_subchannel_pool': 1, // Each client has a connection of its own.
    'grpc.enable_channelz': 0,
    'grpc.ssl_target_name_override': 'localhost', // Node.js takes no address as a server's name.
  };
  const clients = Array.from({ length: CONNECTIONS }, () => new Client(`127.0.0.1:${port}`, credentials, options));
  let turn = 0;
  const nextClient = (): Client => {
    turn = (turn + 1) % CONNECTIONS;
    const client = clients[turn];
    if (client === undefined) throw new Error('a caller without connections');
    return client;
  };
  const complete = completeRequest();
  const embed = embedRequest();
  return {
    complete: () => callOnce(nextClient(), `${SERVICE}/Complete`, complete),
    embed: () => callOnce(nextClient(), `${SERVICE}/Embed`, embed),
    stream: (pace) => openStream(nextClient(), STREAM_REQUESTS[pace]),
    close: () => {
      for (const client of clients) client.close();
    },
  };
}

function callOnce(client: Client, path: string, message: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, asIs, asIs, message, (error: Error | null) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
}

function openStream(client: Client, message: Buffer): OpenStream {
  const call = client.makeServerStreamRequest(`${SERVICE}/Stream`, asIs, asIs, message);
  const begun = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  call.on('data', () => begun.resolve());
  call.on('error', (error) => {
    begun.reject(error);
    ended.reject(error);
  });
  call.on('end', () => ended.resolve()); // Only with status OK; any other comes as an error.
  begun.promise.catch(() => undefined); // Whoever waits for the end hears of it there.
  return { begun: begun.promise, ended: ended.promise, cancel: () => call.cancel() };
}

function asIs(bytes: Buffer): Buffer {
  return bytes;
}

function generationOf(pace: Pace) {
  return { model: modelOf(pace), messages: [userText(PROMPT)], maxOutputTokens: 256 };
}

function completeRequest(): Buffer {
  const request = CompleteRequest.fromPartial({ generation: generationOf('burst') });
  return Buffer.from(CompleteRequest.encode(request).finish());
}

function streamRequest(pace: Pace): Buffer {
  const request = StreamRequest.fromPartial({ generation: generationOf(pace) });
  return Buffer.from(StreamRequest.encode(request).finish());
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
