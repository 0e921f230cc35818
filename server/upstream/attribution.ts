/** Errors of an attempt as callers and logs get them: by whom they were caused, and without anybody's credentials. */
import { GatewayError } from '../model/errors.ts';
import type { Provider } from '../model/target.ts';
import { redact } from './sign/redact.ts';

/** The same error with the provider's name and the reply's status in its details, and the provider's secrets out of it. */
export function attribute(error: GatewayError, provider: Provider, status: number): GatewayError {
  const { upstream, metadata } = error.details;
  const clean = new GatewayError(error.reason, redact(error.message, provider), {
    ...error.details,
    cause: error.cause,
    ...(metadata !== undefined && { metadata: redactValues(metadata, provider) }),
    upstream: {
      status: upstream?.status || status,
      code: redact(upstream?.code ?? '', provider),
      provider: provider.name,
    },
  });
  return clean;
}

/**
 * What reading a reply has thrown. A reply nested so deep that reading it exhausts the stack is the provider's fault;
 * anything else that is no GatewayError is the gateway's own.
 */
export function readingError(thrown: unknown): GatewayError {
  if (!(thrown instanceof RangeError)) return GatewayError.from(thrown);
  return new GatewayError('UPSTREAM_PROTOCOL', "the provider's reply is nested too deep to be read", { cause: thrown });
}

function redactValues(values: Readonly<Record<string, string>>, provider: Provider): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, redact(value, provider)]));
}
