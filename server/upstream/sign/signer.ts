/** What signs requests, whatever the way. */
import type { GatewayError } from '../../model/errors.ts';
import type { Provider } from '../../model/target.ts';
import type { Host } from '../../providers/host.ts';
import type { UpstreamRequest } from '../exchange.ts';

/** Headers that carry credentials. */
export type CredentialHeaders = Readonly<Record<string, string>>;

/** What a request gets. */
export interface Credentials {
  readonly headers: CredentialHeaders;
  /** Hears of an error reply to the request, and gives the error that it then is. */
  readonly onRefusal?: (error: GatewayError) => GatewayError;
}

/**
 * The credentials of a provider, for a request that is otherwise as it will be sent. A promise only where credentials have to be
 * fetched, or a library answers in no other way; it waits for no signal: whoever sends watches that.
 * @throws GatewayError INTERNAL if the configuration lacks the key, UPSTREAM_CREDENTIALS if none can be had.
 */
export type Signer = (request: UpstreamRequest, provider: Provider, host: Host) => Credentials | Promise<Credentials>;
