/** Signatures hold the time: AWS refuses those that are more than five minutes off, and says both times. */

/** What to do about a signature that came too late or too early; undefined: the refusal has another cause. */
export function describeClockSkew(message: string): string | undefined {
  const [, signed = '', received = ''] = SKEW.exec(message) ?? [];
  if (signed === '') return undefined;
  const minutes = Math.round(Math.abs(toMs(signed) - toMs(received)) / 60_000);
  const apart = minutes > 0 ? `by about ${minutes} minutes` : 'by minutes';
  return `The clocks of the gateway and of AWS differ ${apart}, so that its signatures are refused: set the gateway's clock.`;
}

/**
 * "Signature expired: 20261124T100000Z is now earlier than 20261124T101000Z (20261124T101500Z - 5 min.)", or "Signature not yet
 * current: … is still later than … (… + 5 min.)". The second is the edge of what AWS takes, the third its own time.
 */
const SKEW =
  /^Signature (?:expired|not yet current): (\d{8}T\d{6}Z) is (?:now earlier|still later) than \d{8}T\d{6}Z \((\d{8}T\d{6}Z)/;

/** Milliseconds of a moment like 20261124T100000Z. */
function toMs(moment: string): number {
  return Date.parse(moment.replace(/^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/, '$1-$2-$3T$4:$5:$6Z'));
}
