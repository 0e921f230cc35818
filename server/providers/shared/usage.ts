/** Usage out of providers' counts, which are not to be trusted. */
import { UNKNOWN_USAGE } from '../../model/usage.ts';
import { type Usage, UsageConfidence } from '../../model/wire.ts';

const MAX_INT32 = 2 ** 31 - 1;

/** A count, if it is one: a whole number from 0 that an int32 holds. Anything else is unknown; 0 is 0. */
export function readCount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_INT32
    ? value + 0 // -0 becomes 0.
    : undefined;
}

/** The sum of the counts that are known; undefined if none is, or if it is no count any more. */
export function sumCounts(...counts: readonly (number | undefined)[]): number | undefined {
  const known = counts.filter((count) => count !== undefined);
  return known.length === 0 ? undefined : readCount(known.reduce((sum, count) => sum + count, 0));
}

/** Usage of which nothing is known but what is given; its confidence follows from the totals unless it is given. */
export function makeUsage(known: Partial<Usage>): Usage {
  return { ...UNKNOWN_USAGE, confidence: confidenceOf(known), ...known };
}

/** The same usage, as a call that ended before its last word reports it. */
export function partialUsage(usage: Usage): Usage {
  return usage.confidence === UsageConfidence.REPORTED ? { ...usage, confidence: UsageConfidence.PARTIAL } : usage;
}

function confidenceOf({ inputTokens, outputTokens }: Partial<Usage>): UsageConfidence {
  if (inputTokens !== undefined && outputTokens !== undefined) return UsageConfidence.REPORTED;
  return inputTokens === undefined && outputTokens === undefined ? UsageConfidence.UNKNOWN : UsageConfidence.PARTIAL;
}
