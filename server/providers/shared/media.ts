/** Media by URI: handed on only where the configuration says so. */
import { GatewayError } from '../../model/errors.ts';
import type { Target } from '../dialect.ts';

/**
 * Checks that a URI may be handed to the provider.
 * @param field Path of the URI, for instance generation.messages[0].parts[1].image.uri.
 * @throws GatewayError OPTION_NOT_ALLOWED
 */
export function requireUris(target: Target, field: string): void {
  if (target.allowances.uris) return;
  const description =
    "The model's configuration hands no URIs to its provider; send the bytes, or have `uris` allowed there.";
  throw new GatewayError('OPTION_NOT_ALLOWED', `${field}: ${description}`, { violations: [{ field, description }] });
}
