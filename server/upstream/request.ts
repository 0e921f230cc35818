/** The HTTP request of an attempt: the dialect's, shaped by the host, serialised once, signed last. */
import type { Provider } from '../model/target.ts';
import type { Encoded, Target } from '../providers/dialect.ts';
import type { Framing, Host } from '../providers/host.ts';
import type { UpstreamRequest } from './exchange.ts';
import type { Invocation } from './invocation.ts';
import { sign } from './sign/sign.ts';
import type { Credentials } from './sign/signer.ts';

/** A request, and what had to be adapted for it. */
export interface PreparedRequest {
  /** A promise only where its credentials are still to come. */
  readonly request: UpstreamRequest | Promise<UpstreamRequest>;
  readonly adaptations: Encoded['adaptations'];
}

/** Prepares a request. Whoever sends may only add what HTTP itself demands. */
export function prepareRequest(
  call: Invocation,
  host: Host,
  { encoded, target, stream }: { readonly encoded: Encoded; readonly target: Target; readonly stream: boolean },
): PreparedRequest {
  const { provider, timeouts } = call.deployment;
  const shaped = host.shape(encoded, target, provider.settings);
  const unsigned: UpstreamRequest = {
    provider,
    method: 'POST',
    path: prefixOf(provider) + shaped.path,
    headers: headersOf(call, host, { shaped, stream }),
    body: JSON.stringify(shaped.body),
    connectTimeoutMs: timeouts.connectMs,
  };
  const signed = sign(unsigned, provider, host);
  const request =
    signed instanceof Promise
      ? signed.then((credentials) => withCredentials(unsigned, credentials))
      : withCredentials(unsigned, signed);
  return { request, adaptations: shaped.adaptations };
}

const ACCEPTED_STREAMS: Readonly<Record<Framing, string>> = {
  sse: 'text/event-stream',
  'json-array': 'application/json',
  'aws-event-stream': 'application/vnd.amazon.eventstream',
};

function headersOf(
  call: Invocation,
  host: Host,
  { shaped, stream }: { readonly shaped: Encoded; readonly stream: boolean },
): Readonly<Record<string, string>> {
  return {
    'user-agent': 'kanmon',
    ...host.headers,
    ...shaped.headers,
    ...configuredHeaders(call.deployment.provider),
    ...call.traceHeaders,
    accept: stream ? ACCEPTED_STREAMS[host.framing] : 'application/json',
    'accept-encoding': 'identity', // Decompressing would cost CPU, and hold tokens back.
    'content-type': 'application/json',
  };
}

function withCredentials(request: UpstreamRequest, { headers, onRefusal }: Credentials): UpstreamRequest {
  return { ...request, headers: { ...request.headers, ...headers }, ...(onRefusal !== undefined && { onRefusal }) };
}

const headersByProvider = new WeakMap<Provider, Readonly<Record<string, string>>>();

function configuredHeaders(provider: Provider): Readonly<Record<string, string>> {
  const known = headersByProvider.get(provider);
  if (known !== undefined) return known;
  const headers = Object.fromEntries(provider.headers);
  headersByProvider.set(provider, headers);
  return headers;
}

const prefixes = new WeakMap<Provider, string>();

/** Path of the provider's base URL, without a slash at its end. */
function prefixOf(provider: Provider): string {
  const known = prefixes.get(provider);
  if (known !== undefined) return known;
  const prefix = new URL(provider.baseUrl).pathname.replace(/\/+$/, '');
  prefixes.set(provider, prefix);
  return prefix;
}
