/** Which deployment is asked next, for one call. Pure but for its own memory. */
import type { GatewayError } from '../../model/errors.ts';
import type { Deployment } from '../../model/target.ts';
import type { Cooldowns } from './cooldowns.ts';

/** A deployment to ask, and when. */
export interface Step {
  readonly deployment: Deployment;
  /** Whether the call has asked it before. */
  readonly again: boolean;
  /** Monotonic time before which it does not want to be asked; undefined: at once. */
  readonly notBeforeMs: number | undefined;
}

/** The way of one call through its plan. */
export interface Route {
  /** The deployment to ask next; undefined: there is none that could do any better. */
  readonly next: () => Step | undefined;
  /** Notes that the deployment failed. */
  readonly failed: (deployment: Deployment, error: GatewayError) => void;
}

/** What an attempt's failure means for the rest of the call. */
export type RetryClass = 'never' | 'same' | 'next';

/**
 * The reason's class, overruled by what the provider itself says (x-should-retry): yes makes any failure worth another try;
 * no speaks for that provider only, so another deployment may still be asked.
 */
export function retryClass({ row, details }: GatewayError): RetryClass {
  if (details.shouldRetry === true) return 'same';
  return details.shouldRetry === false && row.retry === 'same' ? 'next' : row.retry;
}

/**
 * Goes through the plan in its order: first whatever has not been asked yet, what is out of order last; then those that must
 * not be asked yet or whose failure may pass, the one that is ready first. If every deployment is under a Retry-After, the
 * one that is ready first is asked at once all the same: the call has nowhere else to go.
 */
export function createRoute(deployments: readonly Deployment[], cooldowns: Cooldowns, nowMs: () => number): Route {
  const later: Step[] = [];
  const fresh: Step[] = [];
  const broken: Step[] = [];
  for (const deployment of deployments) {
    const step = { deployment, again: false, notBeforeMs: cooldowns.until(deployment.id) };
    if (step.notBeforeMs !== undefined) later.push(step);
    else (cooldowns.isOutOfOrder(deployment.id) ? broken : fresh).push(step);
  }
  fresh.push(...broken);
  if (fresh.length === 0) fresh.push(...takeSoonest(later).map((step) => ({ ...step, notBeforeMs: undefined })));
  return {
    next: () => fresh.shift() ?? takeSoonest(later)[0],
    failed(deployment, error) {
      if (retryClass(error) !== 'same') return;
      const { retryAfterMs } = error.details;
      const notBeforeMs = retryAfterMs === undefined ? undefined : nowMs() + retryAfterMs;
      later.push({ deployment, again: true, notBeforeMs });
    },
  };
}

/** Takes out the step that is ready first; of equals, the first in the list. */
function takeSoonest(steps: Step[]): readonly Step[] {
  const soonest = Math.min(...steps.map(readyAt));
  const index = steps.findIndex((step) => readyAt(step) === soonest);
  return index < 0 ? [] : steps.splice(index, 1);
}

function readyAt({ notBeforeMs }: Step): number {
  return notBeforeMs ?? 0;
}
