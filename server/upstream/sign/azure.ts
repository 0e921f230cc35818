/**
 * Tokens of Entra ID by Microsoft's own library: of an application with tenantId, clientId and clientSecret, else of what the
 * machine has (DefaultAzureCredential: variables, a workload identity, a managed identity, a developer's sign-in). Loaded on first
 * use.
 */
import {
  AuthenticationError,
  ClientSecretCredential,
  type ClientSecretCredentialOptions,
  DefaultAzureCredential,
} from '@azure/identity';
import { GatewayError } from '../../model/errors.ts';
import { Secret } from '../../model/secret.ts';
import type { Provider } from '../../model/target.ts';
import type { FetchedToken, TokenCache } from './token-cache.ts';
import { createTokenCaches } from './token-caches.ts';

type Options = ClientSecretCredentialOptions;

/** Makes a source of tokens. */
export function createAzureTokens(options: Options = {}): (provider: Provider) => TokenCache {
  return createTokenCaches(['scope', 'tenantId', 'clientId', 'clientSecret'], async (provider) => {
    try {
      return await fetchToken(provider, options);
    } catch (thrown) {
      throw noToken(provider, thrown);
    }
  });
}

/** Tokens of a provider. */
export const azureTokens = createAzureTokens();

/** A fresh credential each time: it keeps tokens by itself. */
async function fetchToken(provider: Provider, options: Options): Promise<FetchedToken> {
  const credential = openCredential(provider, options);
  const fetched = await credential.getToken(textOf(provider, 'scope') ?? '');
  return { token: fetched.token, lifeMs: fetched.expiresOnTimestamp - Date.now() };
}

function openCredential(provider: Provider, options: Options): DefaultAzureCredential | ClientSecretCredential {
  const [tenantId, clientId] = [textOf(provider, 'tenantId'), textOf(provider, 'clientId')];
  const { clientSecret } = provider.settings;
  if (clientSecret instanceof Secret && tenantId !== undefined && clientId !== undefined) {
    return new ClientSecretCredential(tenantId, clientId, clientSecret.reveal(), options);
  }
  return new DefaultAzureCredential({
    ...options,
    ...(tenantId !== undefined && { tenantId }),
    ...(clientId !== undefined && { managedIdentityClientId: clientId, workloadIdentityClientId: clientId }),
  });
}

function textOf({ settings }: Provider, name: string): string | undefined {
  const value = settings[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/**
 * What the codes mean that an operator meets, beside the clock's:
 * https://learn.microsoft.com/entra/identity-platform/reference-error-codes, seen 2026-11-24.
 */
const CODES: ReadonlyMap<string, string> = new Map([
  ['AADSTS7000215', 'the client secret is wrong'],
  ['AADSTS7000222', 'the client secret has expired'],
  ['AADSTS700016', 'the tenant does not know the application (clientId)'],
  ['AADSTS90002', 'there is no such tenant (tenantId)'],
  ['AADSTS700024', "the assertion is not within its time: the gateway's clock is off, or its token file is stale"],
  ['AADSTS500133', "the assertion is not within its time: the gateway's clock is off, or its token file is stale"],
]);

/** The library's own messages are long and name the machine's ways: they are the log's. */
function noToken({ name }: Provider, thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  const code = thrown instanceof Error ? (/AADSTS\d+/.exec(thrown.message)?.[0] ?? '') : '';
  const meaning = CODES.get(code);
  const refused = code !== '' || thrown instanceof AuthenticationError;
  const what = refused
    ? `Entra ID refused the credentials${code && ` (${code}${meaning === undefined ? '' : `: ${meaning}`})`}`
    : 'no token of Entra ID could be had: no credentials are configured, or their source did not answer';
  return new GatewayError('UPSTREAM_CREDENTIALS', `provider ${name}: ${what}`, { cause: thrown });
}
