/** Says in our words what gRPC's own layers or the system reported, and what to do about it. Pure. */
import { GatewayError } from '../model/errors.ts';
import { UsageError } from './exit-codes.ts';

/** What happened, and what to try. */
export interface Explanation {
  readonly what: string;
  readonly remedy: string;
}

/** grpc-js wraps the one interesting error into what its balancer and resolver say of themselves. */
const WRAPPING =
  /^(?:round_robin: |pick_first: )?(?:No connection established\. Last error: )+|\.? Resolution note:.*$/gs;

/** A call that reached no gateway (UNAVAILABLE without a reason). @param message grpc-js's own */
export function explainUnreachable(message: string, commandName: string): Explanation {
  const what = message.replaceAll(WRAPPING, '').replace(/^Error: /, '');
  if (/ECONNREFUSED|ENOTFOUND|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|Name resolution/.test(what)) {
    return { what, remedy: `Nothing answers there. Check the address; "${commandName} quickstart" starts a gateway.` };
  }
  if (/certificate|altnames|unable to verify/i.test(what)) {
    return {
      what,
      remedy: "The gateway's certificate is not vouched for: check --ca, and --server-name for its name.",
    };
  }
  if (/^Failed to connect|ECONNRESET|EPROTO|alert|socket/i.test(what)) {
    return {
      what: 'what listens at the address ended the connection while it was being made',
      remedy: 'A gateway does that to callers that its clientCa does not vouch for: check --cert and --key.',
    };
  }
  return { what, remedy: 'Check that a gateway runs at the address, and --ca, --cert and --key.' };
}

/** An address that cannot be listened on, as a mistake of whoever configured it; anything else as it is. */
export function explainListenError(error: unknown, remedy: string): unknown {
  const text = error instanceof Error ? error.message : '';
  const [, code, address] = /listen (EADDRINUSE|EACCES|EADDRNOTAVAIL)\b.*?([^\s\]]+:\d+)/.exec(text) ?? [];
  switch (code) {
    case 'EADDRINUSE':
      return new UsageError(`${address} is in use: end what listens there, or ${remedy}`, { cause: error });
    case 'EACCES':
      return new UsageError(`this process may not listen on ${address}: ${remedy}`, { cause: error });
    case 'EADDRNOTAVAIL':
      return new UsageError(`this machine has no address ${address}: ${remedy}`, { cause: error });
    default:
      return error;
  }
}

/** A line for faults that a newcomer meets first; undefined: none. */
export function configHint(faults: string, commandName: string): string | undefined {
  return /listen\.grpc\.tls\.\w+: cannot read/.test(faults)
    ? `For development, "${commandName} certs --dir tls" makes a CA and certificates; run it beside the configuration.`
    : undefined;
}

/** Whether an error says what is wrong with a configuration, all faults in one message. */
export function isConfigError(thrown: unknown): thrown is GatewayError {
  return thrown instanceof GatewayError && thrown.reason === 'CONFIG_INVALID';
}
