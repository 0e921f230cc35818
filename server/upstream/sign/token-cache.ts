/**
 * Bearer tokens that expire: fetched once however many calls wait, kept, and fetched anew in the background ahead of time, so
 * that calls wait for the first token only. Whatever library fetches them, this is the same.
 */
import { GatewayError } from '../../model/errors.ts';

/** A token as it was fetched. */
export interface FetchedToken {
  readonly token: string;
  /** How long it is good from now on, in milliseconds. */
  readonly lifeMs: number;
}

/** Time, and waiting for it. */
export interface TokenCacheDeps {
  /** Monotonic, in milliseconds. */
  readonly nowMs: () => number;
}

/** From this long before its end a token is fetched anew, or from the middle of a shorter life. */
const AHEAD_MS = 5 * 60_000;
/** Not used any more this long before its end: requests are on their way for a while. */
const MARGIN_MS = 10_000;
/** One fetch takes so long at most: a token endpoint that does not answer must not hold calls for ever. */
const FETCH_TIMEOUT_MS = 10_000;
/** After a fetch ahead of time that failed, the next one comes so much later. */
const AGAIN_MS = 10_000;

/** The token of one identity. */
export class TokenCache {
  readonly #fetch: () => Promise<FetchedToken>;
  readonly #nowMs: () => number;
  #token: string | undefined;
  #endsAtMs = 0;
  #renewAtMs = 0;
  #flight: Promise<string> | undefined;

  /** `fetch` gives a token or throws a GatewayError. */
  constructor(fetch: () => Promise<FetchedToken>, { nowMs }: TokenCacheDeps = { nowMs: () => performance.now() }) {
    this.#fetch = fetch;
    this.#nowMs = nowMs;
  }

  /** A token that is good, at once if there is one. @throws GatewayError UPSTREAM_CREDENTIALS */
  readonly get = (): string | Promise<string> => {
    const nowMs = this.#nowMs();
    if (this.#token === undefined || nowMs >= this.#endsAtMs - MARGIN_MS) return this.#fly();
    if (nowMs >= this.#renewAtMs) {
      this.#renewAtMs = nowMs + AGAIN_MS;
      this.#fly().catch(() => undefined); // The token at hand is still good; whoever needs a new one hears of it.
    }
    return this.#token;
  };

  /** Drops a token that was refused, unless there is another one by now. */
  readonly forget = (token: string): void => {
    if (this.#token === token) this.#token = undefined;
  };

  #fly(): Promise<string> {
    this.#flight ??= this.#land().finally(() => {
      this.#flight = undefined;
    });
    return this.#flight;
  }

  async #land(): Promise<string> {
    const { token, lifeMs } = await withinMs(this.#fetch(), FETCH_TIMEOUT_MS);
    const nowMs = this.#nowMs();
    this.#token = token;
    this.#endsAtMs = nowMs + lifeMs;
    this.#renewAtMs = this.#endsAtMs - Math.min(AHEAD_MS, lifeMs / 2);
    return token;
  }
}

async function withinMs<T>(promise: Promise<T>, timeoutMs: number): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const message = `no token came within ${timeoutMs / 1000} seconds`;
  const timer = setTimeout(() => reject(new GatewayError('UPSTREAM_CREDENTIALS', message)), timeoutMs);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
