/** A provider on loopback that speaks one host's language: it keeps what arrives, and answers whole, as a stream or with an error. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { ArrivedRequest } from '../aws-verifier.ts';
import { type HostReplies, TOO_OFTEN } from './host-replies.ts';

/** The server. */
export interface HostServer extends AsyncDisposable {
  readonly origin: string;
  /** What has arrived since it was asked for last. */
  readonly takeArrived: () => readonly ArrivedRequest[];
  /** What the next requests get. */
  readonly answer: (kind: 'whole' | 'stream' | 'error') => void;
}

/** Opens a server on a free port. */
export async function openHostServer(replies: HostReplies): Promise<HostServer> {
  let arrived: ArrivedRequest[] = [];
  let kind: 'whole' | 'stream' | 'error' = 'whole';
  const receive = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const headers = incoming.headers as Record<string, string>; // None of those that come here is a list.
    arrived.push({ method: incoming.method ?? '', path: incoming.url ?? '', headers, body: await buffer(incoming) });
    if (kind === 'stream' && replies.stream !== undefined) {
      response.setHeader('content-type', replies.stream.contentType).end(replies.stream.body);
      return;
    }
    response.statusCode = kind === 'error' ? 429 : 200;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(kind === 'error' ? TOO_OFTEN : replies.whole));
  };
  const server = createServer((incoming, response) => void receive(incoming, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // Holds for a server on a port.
    takeArrived() {
      const taken = arrived;
      arrived = [];
      return taken;
    },
    answer(next) {
      kind = next;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
