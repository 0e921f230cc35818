/** Base64 of bytes, and back. */

/** Standard base64 with padding, one line. */
export function encodeBase64(bytes: Uint8Array): string {
  return bytes.toBase64();
}

/** The bytes of base64 of either alphabet, padded or not; undefined if the text is not base64. */
export function decodeBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.fromBase64(text, { alphabet: /[-_]/.test(text) ? 'base64url' : 'base64' });
  } catch {
    return undefined; // A SyntaxError says no more than that the text is not base64.
  }
}

/** A data URL, for instance data:image/png;base64,…. */
export function encodeDataUrl(mediaType: string, bytes: Uint8Array): string {
  return `data:${mediaType};base64,${encodeBase64(bytes)}`;
}

/** Media type and bytes of a base64 data URL; undefined if the text is none. */
export function decodeDataUrl(url: string): { readonly mediaType: string; readonly data: Uint8Array } | undefined {
  const comma = url.indexOf(',');
  const head = url.slice(0, comma);
  if (comma < 0 || !head.startsWith('data:') || !head.endsWith(';base64')) return undefined;
  const data = decodeBase64(url.slice(comma + 1));
  return data && { mediaType: head.slice('data:'.length, -';base64'.length), data };
}
