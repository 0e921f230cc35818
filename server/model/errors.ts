/** The one error of the gateway. */
import { REASONS, type Reason, type ReasonRow } from './reasons.ts';

/** One wrong field of a request. */
export interface FieldViolation {
  /** Path in the request, for instance generation.messages[2].parts[0].image.media_type. */
  readonly field: string;
  /** What is wrong and how to mend it, in one sentence. */
  readonly description: string;
}

/** What a provider said of an error. */
export interface UpstreamError {
  /** HTTP status; 0 if none came. */
  readonly status: number;
  /** The provider's own code; empty if none. */
  readonly code: string;
  /** Name of the provider; filled in where the attempt is known. */
  readonly provider?: string;
}

/** What an error can carry beside its reason and message. */
export interface GatewayErrorDetails {
  readonly cause?: unknown;
  /** Every wrong field (BadRequest). */
  readonly violations?: readonly FieldViolation[];
  /** After which time another try may help, in milliseconds (RetryInfo). */
  readonly retryAfterMs?: number;
  readonly upstream?: UpstreamError;
  /** Variables of the message, for ErrorInfo.metadata: lowerCamel keys. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Whose limit it was (QuotaFailure). */
  readonly quota?: { readonly subject: string; readonly description: string };
  /** Whether the provider says itself if a retry helps (x-should-retry); it overrules the table. */
  readonly shouldRetry?: boolean;
}

/** A failure, by its reason. Everything that is thrown in the gateway is one, or becomes one in `from`. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly reason: Reason;
  readonly details: GatewayErrorDetails;

  constructor(reason: Reason, message: string, details: GatewayErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.reason = reason;
    this.details = details;
  }

  /** The reason's row: status code, retry class, visibility. */
  get row(): ReasonRow {
    return REASONS[this.reason];
  }

  /** The same failure with more details. */
  with(details: GatewayErrorDetails): GatewayError {
    return new GatewayError(this.reason, this.message, { cause: this.cause, ...this.details, ...details });
  }

  /**
   * What a call fails with whose signal may be aborted: the signal's reason, unless what was thrown names that as its cause
   * and so says more (a provider that had stopped in the middle of its reply when the deadline passed).
   */
  static ofCall(signal: AbortSignal, thrown: unknown): GatewayError {
    const error = GatewayError.from(thrown);
    return signal.aborted && error.cause !== signal.reason ? GatewayError.from(signal.reason) : error;
  }

  /** What was thrown, as a GatewayError: itself if it is one, else INTERNAL with the original as its cause. */
  static from(thrown: unknown): GatewayError {
    if (thrown instanceof GatewayError) return thrown;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new GatewayError('INTERNAL', message, { cause: thrown });
  }
}
