/** A collector of traces on loopback: it takes OTLP over HTTP and keeps the bytes. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** The collector. */
export interface SpanCollector extends AsyncDisposable {
  /** For telemetry.otlp. */
  readonly url: string;
  /** Everything that came, protobuf as it is: texts stand in it in UTF-8. */
  readonly bytes: () => Buffer;
}

/** Opens one on a free port. */
export async function openSpanCollector(): Promise<SpanCollector> {
  const bodies: Buffer[] = [];
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    bodies.push(await buffer(request));
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
  };
  const server = createServer((request, response) => void take(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // Holds for a server on a port.
  return {
    url: `http://127.0.0.1:${port}`,
    bytes: () => Buffer.concat(bodies),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
