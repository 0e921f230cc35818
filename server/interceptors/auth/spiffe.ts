/** SPIFFE IDs, by the letter of the standard. */

const MAX_ID_BYTES = 2048; // SPIFFE-ID, 2.3

/**
 * Trust domain of lower-case letters, digits, dots, dashes and underscores; then at least one segment of letters, digits,
 * dots, dashes and underscores. A leaf certificate's path may not be empty (X509-SVID, 5.2). No port, user, query, fragment
 * or percent-encoding: none of their characters is let through.
 */
const SPIFFE_ID = /^spiffe:\/\/[a-z0-9._-]{1,255}(?:\/[A-Za-z0-9._-]+)+$/;

const DOTS_ONLY = /\/\.{1,2}(?:\/|$)/;

/**
 * Whether a text is a SPIFFE ID of a workload, exactly as written: no form of it is ever made equal to another.
 * Source: https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE-ID.md
 */
export function isSpiffeId(text: string): boolean {
  return text.length <= MAX_ID_BYTES && SPIFFE_ID.test(text) && !DOTS_ONLY.test(text);
}
