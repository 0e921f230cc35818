/** Certificates for tests, made in memory: authorities, and leaves that are as right or as wrong as a test wants them. */
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type JsonGeneralNames,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

const KEY = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;

/** A certificate and its key, both PEM, and the certificate as DER. */
export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
  readonly der: Uint8Array;
}

/** An authority that issues leaves. */
export interface TestAuthority extends TestCertificate {
  readonly issue: (options?: LeafOptions) => Promise<TestCertificate>;
}

/** What a leaf shall be. */
export interface LeafOptions {
  /** Default: CN=leaf. */
  readonly subject?: string;
  /** Default: localhost, if no other name is given. */
  readonly dns?: readonly string[];
  /** Default: 127.0.0.1, if no other name is given. */
  readonly ips?: readonly string[];
  /** SPIFFE ids; an SVID has exactly one. */
  readonly uris?: readonly string[];
  /** Both in days from now; negative: in the past. Default: from yesterday for ten days. */
  readonly fromDays?: number;
  readonly toDays?: number;
  /** Whether the leaf says that it is an authority. */
  readonly ca?: boolean;
  /** Default: digitalSignature. */
  readonly keyUsage?: readonly (keyof typeof KeyUsageFlags)[];
  /** Default: both. Empty: no such extension. */
  readonly usages?: readonly ('server' | 'client')[];
}

/** Makes an authority. */
export async function makeAuthority(subject = 'CN=Test CA'): Promise<TestAuthority> {
  const keys = await webcrypto.subtle.generateKey(KEY, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: subject,
    keys,
    ...validity({}),
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
  const issue = (options: LeafOptions = {}) => issueLeaf(certificate, keys.privateKey, options);
  return { ...(await encode(certificate, keys.privateKey)), issue };
}

async function issueLeaf(
  issuer: X509Certificate,
  signingKey: CryptoKey,
  options: LeafOptions,
): Promise<TestCertificate> {
  const keys = await webcrypto.subtle.generateKey(KEY, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.create({
    subject: options.subject ?? 'CN=leaf',
    issuer: issuer.subject,
    publicKey: keys.publicKey,
    signingKey,
    ...validity(options),
    extensions: leafExtensions(options),
  });
  return encode(certificate, keys.privateKey);
}

function leafExtensions({
  ca = false,
  keyUsage = ['digitalSignature'],
  usages = ['server', 'client'],
  ...names
}: LeafOptions) {
  const flags = keyUsage.reduce((sum, name) => sum | KeyUsageFlags[name], 0);
  const extended = usages.map((usage) =>
    usage === 'server' ? ExtendedKeyUsage.serverAuth : ExtendedKeyUsage.clientAuth,
  );
  return [
    new BasicConstraintsExtension(ca, undefined, true),
    new KeyUsagesExtension(flags, true),
    new SubjectAlternativeNameExtension(generalNames(names)),
    ...(extended.length > 0 ? [new ExtendedKeyUsageExtension(extended)] : []),
  ];
}

function generalNames({ dns, ips, uris }: LeafOptions): JsonGeneralNames {
  const none = dns === undefined && ips === undefined && uris === undefined;
  return [
    ...(dns ?? (none ? ['localhost'] : [])).map((value) => ({ type: 'dns' as const, value })),
    ...(ips ?? (none ? ['127.0.0.1'] : [])).map((value) => ({ type: 'ip' as const, value })),
    ...(uris ?? []).map((value) => ({ type: 'url' as const, value })),
  ];
}

function validity({ fromDays = -1, toDays = 10 }: LeafOptions): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now + fromDays * DAY_MS), notAfter: new Date(now + toDays * DAY_MS) };
}

async function encode(certificate: X509Certificate, privateKey: CryptoKey): Promise<TestCertificate> {
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', privateKey)).toString('base64');
  const lines = pkcs8.match(/.{1,64}/g)?.join('\n') ?? '';
  return {
    cert: certificate.toString('pem'),
    key: `-----BEGIN PRIVATE KEY-----\n${lines}\n-----END PRIVATE KEY-----\n`,
    der: new Uint8Array(certificate.rawData),
  };
}
