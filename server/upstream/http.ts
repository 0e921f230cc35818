/** The exchange over HTTP/1.1: undici's pools by `dispatch`, without limits of time or redirects of their own. */
import type { LookupFunction } from 'node:net';
import type { Dispatcher } from 'undici';
import { GatewayError } from '../model/errors.ts';
import type { Provider } from '../model/target.ts';
import { type Inflater, isIdentity, openInflater } from './decompress.ts';
import type { Exchange, Flow, ResponseSink, UpstreamRequest } from './exchange.ts';
import { type ConnectionAware, type ConnectionUse, Pools } from './pools.ts';
import { exchangeError } from './transport-errors.ts';

/** An exchange that keeps connections. */
export interface HttpExchange extends Exchange {
  /**
   * Told at each configuration swap: connections to providers that are no longer configured so are closed once their
   * requests have ended. Resolves when they have.
   */
  readonly retain: (providers: Iterable<Provider>) => Promise<void>;
}

/** Settings of the exchange. */
export interface HttpExchangeOptions {
  /** How long `close` lets requests in flight run, in milliseconds. Default: 5,000. */
  readonly closeGraceMs?: number;
  /** Resolves names. Default: the system's resolver. */
  readonly lookup?: LookupFunction;
}

const DEFAULT_CLOSE_GRACE_MS = 5_000;

/** Opens the exchange. No connection is made before a request needs it. */
export function createHttpExchange(options: HttpExchangeOptions = {}): HttpExchange {
  const pools = new Pools(options.lookup);
  let closing: Promise<void> | undefined;
  return {
    send(request, sink) {
      const flow = new HttpFlow(pools, request, sink);
      if (closing === undefined) flow.dispatch();
      else sink.onError(new GatewayError('SERVER_DRAINING', 'the gateway shuts down'));
      return flow;
    },
    retain: (providers) => pools.retain(providers),
    close() {
      closing ??= closeWithin(pools, options.closeGraceMs ?? DEFAULT_CLOSE_GRACE_MS);
      return closing;
    },
  };
}

async function closeWithin(pools: Pools, graceMs: number): Promise<void> {
  const closed = pools.close();
  const timer = setTimeout(() => void pools.destroy(), graceMs);
  await closed;
  clearTimeout(timer);
}

/**
 * One request and what comes back. Fault row 54 is here: a request that finds its kept connection closed by the other side
 * is sent once more, if not one byte of a reply had come. It may then be told `onSent` twice.
 */
class HttpFlow implements Flow, Dispatcher.DispatchHandler, ConnectionAware {
  connection: ConnectionUse | undefined;
  readonly #pools: Pools;
  readonly #request: UpstreamRequest;
  readonly #sink: ResponseSink;
  #options: Dispatcher.DispatchOptions | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #inflater: Inflater | undefined;
  #ended = false;
  #reused = false;
  #replyBegan = false;
  #resent = false;
  #paused = false;

  constructor(pools: Pools, request: UpstreamRequest, sink: ResponseSink) {
    this.#pools = pools;
    this.#request = request;
    this.#sink = sink;
  }

  dispatch(): void {
    const { provider, method, path, headers, body, connectTimeoutMs } = this.#request;
    const pool = this.#pools.of(provider);
    pool.connectTimeoutMs = connectTimeoutMs;
    this.#options = { method, path, headers, body: method === 'GET' ? null : body };
    pool.pool.dispatch(this.#options, this);
  }

  pause(): void {
    if (this.#ended || this.#paused) return;
    this.#paused = true;
    if (this.#inflater === undefined) this.#controller?.pause();
    else this.#inflater.pause();
  }

  resume(): void {
    if (this.#ended || !this.#paused) return;
    this.#paused = false;
    if (this.#inflater === undefined) this.#controller?.resume();
    else this.#inflater.resume();
  }

  abort(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#inflater?.destroy();
    if (this.#controller !== undefined) this.#controller.abort(ABORTED);
    // Still waiting for a connection, where undici cannot be told: the request is dropped in onRequestStart, and until then
    // its place in the queue holds nothing but its path.
    else if (this.#options !== undefined) this.#options.body = null;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Thrown rather than aborted: an abort here would close a connection that was never used.
    if (this.#ended) throw ABORTED;
    this.#controller = controller;
    this.#reused = this.connection !== undefined && this.connection.requests > 0;
    if (this.connection !== undefined) this.connection.requests++;
    this.#sink.onSent(this.#reused);
  }

  onResponseStarted(): void {
    this.#replyBegan = true;
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    if (status < 200 || this.#ended) return; // early hints and the like say nothing
    const encoding = firstOf(headers['content-encoding']);
    if (!isIdentity(encoding)) this.#inflater = this.#openInflater(controller, encoding ?? '');
    if (!this.#ended) this.#sink.onHeaders(status, toMap(headers));
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#ended) return;
    if (this.#inflater === undefined) this.#sink.onData(chunk);
    else this.#inflater.write(chunk);
  }

  onResponseEnd(): void {
    if (this.#ended) return;
    if (this.#inflater === undefined) this.#end();
    else this.#inflater.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController, cause: Error): void {
    if (this.#ended) return;
    const error = exchangeError(cause, `provider ${this.#request.provider.name}`);
    if (error.reason === 'UPSTREAM_RESET' && this.#reused && !this.#replyBegan && !this.#resent) {
      this.#resent = true;
      this.#controller = undefined;
      // Not at once: undici is in the midst of taking leave of the connection.
      queueMicrotask(() => {
        if (!this.#ended) this.dispatch();
      });
      return;
    }
    this.#fail(error);
  }

  #openInflater(controller: Dispatcher.DispatchController, encoding: string): Inflater | undefined {
    try {
      return openInflater(
        encoding,
        {
          onData: (chunk) => this.#sink.onData(chunk),
          onEnd: () => this.#end(),
          onError: (error) => {
            this.#fail(error); // first: the abort reports an error of its own
            controller.abort(ABORTED);
          },
          onFull: () => controller.pause(),
          onDrain: () => controller.resume(),
        },
        `provider ${this.#request.provider.name}`,
      );
    } catch (error) {
      this.#fail(GatewayError.from(error));
      controller.abort(ABORTED);
      return undefined;
    }
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#sink.onEnd();
  }

  #fail(error: GatewayError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#inflater?.destroy();
    this.#sink.onError(error);
  }
}

const ABORTED = new Error('the request was given up');

function firstOf(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.join(', ');
}

function toMap(headers: Readonly<Record<string, string | string[] | undefined>>): ReadonlyMap<string, string> {
  const map = new Map<string, string>();
  for (const name in headers) {
    const value = firstOf(headers[name]);
    if (value !== undefined) map.set(name, value);
  }
  return map;
}
