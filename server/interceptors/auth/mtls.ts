/** Identity from the client certificate that TLS has verified. */
import type { Peer } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Authenticator, Identity } from './authenticator.ts';
import { type CertificateNames, readCertificate } from './certificate.ts';
import { isSpiffeId } from './spiffe.ts';

/**
 * Identity by certificate. One URI name: it must be a SPIFFE ID, and is the subject as it stands. None: the DNS names, in
 * lower case as DNS compares them. Parsed once a connection, the verdict too.
 */
export function createMtlsAuthenticator(): Authenticator {
  const known = new WeakMap<object, Identity | GatewayError>();
  return (peer) => {
    const verdict = known.get(peer.connection) ?? judge(peer);
    known.set(peer.connection, verdict);
    if (verdict instanceof GatewayError) throw verdict;
    return verdict;
  };
}

function judge(peer: Peer): Identity | GatewayError {
  try {
    return identify(peer);
  } catch (error) {
    return GatewayError.from(error);
  }
}

function identify({ certificate }: Peer): Identity {
  if (certificate === undefined) {
    throw new GatewayError(
      'UNAUTHENTICATED',
      "the connection has no client certificate; connect with one of the gateway's client CA",
    );
  }
  const names = namesOf(certificate);
  checkLeaf(names);
  const [uri] = names.uris;
  const [subject, ...otherSubjects] = uri === undefined ? dnsSubjects(names) : [spiffeSubject(uri)];
  if (subject === undefined) {
    throw new GatewayError(
      'PEER_NOT_ALLOWED',
      'the client certificate has neither a SPIFFE ID nor a DNS name among its alternative names',
    );
  }
  return { subject, otherSubjects, via: 'mtls' };
}

function namesOf(certificate: Uint8Array): CertificateNames {
  try {
    return readCertificate(certificate);
  } catch (cause) {
    throw new GatewayError(
      'INVALID_SVID',
      'the client certificate cannot be read: its encoding or one of its names is malformed',
      { cause },
    );
  }
}

/** X509-SVID, 4 and 5: a leaf has one URI at most, and is no authority and signs nothing. */
function checkLeaf({ uris, isAuthority, maySign }: CertificateNames): void {
  if (uris.length > 1) throw invalid(`has ${uris.length} URI names; exactly one is allowed`);
  if (isAuthority) throw invalid("is an authority's (CA:TRUE); issue a leaf certificate");
  if (maySign) throw invalid('may sign certificates or revocation lists; issue it without keyCertSign and cRLSign');
}

function spiffeSubject(uri: string): string {
  if (isSpiffeId(uri)) return uri;
  throw new GatewayError(
    'PEER_NOT_ALLOWED',
    "the client certificate's URI name is not a SPIFFE ID as the standard writes it, so no client can have it",
  );
}

function dnsSubjects({ dnsNames }: CertificateNames): readonly string[] {
  return dnsNames.map((name) => `dns:${name.toLowerCase()}`);
}

function invalid(what: string): GatewayError {
  return new GatewayError('INVALID_SVID', `the client certificate ${what}`);
}
