/**
 * What nice-grpc's CallContext does not tell of a call (faults.md section 6, item 12): its peer's certificate and its deadline.
 * It travels in the request's metadata, on a binary value that only this process can make: metadata is the one thing that
 * nice-grpc hands on as it is, and a property read is cheaper than an AsyncLocalStorage around every call.
 */
import type { Metadata as GrpcMetadata } from '@grpc/grpc-js';
import type { CallContext } from 'nice-grpc';
import type { Peer } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import type { RefusalStatus } from './refusal.ts';

/** A call as it arrived. */
export interface CallInfo {
  readonly peer: Peer;
  /** Monotonic time of arrival, in milliseconds. */
  readonly receivedAtMs: number;
  /** Monotonic time of the caller's deadline, in milliseconds; undefined: it set none. grpc-js does not keep it. */
  readonly deadlineAtMs: number | undefined;
  /** The way back to the caller; there from the call's first message on. */
  readonly outlet: CallOutlet | undefined;
}

/** The way back to a caller, below nice-grpc. For callers that do not read (row 20). */
export interface CallOutlet {
  /** Messages that have left for the connection; those beyond wait in grpc-js, which takes 16. */
  readonly sentMessages: number;
  /** Ends the call by a status behind what has left already. What waits is dropped, and the handler is told to stop. */
  cutOff(status: RefusalStatus): void;
  /** Resets the call's HTTP/2 stream: what the connection has buffered is given up too. */
  reset(): void;
}

/** Overwrites whatever a client sent by this name. */
const KEY = 'kanmon-call-bin';
const INFO = Symbol('call info');

interface Carrier extends Buffer {
  [INFO]?: CallInfo;
}

/** The call's info, from the context that nice-grpc gave to its handler. Throws INTERNAL for a context from elsewhere. */
export function callInfo(context: CallContext): CallInfo {
  const carrier: (Uint8Array & { [INFO]?: CallInfo }) | undefined = context.metadata.get(KEY);
  const info = carrier?.[INFO];
  if (info === undefined) throw new GatewayError('INTERNAL', 'a call has not come through the listener');
  return info;
}

/** Lays the info into the request's metadata. */
export function attachCallInfo(metadata: GrpcMetadata, info: CallInfo): void {
  const carrier: Carrier = Buffer.alloc(0);
  carrier[INFO] = info;
  metadata.set(KEY, carrier);
}
