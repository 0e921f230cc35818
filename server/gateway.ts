/** The gateway: the list of what a call passes, outermost first. Every RPC and every door goes through it. */
import type { Entered } from './config/snapshot.ts';
import { type AttemptsDeps, attempts } from './interceptors/attempts/attempts.ts';
import { type AuthDeps, auth } from './interceptors/auth/auth.ts';
import { type BatchesDeps, batches } from './interceptors/batches/batches.ts';
import { type Handler, onion } from './interceptors/chain.ts';
import { type JoiningDeps, joining } from './interceptors/joining/joining.ts';
import { listing } from './interceptors/listing.ts';
import { policy } from './interceptors/policy.ts';
import { type RoutingDeps, routing } from './interceptors/routing/routing.ts';
import { type TracingDeps, tracing } from './interceptors/tracing.ts';
import type { InvokeDeps } from './upstream/invocation.ts';
import { createInvoke } from './upstream/invoke.ts';

/** Answers calls of every RPC, for every door. */
export type Gateway = Handler<Entered>;

/** What the gateway needs from outside. */
export type GatewayDeps = TracingDeps & AuthDeps & JoiningDeps & RoutingDeps & BatchesDeps & AttemptsDeps & InvokeDeps;

/** Puts the gateway together. A wrong order does not compile. */
export function createGateway(deps: GatewayDeps): Gateway {
  return onion()
    .use(tracing(deps)) //  span; the caller's trace in, the provider's out
    .use(auth(deps)) //     certificate → identity → client
    .use(listing()) //      ListModels is answered here
    .use(policy()) //       the model exists and was given to this client
    .use(joining(deps)) //  the same request id in flight shares one answer
    .use(routing(deps)) //  snapshot + call → plan
    .use(batches(deps)) //  a large Embed becomes several
    .use(attempts(deps)) // retry, next deployment, waits, one deadline
    .around(createInvoke(deps));
}
