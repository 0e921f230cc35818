/** Credentials on requests: the last step before a request leaves, and the only place where an API key is revealed. */
import { GatewayError } from '../../model/errors.ts';
import type { Provider } from '../../model/target.ts';
import type { Host, Signing } from '../../providers/host.ts';
import { takeKey } from './keys.ts';
import type { CredentialHeaders, Credentials, Signer } from './signer.ts';

const NONE: Credentials = { headers: {} };

// The libraries of AWS, Google and Microsoft take tens of milliseconds: they are loaded on first use.
const SIGNERS: Readonly<Record<Signing, Signer>> = {
  none: () => NONE,
  bearer: (_request, provider, host) => withKey(provider, host, bearer),
  'api-key': (_request, provider, host) => withKey(provider, host, keyHeader(host)),
  // An API key of Bedrock takes the place of signing (AWS_BEARER_TOKEN_BEDROCK).
  sigv4: (request, provider) =>
    takeKey(provider, bearer) ??
    import('./sigv4.ts').then(async ({ signSigV4 }) => ({ headers: await signSigV4(request) })),
  google: (_request, provider) => import('./google.ts').then(({ googleTokens }) => withToken(googleTokens(provider))),
  azure: (_request, provider, host) =>
    takeKey(provider, keyHeader(host)) ??
    import('./azure.ts').then(({ azureTokens }) => withToken(azureTokens(provider))),
};

/** Signs a request the way its host wants it. */
export const sign: Signer = (request, provider, host) => SIGNERS[host.sign](request, provider, host);

function bearer(key: string): CredentialHeaders {
  return { authorization: `Bearer ${key}` };
}

function keyHeader(host: Host): (key: string) => CredentialHeaders {
  return (key) => ({ [host.keyHeader ?? 'x-api-key']: key });
}

function withKey(provider: Provider, host: Host, header: (key: string) => CredentialHeaders): Credentials {
  const credentials = takeKey(provider, header);
  if (credentials !== undefined) return credentials;
  if (host.keyRequired) throw new GatewayError('INTERNAL', `provider ${provider.name} has no API key`);
  return NONE;
}

/** A token that the provider does not take is not used again: it may have been revoked, or be for another audience. */
async function withToken(tokens: TokenSource): Promise<Credentials> {
  const token = await tokens.get();
  return {
    headers: bearer(token),
    onRefusal(error) {
      if (error.reason === 'UPSTREAM_CREDENTIALS') tokens.forget(token);
      return error;
    },
  };
}

interface TokenSource {
  readonly get: () => string | Promise<string>;
  readonly forget: (token: string) => void;
}
