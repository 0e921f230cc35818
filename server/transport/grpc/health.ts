/** grpc.health.v1, for the whole process and for each service. */
import type { ServerMiddleware } from 'nice-grpc';
import { HealthState } from 'nice-grpc-server-health';
import { GatewayError } from '../../model/errors.ts';
import { encodeStatus, toServerError } from './status.ts';

/** Health that every listener of the process shares. */
export interface Health {
  readonly state: HealthState;
  /** Says the same of the process and of every service; watchers are told at once. */
  readonly setServing: (serving: boolean) => void;
  readonly isServing: () => boolean;
}

/** Health of the given services, by full name; they serve from the start only if `serving` says so. */
export function createHealth(services: readonly string[], serving: boolean): Health {
  const state = HealthState();
  state.setMaxListeners(0); // One listener a watcher.
  const names = ['', ...services];
  const setServing = (now: boolean) => {
    for (const name of names) state.setStatus(now ? 'healthy' : 'unhealthy', name);
  };
  setServing(serving);
  return { state, setServing, isServing: () => state.getStatus('') === 'healthy' };
}

/** Ends a service's streams when the signal says so: health's watchers would hold up every shutdown (faults.md section 6, item 19). */
export function endOnDrain(drain: AbortSignal): ServerMiddleware {
  return async function* (call, context) {
    if (!call.responseStream) return yield* call.next(call.request, context);
    const ended = new AbortController();
    const end = () => ended.abort();
    context.signal.addEventListener('abort', end);
    drain.addEventListener('abort', end);
    try {
      return yield* call.next(call.request, { ...context, signal: ended.signal });
    } catch (thrown) {
      if (!drain.aborted || context.signal.aborted) throw thrown;
      const error = new GatewayError('SERVER_DRAINING', 'this replica shuts down');
      throw toServerError(encodeStatus(error, { callId: '', failure: undefined, attempts: 0 }), context.trailer);
    } finally {
      context.signal.removeEventListener('abort', end);
      drain.removeEventListener('abort', end);
    }
  };
}
