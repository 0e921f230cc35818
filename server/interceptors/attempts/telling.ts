/** Which of several failures the caller is told. Pure. */
import type { GatewayError } from '../../model/errors.ts';

/**
 * The failure that tells the caller most: the last one, unless that is of a kind that only the operator can mend (class
 * next: a refused key, an unknown model, a broken certificate) and an earlier one may pass by itself (class same). Then
 * the latest of those: it says truthfully that trying again later may help.
 */
export function mostTelling(errors: readonly GatewayError[]): GatewayError | undefined {
  const last = errors.at(-1);
  if (last === undefined || last.row.retry !== 'next') return last;
  return errors.findLast(({ row }) => row.retry === 'same') ?? last;
}
