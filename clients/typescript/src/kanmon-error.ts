/** The one error of this package's calls. */
import { type Metadata, Status } from 'nice-grpc';
import type { CallFailure, ErrorReason } from './gen/index.ts';
import {
  type FieldViolation,
  type HelpLink,
  NO_DETAILS,
  type QuotaViolation,
  readStatusDetails,
  type StatusDetails,
} from './status-details.ts';

/** Name of a gRPC status code. */
export type StatusCode = Exclude<keyof typeof Status, 'OK'>;

/**
 * Why a call failed: a reason of the contract (docs/errors.md explains each), or TRANSPORT where none came, because gRPC's
 * own layers on either side made the error; `code` then says all there is. A newer gateway may have reasons that this
 * version does not know.
 */
export type KanmonReason =
  | Exclude<keyof typeof ErrorReason, 'UNSPECIFIED' | 'UNRECOGNIZED'>
  | 'TRANSPORT'
  | (string & Record<never, never>);

/** How a call failed, before it is an error. */
export interface FailedCall {
  readonly code: StatusCode;
  readonly message: string;
  readonly details?: StatusDetails;
  readonly pushbackMs?: number | undefined;
  /** Calls made to the gateway, retries included. */
  readonly attempts?: number;
  readonly cause?: unknown;
}

/** A call that failed. */
export class KanmonError extends Error {
  override readonly name = 'KanmonError';
  /** gRPC's status code, by name. */
  readonly code: StatusCode;
  readonly reason: KanmonReason;
  /** The gateway's id of the call, the same in its logs and traces; empty if none came. */
  readonly callId: string;
  /** After which time another try may help, in milliseconds; undefined if waiting does not help, or nobody knows. */
  readonly retryAfterMs: number | undefined;
  /** The delay that the gateway asks a client to keep before it tries again; -1: it must not. Undefined: it said nothing. */
  readonly pushbackMs: number | undefined;
  /** Every wrong field of the request. */
  readonly violations: readonly FieldViolation[];
  /** Whose limit was used up. */
  readonly quotaViolations: readonly QuotaViolation[];
  /** What to do about it. */
  readonly help: HelpLink | undefined;
  /** What was delivered and spent before the call failed; undefined if it was not admitted, or nobody could say. */
  readonly callFailure: CallFailure | undefined;
  /** Variables of the message: provider, upstreamStatus and what else the reason has. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Calls made to the gateway, retries included. */
  readonly attempts: number;

  constructor({ code, message, details = NO_DETAILS, pushbackMs, attempts = 1, cause }: FailedCall) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.reason = details.reason ?? withoutReason(code);
    this.callId = details.callFailure?.callId || details.metadata.callId || '';
    this.retryAfterMs = details.retryAfterMs;
    this.pushbackMs = pushbackMs;
    this.violations = details.violations;
    this.quotaViolations = details.quotaViolations;
    this.help = details.help;
    this.callFailure = details.callFailure;
    this.metadata = details.metadata;
    this.attempts = attempts;
  }
}

/** What the trailers of a failed call say. Total. */
export function readTrailers(trailers: Metadata | undefined): Pick<FailedCall, 'details' | 'pushbackMs'> {
  const status = trailers?.get('grpc-status-details-bin');
  return {
    details: status === undefined ? NO_DETAILS : readStatusDetails(status),
    pushbackMs: readPushback(trailers?.get('grpc-retry-pushback-ms')),
  };
}

/** The name of a status code. */
export function nameOfCode(code: Status): StatusCode {
  const name = Status[code];
  return name === 'OK' || name === undefined ? 'UNKNOWN' : (name as StatusCode); // Status maps each number to its key.
}

/** What cannot be read means no (gRFC A6). */
function readPushback(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  return /^\d{1,9}$/.test(value) ? Number(value) : -1;
}

/** For these codes the contract has one reason only, so that callers need not know who made the error. */
function withoutReason(code: StatusCode): KanmonReason {
  return code === 'CANCELLED' || code === 'DEADLINE_EXCEEDED' ? code : 'TRANSPORT';
}
