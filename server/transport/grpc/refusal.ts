/** A GatewayError as grpc-js sends it, for calls that never reach a handler. */
import { Metadata } from '@grpc/grpc-js';
import type { GatewayError } from '../../model/errors.ts';
import { type EncodedStatus, encodeStatus } from './status.ts';

/** Code, text and trailers of a status. */
export interface RefusalStatus {
  readonly code: number;
  readonly details: string;
  readonly metadata: Metadata;
}

/** The status of a request that was refused before it became a call: no call id, no CallFailure. */
export function refusalStatus(error: GatewayError): RefusalStatus {
  return toRefusalStatus(encodeStatus(error, { callId: '', failure: undefined, attempts: 0 }));
}

/** A status as it goes past nice-grpc. */
export function toRefusalStatus(status: EncodedStatus): RefusalStatus {
  const metadata = new Metadata();
  metadata.set('grpc-status-details-bin', Buffer.from(status.details));
  metadata.set('grpc-retry-pushback-ms', String(status.pushbackMs));
  return { code: status.code, details: status.message, metadata };
}
