/**
 * Server credentials for grpc-js whose certificates can be exchanged while connections stay open. grpc-js's own provider drops
 * every new connection as soon as one of its files is unreadable, and starts before it has read any (faults.md section 6,
 * items 4 to 7); these always hold a pair that was checked.
 */
import { constants, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { SecureServerOptions } from 'node:http2';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { ServerCredentials } from '@grpc/grpc-js';
import { GatewayError } from '../../model/errors.ts';

/** The contents of a TLS listener's files, PEM. */
export interface TlsFiles {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** CA of the clients; undefined: clients are not asked for a certificate. */
  readonly clientCa: Buffer | undefined;
}

/** Files that were checked and can be served. */
export interface TlsMaterial {
  /** Complete: whatever is left out of a context is forgotten at its next update, the lowest TLS version too. */
  readonly context: SecureContextOptions;
  /** When the first certificate of the chain expires, in milliseconds since 1970. */
  readonly certExpiresAtWallMs: number;
  /** When the first client CA expires; undefined: there is none. */
  readonly clientCaExpiresAtWallMs: number | undefined;
  /** SHA-256 fingerprint of the server's certificate, for logs. */
  readonly fingerprint: string;
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
const TLS_13_CIPHERS = 'TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256';

/** Checks everything about a pair and a CA that can be wrong on disk. Throws CONFIG_INVALID, with the first fault in its message. */
export function checkTlsFiles(files: TlsFiles, nowWallMs: number): TlsMaterial {
  const chain = readCertificates(files.cert, 'certificate');
  const authorities = files.clientCa === undefined ? [] : readCertificates(files.clientCa, 'client CA');
  checkChain(chain, nowWallMs);
  checkAuthorities(authorities, nowWallMs);
  const leaf = first(chain);
  if (!leaf.checkPrivateKey(readKey(files.key))) throw invalid('the private key does not belong to the certificate');
  return {
    context: checkContext(files),
    certExpiresAtWallMs: Math.min(...chain.map(expiresAt)),
    clientCaExpiresAtWallMs: authorities.length === 0 ? undefined : Math.min(...authorities.map(expiresAt)),
    fingerprint: leaf.fingerprint256,
  };
}

/** Credentials that serve the newest material they were given. */
export class ReloadableServerCredentials extends ServerCredentials {
  constructor(material: TlsMaterial, options: SecureServerOptions) {
    super(options, material.context);
  }

  /** New handshakes use this; open connections stay as they are. */
  update(material: TlsMaterial): void {
    this.updateSecureContextOptions(material.context);
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }
}

function readCertificates(pem: Buffer, what: string): readonly X509Certificate[] {
  const text = pem.toString('latin1');
  const blocks = text.match(CERTIFICATE) ?? [];
  if (blocks.length === 0) throw invalid(`the ${what} file holds no certificate in PEM`);
  if (text.split('-----BEGIN ').length - 1 !== blocks.length) {
    throw invalid(`the ${what} file is cut off, or holds something that is no certificate`);
  }
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch (cause) {
    throw invalid(`the ${what} file holds a certificate that cannot be parsed`, cause);
  }
}

function readKey(pem: Buffer): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw invalid('the key file holds no private key in PEM that opens without a passphrase', cause);
  }
}

function checkChain(chain: readonly X509Certificate[], nowWallMs: number): void {
  chain.forEach((certificate, index) => {
    const issuer = chain[index + 1];
    if (issuer !== undefined && !certificate.checkIssued(issuer)) {
      throw invalid(`certificate ${index + 1} of the chain was not issued by the one that follows it`);
    }
    if (expiresAt(certificate) <= nowWallMs) throw invalid(`the certificate expired on ${certificate.validTo}`);
    if (certificate.validFromDate.getTime() > nowWallMs) {
      throw invalid(`the certificate is not valid before ${certificate.validFrom}`);
    }
  });
}

function checkAuthorities(authorities: readonly X509Certificate[], nowWallMs: number): void {
  const leaf = authorities.find((certificate) => !certificate.ca);
  // A certificate in the trust store vouches for itself: one that is no CA has no business there.
  if (leaf !== undefined) throw invalid(`the client CA file holds a certificate that is no CA: ${leaf.subject}`);
  if (authorities.length > 0 && authorities.every((certificate) => expiresAt(certificate) <= nowWallMs)) {
    throw invalid('every client CA has expired');
  }
}

function checkContext(files: TlsFiles): SecureContextOptions {
  const context: SecureContextOptions = {
    cert: [files.cert],
    key: [files.key],
    ...(files.clientCa === undefined ? {} : { ca: [files.clientCa] }), // Never absent with client certificates: then Node takes the public CAs.
    minVersion: 'TLSv1.3',
    ciphers: TLS_13_CIPHERS,
    secureOptions: constants.SSL_OP_NO_TICKET, // A resumed session would not be held against today's CA and dates.
  };
  try {
    createSecureContext(context);
    return context;
  } catch (cause) {
    throw invalid('the certificate and key cannot be used for TLS', cause);
  }
}

function expiresAt(certificate: X509Certificate): number {
  return certificate.validToDate.getTime();
}

function first(chain: readonly X509Certificate[]): X509Certificate {
  const [leaf] = chain;
  if (leaf === undefined) throw invalid('the certificate file is empty');
  return leaf;
}

function invalid(message: string, cause?: unknown): GatewayError {
  return new GatewayError('CONFIG_INVALID', message, { cause });
}
