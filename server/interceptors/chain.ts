/** The onion: how interceptors are typed, and what each of them adds to a call. */
import type { Client, Entered, Model } from '../config/snapshot.ts';
import type { AttemptRecord, Call, Rpc, RpcTypes } from '../model/call.ts';
import type { Deployment } from '../model/target.ts';

/** Answers a call. Resolves when the answer has certainly begun (the commit point); rejects with a GatewayError. */
export type Handler<Ctx> = <R extends Rpc>(call: Call<R> & Ctx) => Promise<RpcTypes[R]['answer']>;

/**
 * Wraps a handler so that it sees what the interceptor adds. `Needs` is what interceptors further out have added: whatever
 * else the call carries by then (`Rest`) passes through untouched, so a new interceptor between two others changes neither.
 */
export interface Interceptor<Adds, Needs = Entered> {
  <Rest extends Needs>(next: Handler<Rest & Adds>): Handler<Rest>;
  /** Never there: it makes the compiler compare what is needed, which it does not for the bounds of type parameters. */
  readonly needs?: (context: Needs) => void;
}

/** Interceptors on their way to a handler, outermost first. An interceptor too early in the list does not compile. */
export interface Onion<Outer, Inner> {
  /** Adds an interceptor within those that are there. */
  readonly use: <Adds>(interceptor: Interceptor<Adds, Inner>) => Onion<Outer, Inner & Adds>;
  /** Puts the handler at the core. */
  readonly around: (core: Handler<Inner>) => Handler<Outer>;
}

/** Begins an onion around calls as they have entered. */
export function onion(): Onion<Entered, Entered> {
  return layer<Entered, Entered>((core) => core);
}

function layer<Outer, Inner>(around: (core: Handler<Inner>) => Handler<Outer>): Onion<Outer, Inner> {
  return {
    around,
    use: <Adds>(interceptor: Interceptor<Adds, Inner>) =>
      layer<Outer, Inner & Adds>((core) => around(interceptor<Inner>(core))),
  };
}

/** Whether a call is of an RPC; narrows its type. */
export function isCall<R extends Rpc, Ctx>(call: Call & Ctx, rpc: R): call is Call<R> & Ctx {
  return call.rpc === rpc;
}

/** Added by tracing. */
export interface Traced {
  /** Headers that carry the trace on to the provider; empty where the call is not traced. Attempts puts its own in place. */
  readonly traceHeaders: Readonly<Record<string, string>>;
  /** Begins the span of one attempt; undefined where the call is not traced. */
  readonly traceAttempt: ((attempt: AttemptRecord, deployment: Deployment) => AttemptTrace) | undefined;
}

/** The span of one attempt. */
export interface AttemptTrace {
  /** As Traced.traceHeaders, with the attempt as the parent of whatever the provider does. */
  readonly headers: Readonly<Record<string, string>>;
  /** Ends the span with what the attempt's record says by now. Once. */
  readonly end: () => void;
}

/** Added by auth. */
export interface Identified {
  readonly client: Client;
  /** The authenticated name, for instance spiffe://corp.example/ns/shop/sa/checkout. */
  readonly subject: string;
  /** How it was authenticated, for instance mtls. */
  readonly via: string;
}

/** Added by listing, which answers ListModels itself: every call further in asks for a model. */
export interface Asking {
  /** Alias of the model asked for; nobody has looked yet whether it exists. */
  readonly modelName: string;
}

/** Added by the policy seat: the model exists and this client was given it. */
export interface Permitted {
  readonly model: Model;
}

/** Added by joining: calls in flight with the same request id share one answer. */
export interface Joinable {
  /** The key of the shared flight; undefined: the call goes alone. */
  readonly flightKey: string | undefined;
}

/** Added by routing. */
export interface Routed {
  readonly plan: Plan;
}

/** The ordered deployments for one call, with the reasons. */
export interface Plan {
  /** Best first; at least one. */
  readonly deployments: readonly Deployment[];
  /** Every deployment of the model: why it stands where it stands, or why it is unfit. */
  readonly candidates: readonly { readonly deployment: Deployment; readonly fit: boolean; readonly detail: string }[];
}

/** Added by batches. */
export interface Batched {
  /** Which piece of a larger Embed this is, from 0, and of how many. */
  readonly batch: { readonly index: number; readonly count: number };
  /** Retries of all pieces so far: they share one allowance. */
  readonly retries: { used: number };
  /** The deployment to which the pieces after the first are bound: one vector space. Undefined: the plan's. */
  readonly boundTo: Deployment | undefined;
}

/** Added by attempts, anew for each. */
export interface Attempted {
  readonly deployment: Deployment;
  readonly attempt: AttemptRecord;
}

/** Adds what an interceptor has learnt to the call it was given; the call stays the same object. */
export function extend<C extends object, A extends object>(call: C, added: A): C & A {
  return Object.assign(call, added);
}
