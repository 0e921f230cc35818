/** The port between the gateway and whatever answers its requests: HTTP, or the simulator in process. */
import type { GatewayError } from '../model/errors.ts';
import type { Provider } from '../model/target.ts';

/** One HTTP request. */
export interface UpstreamRequest {
  readonly provider: Provider;
  readonly method: 'POST' | 'GET';
  /** Path with its query, the base URL's prefix included. */
  readonly path: string;
  /** Lower-case names. Signed: nothing is added but what HTTP itself demands. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Time to an open connection, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** Hears of an error reply, for the sake of the credentials, and gives the error that it then is. No exchange calls it. */
  readonly onRefusal?: (error: GatewayError) => GatewayError;
}

/** What comes back, as it comes. Exactly one of onEnd and onError is called, last. */
export interface ResponseSink {
  /**
   * The request has left on a connection; `reused`: an earlier request used it. Called again if that connection turns out
   * to be closed and the request leaves on another one.
   */
  onSent(reused: boolean): void;
  /** Lower-case header names. */
  onHeaders(status: number, headers: ReadonlyMap<string, string>): void;
  /** Decompressed bytes, never none. They stay as they are: the receiver may keep them, and must not change them. */
  onData(chunk: Uint8Array): void;
  onEnd(): void;
  /** UPSTREAM_DNS, _CONNECT, _TLS, _RESET, _PROTOCOL, or SERVER_DRAINING. Not called after `abort`. */
  onError(error: GatewayError): void;
}

/** A request under way. */
export interface Flow {
  /** Stops reading, down to the socket. */
  pause(): void;
  resume(): void;
  /** Closes the connection at once; nothing is called after. Harmless at the end. */
  abort(): void;
}

/** Sends requests. The sink may be called before `send` has returned. */
export interface Exchange {
  send(request: UpstreamRequest, sink: ResponseSink): Flow;
  /** Closes what is idle and, after the grace time, the rest. */
  close(): Promise<void>;
}
