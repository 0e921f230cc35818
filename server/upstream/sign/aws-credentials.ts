/**
 * AWS credentials by the SDK's default chain: environment, SSO, shared files, a process, a web identity (STS), container or
 * instance metadata. One chain a profile, for the life of the process: it keeps what it has fetched, fetches anew in the
 * background from five minutes before it expires, and once however many calls wait for it.
 */
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { GatewayError } from '../../model/errors.ts';
import type { Provider } from '../../model/target.ts';

/** Keys to sign with. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of a session's keys only. */
  readonly sessionToken?: string;
}

/** Opens the chain of a profile; undefined: AWS_PROFILE, or none. */
export type OpenChain = (profile: string | undefined) => () => Promise<AwsCredentials>;

/** Makes a source of credentials. */
export function createAwsCredentials(open: OpenChain): (provider: Provider) => Promise<AwsCredentials> {
  const chains = new Map<string | undefined, ReturnType<OpenChain>>();
  return async (provider) => {
    const profile = profileOf(provider);
    const chain = chains.get(profile) ?? open(profile);
    chains.set(profile, chain);
    try {
      return await chain();
    } catch (cause) {
      throw noCredentials(provider, cause);
    }
  };
}

/** The SDK's default chain. */
export const openDefaultChain: OpenChain = (profile) =>
  defaultProvider({ ...(profile !== undefined && { profile }), maxRetries: 1, timeout: METADATA_TIMEOUT_MS });

/** Credentials of a provider: those of its setting `profile`, else of the process. @throws GatewayError UPSTREAM_CREDENTIALS */
export const awsCredentialsOf = createAwsCredentials(openDefaultChain);

/** For one answer of the metadata service, which is on the same machine or not there at all. */
const METADATA_TIMEOUT_MS = 1_000;

function profileOf({ settings }: Provider): string | undefined {
  const { profile } = settings;
  return typeof profile === 'string' && profile !== '' ? profile : undefined;
}

/** The chain's own message names files and addresses of the machine: it is the log's. */
function noCredentials(provider: Provider, cause: unknown): GatewayError {
  const expired = cause instanceof Error && /expired/i.test(`${cause.name} ${cause.message}`);
  const what = expired
    ? 'the credentials or the token behind them have expired'
    : 'AWS credentials could not be had: none is configured, or their source refused or did not answer';
  return new GatewayError('UPSTREAM_CREDENTIALS', `provider ${provider.name}: ${what}`, { cause });
}
