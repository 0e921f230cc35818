/**
 * Tokens of Google by its own library: those of the setting `credentials` (a service account's key file, a workload identity's
 * configuration), else Application Default Credentials: GOOGLE_APPLICATION_CREDENTIALS, gcloud's own, the metadata server.
 * Loaded on first use.
 */
import {
  type AuthClient,
  AwsClient,
  type AwsClientOptions,
  GoogleAuth,
  IdentityPoolClient,
  type IdentityPoolClientOptions,
  JWT,
  type JWTInput,
  type OAuth2ClientOptions,
  UserRefreshClient,
} from 'google-auth-library';
import { GatewayError } from '../../model/errors.ts';
import { Secret } from '../../model/secret.ts';
import type { Provider } from '../../model/target.ts';
import { describeSkew } from './clock-skew.ts';
import type { FetchedToken, TokenCache } from './token-cache.ts';
import { createTokenCaches } from './token-caches.ts';

type Options = Pick<OAuth2ClientOptions, 'transporterOptions'>;

/** Makes a source of tokens. */
export function createGoogleTokens(options: Options = {}): (provider: Provider) => TokenCache {
  return createTokenCaches(['credentials'], async (provider) => {
    try {
      return await fetchToken(provider, options);
    } catch (thrown) {
      throw noToken(provider, thrown);
    }
  });
}

/** Tokens of a provider. */
export const googleTokens = createGoogleTokens();

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
/** What is assumed of a token that does not tell its end: Google's live an hour. */
const DEFAULT_LIFE_MS = 30 * 60_000;

/** A fresh client each time: it keeps tokens by itself, and reads files once. */
async function fetchToken(provider: Provider, options: Options): Promise<FetchedToken> {
  const client = openClient(provider, options) ?? (await openDefaultClient(options));
  const { token } = await client.getAccessToken();
  if (typeof token !== 'string' || token === '') throw new Error('the reply has no access token');
  const endsAt = client.credentials.expiry_date;
  return { token, lifeMs: typeof endsAt === 'number' ? endsAt - Date.now() : DEFAULT_LIFE_MS };
}

function openDefaultClient(clientOptions: Options): Promise<AuthClient> {
  return new GoogleAuth({ scopes: SCOPE, clientOptions }).getClient();
}

/**
 * By kind, as a file says where tokens come from: one that runs a program is not taken. Undefined: the provider has none.
 * Whatever the file lacks, Google refuses.
 */
function openClient({ name, settings }: Provider, options: Options): AuthClient | undefined {
  const { credentials } = settings;
  if (!(credentials instanceof Secret)) return undefined;
  const file = tryParse(credentials.reveal());
  switch (file?.type) {
    case 'service_account':
      return openServiceAccount(file, options);
    case 'authorized_user':
      return openUser(file, options);
    case 'external_account':
      return openExternalAccount(file, options);
    default:
      throw new GatewayError(
        'UPSTREAM_CREDENTIALS',
        `provider ${name}: credentials must be a JSON key file of type service_account, authorized_user or external_account`,
      );
  }
}

function openServiceAccount({ client_email, private_key, private_key_id }: JWTInput, options: Options): AuthClient {
  return new JWT({
    ...options,
    scopes: SCOPE,
    ...(client_email !== undefined && { email: client_email }),
    ...(private_key !== undefined && { key: private_key }),
    ...(private_key_id !== undefined && { keyId: private_key_id }),
  });
}

function openUser({ client_id, client_secret, refresh_token }: JWTInput, options: Options): AuthClient {
  return new UserRefreshClient({
    ...options,
    ...(client_id !== undefined && { clientId: client_id }),
    ...(client_secret !== undefined && { clientSecret: client_secret }),
    ...(refresh_token !== undefined && { refreshToken: refresh_token }),
  });
}

/** The library checks the rest of such a file by itself. */
function openExternalAccount(file: object, options: Options): AuthClient {
  const source: unknown = 'credential_source' in file ? file.credential_source : undefined;
  const settings = { ...file, ...options };
  const client =
    typeof source === 'object' && source !== null && 'environment_id' in source
      ? new AwsClient(settings as unknown as AwsClientOptions)
      : new IdentityPoolClient(settings as unknown as IdentityPoolClientOptions);
  client.scopes = SCOPE;
  return client;
}

function tryParse(text: string): JWTInput | undefined {
  try {
    const file: unknown = JSON.parse(text);
    return typeof file === 'object' && file !== null ? file : undefined; // All of JWTInput may be missing.
  } catch {
    return undefined; // The parser's message would quote the secret.
  }
}

/** The library's own messages name files and addresses of the machine: they are the log's. */
function noToken({ name }: Provider, thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  const { code, description, date } = readRefusal(thrown);
  const skew = describeSkew(date, Date.now()) ?? (/iat|exp|short-lived/.test(description) ? CLOCK_HINT : undefined);
  const what =
    code === ''
      ? 'no token of Google could be had: no credentials are configured, or their source did not answer'
      : `Google refused the credentials (${code})`;
  return new GatewayError('UPSTREAM_CREDENTIALS', `provider ${name}: ${what}${skew === undefined ? '' : `; ${skew}`}`, {
    cause: thrown,
  });
}

const CLOCK_HINT = "the gateway's clock may be off";

interface Refusal {
  readonly code: string;
  readonly description: string;
  readonly date: string;
}

/** What an OAuth endpoint says: https://www.rfc-editor.org/rfc/rfc6749#section-5.2. Everything of a thrown thing is unknown. */
function readRefusal(thrown: unknown): Refusal {
  const { response, message } = (typeof thrown === 'object' ? thrown : undefined) as Partial<Thrown>;
  const { error, error_description: description } = response?.data ?? {};
  const said = typeof error === 'string' && /^[\w.-]{1,64}$/.test(error) ? error : '';
  return {
    code: said || (response?.status === undefined ? '' : `status ${response.status}`),
    description: `${typeof description === 'string' ? description : ''} ${String(message)}`,
    date: response?.headers instanceof Headers ? (response.headers.get('date') ?? '') : '',
  };
}

interface Thrown {
  readonly message: unknown;
  readonly response: {
    readonly status?: number;
    readonly headers?: unknown;
    readonly data?: { readonly error?: unknown; readonly error_description?: unknown };
  };
}
