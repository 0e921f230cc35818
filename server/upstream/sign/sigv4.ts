/**
 * AWS Signature Version 4 for Bedrock, by AWS's own libraries. Loaded on the first request that needs it, as the libraries
 * take tens of milliseconds. Signed are the method, the path, exactly the bytes of the body, and host, content-type and x-amz-*
 * headers: whatever proxies between may rewrite is left out.
 */
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import { GatewayError } from '../../model/errors.ts';
import type { Provider } from '../../model/target.ts';
import type { UpstreamRequest } from '../exchange.ts';
import { type AwsCredentials, awsCredentialsOf } from './aws-credentials.ts';
import type { CredentialHeaders } from './signer.ts';

/** What signing depends on beside the request. */
export interface SigV4Deps {
  /** @throws GatewayError UPSTREAM_CREDENTIALS */
  readonly credentialsOf: (provider: Provider) => Promise<AwsCredentials>;
  /** The moment that is signed; AWS takes one that is up to five minutes off. */
  readonly now: () => Date;
}

const REAL_DEPS: SigV4Deps = { credentialsOf: awsCredentialsOf, now: () => new Date() };

/**
 * The headers that sign a request: authorization, x-amz-date, x-amz-content-sha256, and x-amz-security-token for credentials of a
 * session.
 * @throws GatewayError UPSTREAM_CREDENTIALS if there are none; INTERNAL if the region cannot be told
 */
export async function signSigV4(request: UpstreamRequest, deps = REAL_DEPS): Promise<CredentialHeaders> {
  const { provider, method, path, body } = request;
  const { hostname, host, protocol } = new URL(provider.baseUrl);
  const region = regionOf(provider, hostname);
  const credentials = await deps.credentialsOf(provider);
  const signer = new SignatureV4({ service: SERVICE, region, credentials, sha256: Sha256 });
  const headers = { ...signedHeaders(request), host };
  const toSign = { protocol, hostname, method, path, query: {}, headers, body };
  const signed = await signer.sign(toSign, { signingDate: deps.now() });
  const added = Object.entries(signed.headers).filter(([name]) => ADDED.has(name));
  return Object.fromEntries(added);
}

/** What Bedrock's runtime is called in a signature, whatever is invoked. */
const SERVICE = 'bedrock';

const ADDED: ReadonlySet<string> = new Set([
  'authorization',
  'x-amz-content-sha256',
  'x-amz-date',
  'x-amz-security-token',
]);

function signedHeaders({ headers }: UpstreamRequest): Record<string, string> {
  const signed = Object.entries(headers).filter(([name]) => name === 'content-type' || name.startsWith('x-amz'));
  return Object.fromEntries(signed);
}

/** Public, FIPS, dual-stack and PrivateLink (vpce) names all have the region after the service's name. */
const REGION = /(?:^|\.)bedrock-runtime(?:-fips)?\.([a-z]{2,}(?:-[a-z]+)+-\d+)\./;

function regionOf(provider: Provider, hostname: string): string {
  const { region } = provider.settings;
  if (typeof region === 'string' && region !== '') return region;
  const inName = REGION.exec(hostname)?.[1];
  if (inName !== undefined) return inName;
  throw new GatewayError(
    'INTERNAL',
    `provider ${provider.name}: no AWS region in ${hostname}; set region, or use the endpoint's own name as baseUrl`,
  );
}
