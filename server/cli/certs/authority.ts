/**
 * A certificate authority for development and tests: ECDSA P-256 throughout, PEM in and out, no disk. It is no PKI: it has
 * no revocation and keeps no record of what it issued.
 */
import 'reflect-metadata'; // @peculiar/x509 demands it before its own import.
import { createPrivateKey, webcrypto } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  cryptoProvider,
  PemConverter,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { authorityProfile, type CertificateProfile, clientProfile, serverProfile } from './profile.ts';

/** A certificate and its private key (PKCS #8), as PEM. */
export interface CertificatePair {
  readonly cert: string;
  readonly key: string;
}

/** How long a certificate is valid. */
export interface Validity {
  /** Days from now; 30 for leaves and 365 for authorities if left away. A leaf never outlives its authority. */
  readonly days?: number;
  /** The moment that counts as now; the clock's if left away. */
  readonly now?: Date;
}

/** Something that issues certificates. */
export interface Authority extends CertificatePair {
  readonly notAfter: Date;
  /** A server's certificate for host names and IP addresses; localhost, 127.0.0.1 and ::1 are always among them. */
  issueServer(names?: readonly string[], validity?: Validity): Promise<CertificatePair>;
  /** A client's certificate, an X.509-SVID. @throws Error if the id is no SPIFFE id. */
  issueClient(spiffeId: string, validity?: Validity): Promise<CertificatePair>;
  /** Any certificate at all: tests make their odd ones by it. */
  issue(profile: CertificateProfile, validity?: Validity): Promise<CertificatePair>;
}

const KEY_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' };
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' };
const DAY_MS = 86_400_000;
const SKEW_MS = 5 * 60_000; // Machines whose clock is a little behind take a fresh certificate.
const LEAF_DAYS = 30;
const AUTHORITY_DAYS = 365;

cryptoProvider.set(webcrypto);

/** A new authority with a key of its own. */
export async function createAuthority(
  commonName = 'Kanmon development CA',
  validity: Validity = {},
): Promise<Authority> {
  const profile = authorityProfile(commonName);
  const keys = await newKeys();
  const cert = await X509CertificateGenerator.createSelfSigned({
    ...period(validity, AUTHORITY_DAYS),
    name: [{ CN: [profile.commonName] }],
    keys,
    signingAlgorithm: SIGNATURE,
    extensions: [...profile.extensions, await SubjectKeyIdentifierExtension.create(keys.publicKey)],
  });
  return new SigningAuthority(cert, keys.privateKey, await pemOfKey(keys.privateKey));
}

/** An authority from its PEM. @throws Error if the two do not belong together, or it is no authority. */
export async function openAuthority({ cert: certPem, key: keyPem }: CertificatePair): Promise<Authority> {
  const cert = new X509Certificate(certPem);
  const der = createPrivateKey(keyPem).export({ format: 'der', type: 'pkcs8' });
  const key = await webcrypto.subtle.importKey('pkcs8', der, KEY_ALGORITHM, true, ['sign']);
  const authority = new SigningAuthority(cert, key, keyPem);
  await authority.assertWhole();
  return authority;
}

class SigningAuthority implements Authority {
  readonly cert: string;
  readonly key: string;
  readonly #certificate: X509Certificate;
  readonly #signingKey: CryptoKey;

  constructor(certificate: X509Certificate, signingKey: CryptoKey, key: string) {
    this.#certificate = certificate;
    this.#signingKey = signingKey;
    this.cert = pemOfCertificate(certificate);
    this.key = key;
  }

  get notAfter(): Date {
    return this.#certificate.notAfter;
  }

  issueServer(names: readonly string[] = [], validity: Validity = {}): Promise<CertificatePair> {
    return this.issue(serverProfile(names), validity);
  }

  async issueClient(spiffeId: string, validity: Validity = {}): Promise<CertificatePair> {
    return this.issue(clientProfile(spiffeId), validity);
  }

  async issue({ commonName, extensions }: CertificateProfile, validity: Validity = {}): Promise<CertificatePair> {
    const keys = await newKeys();
    const cert = await X509CertificateGenerator.create({
      ...period(validity, LEAF_DAYS, this.notAfter),
      subject: [{ CN: [commonName] }],
      issuer: this.#certificate.subjectName,
      publicKey: keys.publicKey,
      signingKey: this.#signingKey,
      signingAlgorithm: SIGNATURE,
      extensions: [
        ...extensions,
        await SubjectKeyIdentifierExtension.create(keys.publicKey),
        await AuthorityKeyIdentifierExtension.create(this.#certificate.publicKey),
      ],
    });
    return { cert: pemOfCertificate(cert), key: await pemOfKey(keys.privateKey) };
  }

  /** Signs a throw-away leaf and verifies it: proves that the key is the certificate's. */
  async assertWhole(): Promise<void> {
    const probe = new X509Certificate((await this.issue({ commonName: 'probe', extensions: [] })).cert);
    if (!(await probe.verify({ publicKey: this.#certificate, signatureOnly: true }))) {
      throw new Error('the key is not that of the certificate');
    }
  }
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify']);
}

function period({ days, now = new Date() }: Validity, defaultDays: number, latest?: Date) {
  const notAfter = new Date(now.getTime() + (days ?? defaultDays) * DAY_MS);
  return {
    notBefore: new Date(now.getTime() - SKEW_MS),
    notAfter: latest !== undefined && latest < notAfter ? latest : notAfter,
  };
}

function pemOfCertificate(certificate: X509Certificate): string {
  return `${certificate.toString('pem')}\n`;
}

async function pemOfKey(key: CryptoKey): Promise<string> {
  return `${PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), PemConverter.PrivateKeyTag)}\n`;
}
