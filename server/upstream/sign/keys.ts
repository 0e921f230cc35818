/** API keys in turn: a provider may have several, and one that was refused or is over its limit rests while others do not. */
import { GatewayError } from '../../model/errors.ts';
import type { Provider } from '../../model/target.ts';
import type { CredentialHeaders, Credentials } from './signer.ts';

/** A key that does not exist (any more) comes back with the configuration; until then one call a minute finds out. */
const REFUSED_REST_MS = 60_000;
/** Of rate limits that tell no time. */
const LIMITED_REST_MS = 1_000;

/** The next key of a provider in its header; undefined: it has none. */
export function takeKey(
  provider: Provider,
  header: (key: string) => CredentialHeaders,
  nowMs: () => number = monotonicMs,
): Credentials | undefined {
  const [first] = provider.apiKeys;
  if (first === undefined) return undefined;
  if (provider.apiKeys.length === 1) return { headers: header(first.reveal()) };
  const ring = ringOf(provider);
  const index = ring.take(nowMs());
  const key = provider.apiKeys[index] ?? first;
  return { headers: header(key.reveal()), onRefusal: (error) => ring.refuse(index, error, nowMs()) };
}

/** The turns of one provider's keys, by their places in the list. */
class KeyRing {
  readonly #restUntilMs: number[];
  #next = 0;

  constructor(size: number) {
    this.#restUntilMs = new Array<number>(size).fill(0);
  }

  /** The place of the next key that does not rest; if all do, of the next one. */
  take(nowMs: number): number {
    const size = this.#restUntilMs.length;
    const places = Array.from({ length: size }, (_, step) => (this.#next + step) % size);
    const index = places.find((place) => this.#isFree(place, nowMs)) ?? this.#next;
    this.#next = (index + 1) % size;
    return index;
  }

  /** Lets a key rest. While another one is free, a rate limit is that key's and no reason to wait. */
  refuse(index: number, error: GatewayError, nowMs: number): GatewayError {
    const restMs = restOf(error);
    if (restMs === undefined) return error;
    this.#restUntilMs[index] = nowMs + restMs;
    if (error.reason !== 'UPSTREAM_RATE_LIMITED' || !this.#hasFree(nowMs)) return error;
    const { retryAfterMs: _, ...details } = error.details;
    return new GatewayError(error.reason, error.message, { ...details, cause: error.cause });
  }

  #hasFree(nowMs: number): boolean {
    return this.#restUntilMs.some((_, place) => this.#isFree(place, nowMs));
  }

  #isFree(place: number, nowMs: number): boolean {
    return (this.#restUntilMs[place] ?? 0) <= nowMs;
  }
}

/** How long a key rests after an error; undefined: the error says nothing of the key. */
function restOf({ reason, details }: GatewayError): number | undefined {
  if (reason === 'UPSTREAM_RATE_LIMITED') return Math.min(details.retryAfterMs ?? LIMITED_REST_MS, REFUSED_REST_MS);
  return reason === 'UPSTREAM_CREDENTIALS' || reason === 'UPSTREAM_QUOTA_EXHAUSTED' ? REFUSED_REST_MS : undefined;
}

const rings = new WeakMap<Provider, KeyRing>();

function ringOf(provider: Provider): KeyRing {
  const ring = rings.get(provider) ?? new KeyRing(provider.apiKeys.length);
  rings.set(provider, ring);
  return ring;
}

function monotonicMs(): number {
  return performance.now();
}
