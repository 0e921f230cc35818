/** Tokens and assertions hold the time: an endpoint that refuses them may do so because of the gateway's clock. */

/** More than this is no delay of the network. */
const TOLERATED_MS = 60_000;

/** What is wrong with the gateway's clock by the Date header of a reply; undefined: nothing, or it does not tell. */
export function describeSkew(date: string, nowMs: number): string | undefined {
  const offMs = nowMs - Date.parse(date);
  if (Number.isNaN(offMs) || Math.abs(offMs) < TOLERATED_MS) return undefined;
  const minutes = Math.round(Math.abs(offMs) / 60_000);
  return `the gateway's clock is about ${minutes} minute${minutes === 1 ? '' : 's'} ${offMs > 0 ? 'fast' : 'slow'}`;
}
