/** One token cache an identity: providers of the same identity share it, and it outlives a swap of the configuration. */
import { hash } from 'node:crypto';
import { Secret } from '../../model/secret.ts';
import type { Provider } from '../../model/target.ts';
import { type FetchedToken, TokenCache } from './token-cache.ts';

/** Makes a lookup of caches. `identity` names the settings that make an identity. */
export function createTokenCaches(
  identity: readonly string[],
  fetch: (provider: Provider) => Promise<FetchedToken>,
): (provider: Provider) => TokenCache {
  const byIdentity = new Map<string, TokenCache>();
  const byProvider = new WeakMap<Provider, TokenCache>();
  return (provider) => {
    const known = byProvider.get(provider);
    if (known !== undefined) return known;
    const key = keyOf(provider, identity);
    const cache = byIdentity.get(key) ?? new TokenCache(() => fetch(provider));
    byIdentity.set(key, cache);
    byProvider.set(provider, cache);
    return cache;
  };
}

/** Secrets stand in it as part of a hash only. */
function keyOf({ settings }: Provider, identity: readonly string[]): string {
  const values = identity.map((name) => {
    const value = settings[name];
    return value instanceof Secret ? value.reveal() : (value ?? null);
  });
  return hash('sha256', JSON.stringify(values), 'hex');
}
