/** What invoke is given: a call with the deployment that was chosen for it, and the ports it goes through. */
import type { AttemptRecord, Call, Rpc } from '../model/call.ts';
import type { Clock } from '../model/clock.ts';
import type { Deployment } from '../model/target.ts';
import type { Generation } from '../model/wire.ts';
import type { Dialect } from '../providers/dialect.ts';
import type { Host } from '../providers/host.ts';
import type { Exchange } from './exchange.ts';

/** Sizes in bytes; contract.md's table. */
export interface UpstreamSizes {
  /** One line or event of a provider's stream. */
  readonly upstreamFrameBytes: number;
  /** One reply body, or four times the reply cap if that is more. */
  readonly upstreamBodyBytes: number;
  /** What is held before the commit point. */
  readonly heldBytes: number;
  readonly heldFrames: number;
}

/** Times of replies, in milliseconds. */
export interface UpstreamTimes {
  /** How long one reply, or one event of a stream, may come too slowly. */
  readonly slowProviderMs: number;
}

/** A call on its last step. What interceptors have added is named by its shape, as this layer does not know them. */
export type Invocation<R extends Rpc = Rpc> = Call<R> & {
  readonly snapshot: { readonly sizes: UpstreamSizes; readonly times: UpstreamTimes };
  readonly deployment: Deployment;
  readonly attempt: AttemptRecord;
  readonly traceHeaders: Readonly<Record<string, string>>;
};

/** Tokens of a prompt, counted by the gateway itself; `counter` says how. */
export type TokenEstimator = (
  generation: Generation,
  upstreamModel: string,
) => Promise<{ readonly tokens: number; readonly counter: string }>;

/** The ports of invoke. */
export interface InvokeDeps {
  /** By id. */
  readonly dialects: ReadonlyMap<string, Dialect>;
  readonly hosts: ReadonlyMap<string, Host>;
  readonly network: Exchange;
  readonly inProcess: Exchange;
  readonly clock: Clock;
  /** For dialects whose provider has no counter of its own. */
  readonly estimateTokens: TokenEstimator;
}
