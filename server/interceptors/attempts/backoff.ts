/** How long to wait before a deployment is asked again. Pure. */
import type { RetryConfig } from '../../config/snapshot.ts';
import type { Random } from '../../model/clock.ts';

/**
 * Decorrelated jitter: between the base and three times the last wait, capped, so that calls that failed together do not
 * come back together. Source: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 * @param lastMs The wait before this one; 0: there was none.
 */
export function nextDelayMs(
  { baseDelayMs, maxDelayMs }: Pick<RetryConfig, 'baseDelayMs' | 'maxDelayMs'>,
  lastMs: number,
  random: Random,
): number {
  const highest = Math.max(baseDelayMs, lastMs * 3);
  return Math.min(maxDelayMs, baseDelayMs + random() * (highest - baseDelayMs));
}
