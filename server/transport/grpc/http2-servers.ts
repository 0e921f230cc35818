/**
 * Finds the HTTP/2 servers behind nice-grpc. nice-grpc makes a grpc-js server and grpc-js makes one HTTP/2 server an address,
 * and neither shows its own; but TLS refusals, connections, sessions and what grpc-js refuses by itself can be seen nowhere
 * else (faults.md section 6, item 9). Node's diagnostics channel tells of every server that begins to listen, and an
 * AsyncLocalStorage which of them are ours.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Http2SecureServer, Http2Server } from 'node:http2';

/** What grpc-js listens with. */
export type AnyHttp2Server = Http2Server | Http2SecureServer;

const LISTEN_CHANNEL = 'tracing:net.server.listen:asyncStart';
const binding = new AsyncLocalStorage<(server: AnyHttp2Server) => void>();

/** Runs `bind` and calls back with every HTTP/2 server that it makes listen, before the first connection is accepted. */
export async function bindHttp2Servers<T>(
  bind: () => Promise<T>,
  onServer: (server: AnyHttp2Server) => void,
): Promise<T> {
  let found = 0;
  const onListen = (message: unknown) => {
    const server = isServerMessage(message) ? message.server : undefined;
    if (server !== undefined) binding.getStore()?.(server);
  };
  subscribe(LISTEN_CHANNEL, onListen);
  try {
    const result = await binding.run((server) => {
      found += 1;
      onServer(server);
    }, bind);
    if (found === 0) throw new Error('grpc-js listens, but its HTTP/2 server was not seen');
    return result;
  } finally {
    unsubscribe(LISTEN_CHANNEL, onListen);
  }
}

function isServerMessage(message: unknown): message is { readonly server: AnyHttp2Server } {
  return typeof message === 'object' && message !== null && 'server' in message;
}
