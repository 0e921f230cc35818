/**
 * The grpc-timeout header. grpc-js folds it into 32 bits, so that anything from 2^31 ms (596 hours) on is a deadline in the
 * past (faults.md section 6, item 3), and when the time is up it answers by itself, without reason or details. So the header
 * is read here and taken away from grpc-js: whoever answers the call keeps the deadline that CallInfo tells.
 */
import type { IncomingHttpHeaders } from 'node:http2';

const FORMAT = /(\d{1,8})\s*([HMSmun])/; // As loose as grpc-js: what it takes must not slip by.
const UNIT_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };

/** Takes the timeout out of a request's headers. Undefined: it has none, or one that grpc-js will refuse (INTERNAL). */
export function takeGrpcTimeout(headers: IncomingHttpHeaders): number | undefined {
  const value = headers['grpc-timeout'];
  const timeoutMs = typeof value === 'string' ? parseGrpcTimeout(value) : undefined;
  if (timeoutMs !== undefined) headers['grpc-timeout'] = undefined; // Faster than delete, and read as absent.
  return timeoutMs;
}

/** Milliseconds of a grpc-timeout value; undefined: it is none. */
export function parseGrpcTimeout(value: string): number | undefined {
  const [, amount, unit] = FORMAT.exec(value) ?? [];
  const unitMs = unit === undefined ? undefined : UNIT_MS[unit];
  return unitMs === undefined ? undefined : Number(amount) * unitMs;
}
