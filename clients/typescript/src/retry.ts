/** When a failed call is made again. Pure, but for the throttle's count. */
import type { KanmonError } from './kanmon-error.ts';

/** How often and how patiently calls are made again. */
export interface RetryOptions {
  /** Calls at most, the first included; 1 for no retries. Default: 3. */
  readonly maxAttempts?: number;
  /** Wait before the first retry where the gateway names none; doubled for each further one, with full jitter. Default: 200. */
  readonly baseDelayMs?: number;
  /** Longest wait where the gateway names none. Default: 2000. */
  readonly maxDelayMs?: number;
}

/** Where a call stands when it failed. */
export interface RetrySituation {
  /** Calls made so far. */
  readonly attempts: number;
  /** Time left until the deadline. */
  readonly remainingMs: number;
  /** Whether any output reached the caller: then a retry would repeat it, and pay twice. */
  readonly delivered: boolean;
  /** A number from 0 to 1. */
  readonly random: number;
}

const DEFAULTS = { maxAttempts: 3, baseDelayMs: 200, maxDelayMs: 2000 } as const;
const NAMED_DELAY_JITTER = 0.2; // Clients that were told the same delay do not come back all at once.

/**
 * After how many milliseconds to call again; undefined: not at all. Only UNAVAILABLE, and RESOURCE_EXHAUSTED that says for how
 * long; never against the gateway's pushback, and never a wait that the deadline would cut.
 */
export function decideRetry(
  error: Pick<KanmonError, 'code' | 'pushbackMs' | 'retryAfterMs'>,
  { attempts, remainingMs, delivered, random }: RetrySituation,
  options: RetryOptions = {},
): number | undefined {
  const { maxAttempts, baseDelayMs, maxDelayMs } = { ...DEFAULTS, ...options };
  const { code, pushbackMs, retryAfterMs } = error;
  if (delivered || attempts >= maxAttempts) return undefined;
  if (pushbackMs !== undefined && pushbackMs < 0) return undefined;
  const worth = code === 'UNAVAILABLE' || (code === 'RESOURCE_EXHAUSTED' && retryAfterMs !== undefined);
  if (!worth) return undefined;
  const namedMs = pushbackMs ?? retryAfterMs;
  const delayMs =
    namedMs === undefined
      ? random * Math.min(maxDelayMs, baseDelayMs * 2 ** (attempts - 1))
      : namedMs + namedMs * NAMED_DELAY_JITTER * random;
  return delayMs < remainingMs ? Math.floor(delayMs) : undefined;
}

/** Stops retries while most calls fail, so that they do not add to an overload (gRFC A6, maxTokens 10 and tokenRatio 0.1). */
export class RetryThrottle {
  static readonly #MAX_TOKENS = 10;
  static readonly #TOKEN_RATIO = 0.1;
  #tokens = RetryThrottle.#MAX_TOKENS;

  /** Whether a retry may be made. */
  allows(): boolean {
    return this.#tokens > RetryThrottle.#MAX_TOKENS / 2;
  }

  /** Counts a call that answered. */
  succeeded(): void {
    this.#tokens = Math.min(RetryThrottle.#MAX_TOKENS, this.#tokens + RetryThrottle.#TOKEN_RATIO);
  }

  /** Counts a call that failed for a reason that retries are for. */
  failed(): void {
    this.#tokens = Math.max(0, this.#tokens - 1);
  }
}
