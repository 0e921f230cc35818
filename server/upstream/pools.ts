/**
 * Connections to providers. Pools live outside the snapshot: a provider whose connection settings are the same before and
 * after a configuration swap keeps its pool, and with it its open connections.
 */
import { createHash } from 'node:crypto';
import type { LookupFunction } from 'node:net';
import { Client, type Dispatcher, Pool } from 'undici';
import type { Provider } from '../model/target.ts';
import { createConnector } from './connect.ts';

/** What a request can be told about the connection it is sent on. */
export interface ConnectionUse {
  /** Requests that the connection has carried. */
  requests: number;
}

/** A request that wants to know its connection. */
export interface ConnectionAware {
  connection: ConnectionUse | undefined;
}

/** The connections to one provider. */
export interface ProviderPool {
  readonly pool: Pool;
  /** Limit for connections opened from now on, in milliseconds: the last request's, as undici knows none for each request. */
  connectTimeoutMs: number;
}

/**
 * An idle connection saves the next call a TLS handshake. Below the 60 to 75 s after which load balancers and nginx close
 * theirs by default; a shorter hint of the server's own counts instead.
 */
const IDLE_CONNECTION_MS = 50_000;
const DEFAULT_CONNECT_TIMEOUT_MS = 2_000;

/** All pools, by what makes their connections differ. */
export class Pools {
  readonly #lookup: LookupFunction | undefined;
  readonly #byKey = new Map<string, ProviderPool>();
  /** The way of a call: one look-up, no key. */
  #byProvider = new WeakMap<Provider, ProviderPool>();

  constructor(lookup?: LookupFunction) {
    this.#lookup = lookup;
  }

  /** The pool of a provider, made if there is none. */
  of(provider: Provider): ProviderPool {
    const known = this.#byProvider.get(provider);
    if (known !== undefined) return known;
    const key = keyOf(provider);
    const pool = this.#byKey.get(key) ?? openPool(provider, this.#lookup);
    this.#byKey.set(key, pool);
    this.#byProvider.set(provider, pool);
    return pool;
  }

  /** Closes the pools that none of these providers uses; requests in flight end in peace. */
  async retain(providers: Iterable<Provider>): Promise<void> {
    const kept = new Set(Array.from(providers, keyOf));
    const gone = [...this.#byKey].filter(([key]) => !kept.has(key));
    if (gone.length === 0) return;
    for (const [key] of gone) this.#byKey.delete(key);
    this.#byProvider = new WeakMap();
    await Promise.all(gone.map(([, { pool }]) => pool.close()));
  }

  /** Lets requests in flight end, and opens no connection any more. */
  async close(): Promise<void> {
    await Promise.all(Array.from(this.#byKey.values(), ({ pool }) => pool.close()));
  }

  /** Ends every request. */
  async destroy(): Promise<void> {
    await Promise.all(Array.from(this.#byKey.values(), ({ pool }) => pool.destroy()));
  }
}

/** Two providers of one key can share connections. The private key is in it as part of a hash only. */
function keyOf({ name, baseUrl, proxyUrl, tls, maxConnections }: Provider): string {
  const parts = [name, baseUrl, proxyUrl, tls.ca, tls.cert, tls.key?.reveal(), tls.serverName, maxConnections];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

function openPool(provider: Provider, lookup: LookupFunction | undefined): ProviderPool {
  const limits = { connectTimeoutMs: DEFAULT_CONNECT_TIMEOUT_MS };
  const connect = createConnector({ provider, lookup, timeoutMs: () => limits.connectTimeoutMs });
  const pool = new Pool(new URL(provider.baseUrl).origin, {
    connections: provider.maxConnections,
    connect,
    factory: openClient,
    pipelining: 1,
    allowH2: false,
    useMilo: false,
    keepAliveTimeout: IDLE_CONNECTION_MS,
    keepAliveMaxTimeout: IDLE_CONNECTION_MS,
    // Phases are timed by whoever sends: undici's limits would cut long thinking, and hide stalls.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  return Object.assign(limits, { pool });
}

/** A client, that is one connection, which counts its requests and tells each of them. */
function openClient(origin: URL, options: object): Dispatcher {
  const use: ConnectionUse = { requests: 0 };
  const client = new Client(origin, options);
  client.on('connect', () => {
    use.requests = 0;
  });
  const dispatch = client.dispatch.bind(client);
  client.dispatch = (request, handler) => {
    if (isConnectionAware(handler)) handler.connection = use;
    return dispatch(request, handler);
  };
  return client;
}

function isConnectionAware(handler: object): handler is ConnectionAware {
  return 'connection' in handler;
}
