/**
 * One request of an attempt on its way to a provider and back: everything that is the same for every kind of reply. It
 * watches the call's signal, sorts replies by their status, keeps the caps, and writes the attempt's record. It ends exactly
 * once, and nothing of the reply is heard after.
 */
import type { Clock } from '../model/clock.ts';
import { GatewayError } from '../model/errors.ts';
import type { Reason } from '../model/reasons.ts';
import type { Usage } from '../model/wire.ts';
import type { Dialect } from '../providers/dialect.ts';
import { attribute, readingError } from './attribution.ts';
import { Body } from './body.ts';
import type { Exchange, Flow, ResponseSink, UpstreamRequest } from './exchange.ts';
import type { Invocation } from './invocation.ts';
import { Watchdog } from './watchdog.ts';

/** Reads the body of a reply whose status is a success. What its methods throw ends the passage. */
export interface ReplyReader {
  onHead(status: number, headers: ReadonlyMap<string, string>): void;
  onData(chunk: Uint8Array): void;
  onEnd(): void;
  /** What a broken connection means at this moment. */
  broken(error: GatewayError): GatewayError;
  /** What the end of the call means at this moment. */
  aborted(error: GatewayError): GatewayError;
  /** The passage has failed: said once, last. */
  onFailure(error: GatewayError): void;
  /** Usage that the provider has reported so far. */
  readonly usage: Usage | undefined;
}

/** What a passage needs. */
export interface PassageDeps {
  readonly call: Invocation;
  readonly clock: Clock;
  readonly dialect: Dialect;
  readonly exchange: Exchange;
  /** Largest body, in bytes. */
  readonly maxBytes: number;
}

const MAX_ERROR_BYTES = 64 * 1024;
/** The status has said already that it failed: the words are waited for only so long. */
const ERROR_BODY_MS = 2_000;
/**
 * After its last word a provider closes the body, and the connection can be used again; one that takes longer costs the
 * next call a new connection and nothing else.
 */
const LINGER_MS = 1_000;
const DEFAULT_REPLY_CAP_BYTES = 4 * 1024 * 1024;

/** The cap on a reply's body for a call. */
export function bodyCapOf({ snapshot, options }: Invocation): number {
  return Math.max(snapshot.sizes.upstreamBodyBytes, 4 * (options.maxReplyBytes ?? DEFAULT_REPLY_CAP_BYTES));
}

/** One request on its way. */
export class Passage implements ResponseSink {
  /** Times the phases of the attempt; whoever reads arms it. */
  readonly watchdog: Watchdog;
  readonly #deps: PassageDeps;
  readonly #attempt: Invocation['attempt'];
  readonly #provider: Invocation['deployment']['provider'];
  readonly #onAbort = (): void => this.#abort();
  #reader: ReplyReader | undefined;
  #onRefusal: UpstreamRequest['onRefusal'];
  #flow: Flow | undefined;
  #status = 0;
  #headers: ReadonlyMap<string, string> = new Map();
  #bytes = 0;
  #errorBody: Body | undefined;
  #ended = false;
  #flowEnded = false;
  #paused = false;

  constructor(deps: PassageDeps) {
    this.#deps = deps;
    this.#attempt = deps.call.attempt; // The call's own is another one by the time of the next attempt.
    this.#provider = deps.call.deployment.provider;
    this.watchdog = new Watchdog(deps.clock);
  }

