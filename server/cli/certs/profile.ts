/** What a certificate says: the profiles of the development CA, of servers and of clients (X.509-SVIDs). */
import 'reflect-metadata'; // @peculiar/x509 demands it before its own import.
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
} from '@peculiar/x509';

/** One name of a certificate. */
export interface AlternativeName {
  readonly type: 'dns' | 'ip' | 'url';
  readonly value: string;
}

/** Everything that one certificate says beside its keys and dates. */
export interface CertificateProfile {
  readonly commonName: string;
  readonly extensions: readonly Extension[];
}

const LOCAL_NAMES = ['localhost', '127.0.0.1', '::1'];
const IPV4 = /^\d{1,3}(\.\d{1,3}){3}$/;

/** A CA that signs leaves only. */
export function authorityProfile(commonName: string): CertificateProfile {
  return {
    commonName,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  };
}

/** A server with the given host names and IP addresses, those of the loopback always among them. */
export function serverProfile(names: readonly string[]): CertificateProfile {
  const all = [...new Set([...names, ...LOCAL_NAMES])];
  return {
    commonName: all[0] ?? 'localhost',
    extensions: leafExtensions(all.map(toAlternativeName), [ExtendedKeyUsage.serverAuth]),
  };
}

/**
 * A client as an X.509-SVID: exactly one URI name. The standard (X509-SVID.md, section 4.4) wants both key purposes where
 * any is named.
 * @throws Error if the id is no SPIFFE id.
 */
export function clientProfile(spiffeId: string): CertificateProfile {
  assertSpiffeId(spiffeId);
  const commonName = spiffeId.slice(spiffeId.lastIndexOf('/') + 1);
  return {
    commonName,
    extensions: leafExtensions(
      [{ type: 'url', value: spiffeId }],
      [ExtendedKeyUsage.clientAuth, ExtendedKeyUsage.serverAuth],
    ),
  };
}

/** What every leaf has: no CA, signatures only, its purposes and names. */
export function leafExtensions(
  names: readonly AlternativeName[],
  purposes: readonly ExtendedKeyUsage[],
): readonly Extension[] {
  return [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new ExtendedKeyUsageExtension([...purposes]),
    new SubjectAlternativeNameExtension(names.map(({ type, value }) => ({ type, value }))),
  ];
}

/** @throws Error if the text is no SPIFFE id of a workload (SPIFFE-ID.md, section 2). */
export function assertSpiffeId(text: string): void {
  const valid = /^spiffe:\/\/[a-z0-9._-]{1,255}(\/[A-Za-z0-9._-]+)+$/.test(text) && text.length <= 2048;
  if (!valid || /\/\.{1,2}(\/|$)/.test(text)) {
    throw new Error(
      `${JSON.stringify(text)} is no SPIFFE id: write spiffe://<trust domain>/<path>, for instance spiffe://kanmon.local/checkout`,
    );
  }
}

function toAlternativeName(name: string): AlternativeName {
  return { type: IPV4.test(name) || name.includes(':') ? 'ip' : 'dns', value: name };
}
