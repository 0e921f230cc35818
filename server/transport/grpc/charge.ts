/** What a call costs, written into its record once. */
import type { AttemptRecord, Call } from '../../model/call.ts';
import { type Charge, costOf } from '../../model/cost.ts';
import type { Deployment } from '../../model/target.ts';
import type { Cost, Usage } from '../../model/wire.ts';

/** What an answer consumed, and where. */
export interface Consumed {
  readonly deployment: Deployment;
  /** Undefined: the provider did not say. */
  readonly usage: Usage | undefined;
}

type Charged = Pick<Call, 'record' | 'receivedAtWallMs'>;

/**
 * The cost of a call's answer: of the attempts that made it, several for a batch. A call that another one paid for has the cost
 * of the answer in its reply, and none in its record.
 */
export function chargeAnswer(call: Charged, { deployment, usage }: Consumed): Cost {
  const { record, receivedAtWallMs } = call;
  const charges = chargesOf(record.attempts.filter(({ error }) => error === undefined));
  if (charges.length === 0 && usage !== undefined) charges.push({ usage, prices: deployment.prices });
  const cost = costOf(charges, receivedAtWallMs);
  if (!record.joined) record.cost = cost;
  return cost;
}

/** The cost of a call as far as it went: its answer's, or else that of its attempts. Undefined: nothing is known of them. */
export function chargeAttempts({ record, receivedAtWallMs }: Charged): Cost | undefined {
  if (record.cost !== undefined || record.joined) return record.cost;
  const charges = chargesOf(record.attempts);
  if (charges.length > 0) record.cost = costOf(charges, receivedAtWallMs);
  return record.cost;
}

function chargesOf(attempts: readonly AttemptRecord[]): Charge[] {
  return attempts.flatMap(({ usage, billedUsage, prices }) =>
    usage === undefined ? [] : [{ usage: billedUsage ?? usage, prices }],
  );
}