  /** Sends the request, once it has its credentials; the reader hears what comes of it. */
  send(request: UpstreamRequest | Promise<UpstreamRequest>, reader: ReplyReader): void {
    const { signal } = this.#deps.call;
    this.#reader = reader;
    signal.addEventListener('abort', this.#onAbort, { once: true });
    if (signal.aborted) this.#abort();
    if (!(request instanceof Promise)) this.#dispatch(request);
    else request.then((signed) => this.#dispatch(signed)).catch((thrown) => this.fail(GatewayError.from(thrown)));
  }

  #dispatch(request: UpstreamRequest): void {
    if (this.#ended) return; // Given up already, perhaps while its credentials were fetched.
    this.#onRefusal = request.onRefusal;
    const flow = this.#deps.exchange.send(request, this);
    this.#flow = flow;
    if (this.#ended && !this.#flowEnded)
      flow.abort(); // It failed before there was a flow to abort.
    else if (this.#paused) flow.pause();
  }

  /** The reply is whole and read. */
  succeed(): void {
    if (!this.#end(undefined) || this.#flowEnded) return;
    this.resume();
    this.watchdog.arm(LINGER_MS, () => this.#flow?.abort());
  }

  /** Gives up: the connection is closed at once. */
  fail(thrown: GatewayError): void {
    const error = isOfCall(thrown) ? thrown : attribute(thrown, this.#provider, this.#status);
    if (!this.#end(error)) return;
    if (!this.#flowEnded) this.#flow?.abort();
    this.#reader?.onFailure(error);
  }

  /** Stops the provider. */
  pause(): void {
    if (this.#paused || this.#ended) return;
    this.#paused = true;
    this.#flow?.pause();
  }

  /** Lets it go on: soon, as whoever reads may stand in the midst of another connection's bytes. */
  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    queueMicrotask(() => {
      if (!this.#paused) this.#flow?.resume();
    });
  }

  onSent(): void {
    // Nothing depends on it.
  }

  onHeaders(status: number, headers: ReadonlyMap<string, string>): void {
    if (this.#ended) return;
    this.#status = status;
    this.#headers = headers;
    this.#attempt.upstreamStatus = status;
    if (status >= 300 && status < 400) {
      this.fail(new GatewayError('UPSTREAM_REDIRECT', `the provider answered with a redirect (${status})`));
    } else if (status < 200 || status >= 400) {
      this.#errorBody = new Body();
      this.watchdog.arm(ERROR_BODY_MS, () => this.#failByReply());
    } else {
      this.#guard((reader) => reader.onHead(status, headers));
    }
  }

  onData(chunk: Uint8Array): void {
    if (this.#ended) {
      this.#skip(chunk);
      return;
    }
    this.#bytes += chunk.length;
    if (this.#errorBody !== undefined) {
      this.#errorBody.add(chunk);
      if (this.#bytes >= MAX_ERROR_BYTES) this.#failByReply();
      return;
    }
    if (this.#bytes > this.#deps.maxBytes) {
      this.fail(bodyTooLarge(this.#deps.maxBytes));
      return;
    }
    this.#guard((reader) => reader.onData(chunk));
  }

  onEnd(): void {
    this.#flowEnded = true;
    if (this.#ended) this.watchdog.stop();
    else if (this.#errorBody !== undefined) this.#failByReply();
    else this.#guard((reader) => reader.onEnd());
  }

  onError(error: GatewayError): void {
    this.#flowEnded = true;
    if (this.#ended) this.watchdog.stop();
    else if (this.#errorBody !== undefined) this.#failByReply();
    else this.fail(this.#reader?.broken(error) ?? error);
  }

  #guard(read: (reader: ReplyReader) => void): void {
    if (this.#reader === undefined) return;
    try {
      read(this.#reader);
    } catch (thrown) {
      this.fail(readingError(thrown));
    }
  }

  #abort(): void {
    const error = GatewayError.from(this.#deps.call.signal.reason);
    this.fail(this.#reader?.aborted(error) ?? error);
  }

  #failByReply(): void {
    const body = this.#errorBody?.text(MAX_ERROR_BYTES) ?? '';
    const contentType = this.#headers.get('content-type') ?? '';
    const error = this.#deps.dialect.decodeError(this.#status, this.#headers, contentType, body);
    this.fail(this.#onRefusal?.(error) ?? error);
  }

  /** What comes after the last word is let pass, unless it is more than an end. */
  #skip(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#deps.maxBytes) this.#flow?.abort();
  }

  #end(error: GatewayError | undefined): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    this.#deps.call.signal.removeEventListener('abort', this.#onAbort);
    this.watchdog.stop();
    this.#attempt.endedAtMs = this.#deps.clock.nowMs();
    this.#attempt.error = error;
    const usage = this.#reader?.usage;
    this.#attempt.usage = usage;
    this.#attempt.billedUsage = usage && this.#deps.dialect.billedUsage?.(usage);
    return true;
  }
}

/** The gateway ended the call for its own or the caller's reasons: the provider has no part in it. */
function isOfCall({ reason }: GatewayError): boolean {
  return OF_CALL.has(reason);
}

const OF_CALL: ReadonlySet<Reason> = new Set<Reason>([
  'CANCELLED',
  'DEADLINE_EXCEEDED',
  'SERVER_DRAINING',
  'CLIENT_TOO_SLOW',
]);

function bodyTooLarge(maxBytes: number): GatewayError {
  return new GatewayError('UPSTREAM_RESPONSE_TOO_LARGE', `the provider's reply is over ${maxBytes} bytes`, {
    metadata: { maxBytes: String(maxBytes) },
  });
}
