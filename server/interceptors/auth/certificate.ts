/** What a client certificate says of its holder, read from its DER. */
import { DER, type DerElement, DerError, readElements, readExtensions, readWithin } from './der.ts';

/** The names in a certificate and what it may be used for. */
export interface CertificateNames {
  /** URIs of the subject alternative name, byte for byte. */
  readonly uris: readonly string[];
  /** DNS names of the subject alternative name, byte for byte. */
  readonly dnsNames: readonly string[];
  /** Whether basic constraints say that it is an authority's. */
  readonly isAuthority: boolean;
  /** Whether key usage lets it sign certificates or revocation lists. */
  readonly maySign: boolean;
}

// Object identifiers below 2.5.29 (id-ce, RFC 5280), as DER content.
const SUBJECT_ALT_NAME = '551d11';
const BASIC_CONSTRAINTS = '551d13';
const KEY_USAGE = '551d0f';

// GeneralName, RFC 5280, 4.2.1.6: context tags.
const DNS_NAME = 0x82;
const URI = 0x86;

// Bits of the first byte of KeyUsage, RFC 5280, 4.2.1.3: keyCertSign is bit 5, cRLSign bit 6, from the highest.
const SIGNING_BITS = 0b0000_0110;

/**
 * Reads a certificate. Names are never split out of a printed form (CVE-2021-44532): each is an element of its own.
 * @throws DerError if the bytes are not a certificate in DER, or a name is not plain visible ASCII.
 */
export function readCertificate(certificate: Uint8Array): CertificateNames {
  const extensions = readExtensions(certificate);
  const names = namesIn(extensions.get(SUBJECT_ALT_NAME));
  return {
    uris: names.filter(({ tag }) => tag === URI).map(asciiOf),
    dnsNames: names.filter(({ tag }) => tag === DNS_NAME).map(asciiOf),
    isAuthority: isAuthority(extensions.get(BASIC_CONSTRAINTS)),
    maySign: maySign(extensions.get(KEY_USAGE)),
  };
}

function namesIn(value: Uint8Array | undefined): readonly DerElement[] {
  return value === undefined ? [] : readWithin(value, DER.sequence);
}

/** An IA5String without control characters and spaces: a NUL or a line end in a name is somebody's trick. */
function asciiOf({ content }: DerElement): string {
  if (!content.every((byte) => byte > 0x20 && byte < 0x7f)) throw new DerError('a name with a character that none has');
  return Buffer.from(content).toString('latin1');
}

/** BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, … } */
function isAuthority(value: Uint8Array | undefined): boolean {
  if (value === undefined) return false;
  const [first] = readWithin(value, DER.sequence);
  return first?.tag === DER.boolean && first.content[0] !== 0;
}

/** KeyUsage ::= BIT STRING: one byte that counts the unused bits, then the bits. */
function maySign(value: Uint8Array | undefined): boolean {
  if (value === undefined) return false;
  const [bits] = readElements(value);
  if (bits?.tag !== DER.bitString) throw new DerError('a malformed key usage');
  return ((bits.content[1] ?? 0) & SIGNING_BITS) !== 0;
}
