/** Deployments that had better be left alone for a while. Local to this replica, and only advice. */
import type { GatewayError } from '../../model/errors.ts';
import type { Reason } from '../../model/reasons.ts';

/** Which deployments cool down. */
export interface Cooldowns {
  /** Notes what a deployment's failure says about the next calls to it. */
  readonly note: (deploymentId: string, error: GatewayError) => void;
  /** Until when a deployment does not want to be asked (its Retry-After), monotonic; undefined: it may be asked. */
  readonly until: (deploymentId: string) => number | undefined;
  /** Whether a deployment failed lately in a way that only its operator can mend: others go first. */
  readonly isOutOfOrder: (deploymentId: string) => boolean;
}

const OUT_OF_ORDER: ReadonlySet<Reason> = new Set<Reason>([
  'UPSTREAM_CREDENTIALS',
  'UPSTREAM_QUOTA_EXHAUSTED',
  'UPSTREAM_MODEL_NOT_FOUND',
]);

const OUT_OF_ORDER_MS = 30_000; // Long enough to spare most calls the detour, short enough to notice a new key.

/** Cool-downs by deployment. They outlive a reload of the configuration, and no longer than their time. */
export function createCooldowns(nowMs: () => number): Cooldowns {
  const retryAfter = new Map<string, number>();
  const outOfOrder = new Map<string, number>();
  return {
    note(deploymentId, { reason, details }) {
      if (OUT_OF_ORDER.has(reason)) outOfOrder.set(deploymentId, nowMs() + OUT_OF_ORDER_MS);
      else if (details.retryAfterMs !== undefined) {
        const untilMs = nowMs() + details.retryAfterMs;
        retryAfter.set(deploymentId, Math.max(retryAfter.get(deploymentId) ?? untilMs, untilMs));
      }
    },
    until: (deploymentId) => later(retryAfter, deploymentId, nowMs()),
    isOutOfOrder: (deploymentId) => later(outOfOrder, deploymentId, nowMs()) !== undefined,
  };
}

function later(times: Map<string, number>, deploymentId: string, nowMs: number): number | undefined {
  const untilMs = times.get(deploymentId);
  if (untilMs === undefined || untilMs > nowMs) return untilMs;
  times.delete(deploymentId);
  return undefined;
}
