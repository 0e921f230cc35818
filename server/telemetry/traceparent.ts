/** The traceparent header of W3C Trace Context: https://www.w3.org/TR/trace-context-2/ */

/** Where in a trace a call stands. */
export interface TraceParent {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  readonly sampled: boolean;
  /** tracestate: what other systems on the way noted, as text. Kept in our spans, not sent to providers. */
  readonly state?: string;
}

/** Later versions may have more fields behind another dash; what is before them stays (4.3). */
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** Reads traceparent and tracestate; undefined if the first is absent or malformed, which starts a trace anew. */
export function parseTraceParent(header: string | undefined, state?: string): TraceParent | undefined {
  const match = header === undefined ? null : TRACEPARENT.exec(header);
  if (match === null) return undefined;
  const [, version = '', traceId = '', spanId = '', flags = '', more] = match;
  if (version === '00' && more !== undefined) return undefined;
  const sampled = (Number.parseInt(flags, 16) & 1) === 1;
  return { traceId, spanId, sampled, ...(state !== undefined && { state }) };
}

/** Writes a header. */
export function formatTraceParent({ traceId, spanId, sampled }: TraceParent): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
}
