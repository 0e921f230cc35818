/** The admin HTTP listener: metrics for Prometheus, liveness and readiness for the platform. Nothing else, and nothing about calls. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Listener } from '../../config/snapshot.ts';
import type { Clock } from '../../model/clock.ts';
import { type TlsEvent, type TlsWatch, watchTls } from '../grpc/tls-watch.ts';

/** Whether the process can take calls, and if not, why. */
export interface Readiness {
  readonly ready: boolean;
  /** For people: one line each. Shown whether it is ready or not (a configuration that was not taken over is a note, no failure). */
  readonly notes: readonly string[];
}

/** What the listener shows. */
export interface AdminHttpDeps {
  readonly clock: Clock;
  readonly certReloadMs: number;
  readonly onTlsEvent: (event: TlsEvent) => void;
  readonly readiness: () => Readiness;
  /** Metrics in Prometheus' text format. */
  readonly renderMetrics: () => Promise<string>;
}

/** The running listener. */
export interface AdminHttp {
  readonly start: () => Promise<{ readonly port: number }>;
  readonly tls: () => TlsWatch | undefined;
  /** Ends it at once, open requests too. */
  readonly destroy: () => Promise<void>;
}

interface Page {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const TEXT = 'text/plain; charset=utf-8';
const PROMETHEUS = 'text/plain; version=0.0.4; charset=utf-8';
const MAX_CONNECTIONS = 64; // A handful of probes and scrapers.
const LIMITS = {
  maxHeaderSize: 8192,
  headersTimeout: 5000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5000,
  connectionsCheckingInterval: 1000,
} as const;

/** A listener at an address, not started yet. With TLS, clients must show a certificate if its configuration says so. */
export function createAdminHttp(listener: Listener, deps: AdminHttpDeps): AdminHttp {
  let server: Server | undefined;
  let tls: TlsWatch | undefined;
  return {
    async start() {
      const { clock, certReloadMs, onTlsEvent } = deps;
      const watching = { clock, reloadMs: certReloadMs, onEvent: onTlsEvent };
      tls = listener.tls === undefined ? undefined : await watchTls(listener.tls, watching);
      server = tls === undefined ? createServer(LIMITS) : createTlsServer(tls, listener.tls?.clientAuth === 'require');
      server.maxConnections = MAX_CONNECTIONS;
      server.on('request', (request, response) => void answer(request, response, deps));
      return { port: await listen(server, listener) };
    },
    tls: () => tls,
    async destroy() {
      tls?.stop();
      const closing = server;
      if (closing === undefined) return;
      await new Promise<void>((resolve) => {
        closing.close(() => resolve());
        closing.closeAllConnections();
      });
    },
  };
}

function createTlsServer(tls: TlsWatch, requireClient: boolean): Server {
  const options = { ...LIMITS, requestCert: requireClient, rejectUnauthorized: requireClient };
  const server = createSecureServer({ ...options, ...tls.current().context });
  tls.onChange((material) => server.setSecureContext(material.context));
  return server;
}

function listen(server: Server, { host, port }: Listener): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

async function answer(request: IncomingMessage, response: ServerResponse, deps: AdminHttpDeps): Promise<void> {
  const { status, type, body } = await route(request, deps);
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(status === 405 ? { allow: 'GET, HEAD' } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
  request.resume(); // A body has no meaning here.
}

async function route(request: IncomingMessage, deps: AdminHttpDeps): Promise<Page> {
  const render = PAGES.get((request.url ?? '').split('?', 1)[0] ?? '');
  if (render === undefined) return text(404, 'not found; there are /livez, /readyz and /metrics');
  if (request.method !== 'GET' && request.method !== 'HEAD') return text(405, 'only GET and HEAD are served');
  try {
    return await render(deps);
  } catch {
    return text(500, 'failed'); // What failed has been logged where it failed; it is not for whoever asks here.
  }
}

type Render = (deps: AdminHttpDeps) => Page | Promise<Page>;

const PAGES: ReadonlyMap<string, Render> = new Map<string, Render>([
  ['/livez', () => text(200, 'ok')],
  ['/readyz', (deps) => readyPage(deps.readiness())],
  ['/metrics', async (deps) => ({ status: 200, type: PROMETHEUS, body: await deps.renderMetrics() })],
]);

function readyPage({ ready, notes }: Readiness): Page {
  return text(ready ? 200 : 503, [ready ? 'ok' : 'not ready', ...notes].join('\n'));
}

function text(status: number, body: string): Page {
  return { status, type: TEXT, body: `${body}\n` };
}
