/** Why a TLS handshake failed, from Node's and OpenSSL's words. */
import type { TLSSocket } from 'node:tls';
import type { TlsRejection } from './observer.ts';

const CAUSES: Readonly<Record<string, TlsRejection>> = {
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: 'no_certificate',
  UNABLE_TO_GET_ISSUER_CERT: 'unknown_ca',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'unknown_ca',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'unknown_ca',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'unknown_ca',
  SELF_SIGNED_CERT_IN_CHAIN: 'unknown_ca',
  CERT_SIGNATURE_FAILURE: 'unknown_ca',
  CERT_UNTRUSTED: 'unknown_ca',
  CERT_HAS_EXPIRED: 'expired',
  CERT_NOT_YET_VALID: 'not_yet_valid',
  INVALID_PURPOSE: 'wrong_purpose',
  INVALID_CA: 'wrong_purpose',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'old_protocol',
  ERR_SSL_VERSION_TOO_LOW: 'old_protocol',
  ERR_TLS_HANDSHAKE_TIMEOUT: 'timeout',
  ECONNRESET: 'closed',
};

/**
 * The cause of a tlsClientError. A certificate that does not verify reaches that event as a closed connection: what was wrong
 * with it stands on the socket.
 */
export function classifyTlsError(error: Error, socket: TLSSocket): TlsRejection {
  const verify: unknown = socket.authorizationError; // Typed as Error, but Node sets the code itself.
  const code = typeof verify === 'string' ? verify : 'code' in error ? String(error.code) : '';
  return CAUSES[code] ?? 'other';
}
