/**
 * Just enough DER (X.690) to read a certificate's extensions from its bytes. OpenSSL has verified the certificate before;
 * this reads it strictly all the same: whatever is not plain DER throws, so that two readers never see two names.
 */

/** One element: tag and content. */
export interface DerElement {
  readonly tag: number;
  readonly content: Uint8Array;
}

/** Thrown for bytes that are not DER, or not the structure that was expected. */
export class DerError extends Error {
  override readonly name = 'DerError';
}

/** Tags in use. */
export const DER = {
  boolean: 0x01,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  sequence: 0x30,
  /** [3] of TBSCertificate: the extensions. */
  extensions: 0xa3,
} as const;

const MAX_LENGTH_BYTES = 3; // 16 MiB: no certificate is larger.

/** All elements that lie side by side in the bytes. */
export function readElements(bytes: Uint8Array): readonly DerElement[] {
  const elements: DerElement[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = byteAt(bytes, at);
    if ((tag & 0x1f) === 0x1f) throw new DerError('a tag of several bytes');
    const { length, contentAt } = readLength(bytes, at + 1);
    const end = contentAt + length;
    if (end > bytes.length) throw new DerError('an element that goes on beyond its end');
    elements.push({ tag, content: bytes.subarray(contentAt, end) });
    at = end;
  }
  return elements;
}

/** The elements within the only element of the bytes, which must have this tag. */
export function readWithin(bytes: Uint8Array, tag: number): readonly DerElement[] {
  const [only, ...others] = readElements(bytes);
  if (only?.tag !== tag || others.length > 0) throw new DerError(`not one element with tag ${tag}`);
  return readElements(only.content);
}

/**
 * The extensions of a certificate: from the object identifier, as hexadecimal DER content, to the extension's value.
 * @throws DerError if the bytes are no certificate, or an extension stands there twice (RFC 5280, 4.2).
 */
export function readExtensions(certificate: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const [tbs] = readWithin(certificate, DER.sequence);
  if (tbs?.tag !== DER.sequence) throw new DerError('no TBSCertificate');
  const holder = readElements(tbs.content).find(({ tag }) => tag === DER.extensions);
  const extensions = new Map<string, Uint8Array>();
  if (holder === undefined) return extensions;
  for (const extension of readWithin(holder.content, DER.sequence)) {
    const [id, ...rest] = readElements(extension.content);
    const value = rest.at(-1); // `critical` may stand between the two.
    if (id?.tag !== DER.oid || value?.tag !== DER.octetString) throw new DerError('a malformed extension');
    const key = Buffer.from(id.content).toString('hex');
    if (extensions.has(key)) throw new DerError('an extension that stands there twice');
    extensions.set(key, value.content);
  }
  return extensions;
}

function readLength(bytes: Uint8Array, at: number): { length: number; contentAt: number } {
  const first = byteAt(bytes, at);
  if (first < 0x80) return { length: first, contentAt: at + 1 };
  const count = first & 0x7f;
  if (count === 0 || count > MAX_LENGTH_BYTES) throw new DerError('a length that DER does not have');
  let length = 0;
  for (let i = 1; i <= count; i += 1) length = length * 256 + byteAt(bytes, at + i);
  if (length < 0x80 || length < 256 ** (count - 1)) throw new DerError('a length that is longer than it need be');
  return { length, contentAt: at + 1 + count };
}

function byteAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw new DerError('bytes that end too early');
  return byte;
}
