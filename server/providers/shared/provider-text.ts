/** Text of providers, made fit for messages that others read. */

const MAX_CODE_POINTS = 512;

/** Only so much of a text is looked at; redaction shrinks what is long. */
const MAX_SCANNED = 16_384;

/** Keys are shorter than this. */
const MAX_KEY = 512;

const REDACTED = '[redacted]';

/** What looks like a secret, most telling first. Every pattern is linear in the length of the text. */
const SECRETS: readonly RegExp[] = [
  /\bbearer\s+[\w.~+/=*:-]{8,}/gi,
  /\bbasic\s+(?=[A-Za-z+/]*[\d=])[\w+/=]{8,}/gi,
  /(?<=\b(?:api[-_ ]?key|x-goog-api-key|authorization|access[-_ ]token|secret|password)["']?\s{0,3}[:=]\s{0,3}["']?)[^\s"',;}]{4,}/gi,
  /\b(?:sk|pk|rk|gsk|xai|pplx|hf|ghp|glpat|tgp|nvapi|r8|fw)[-_][\w*-]{6,}/g,
  /\bAIza[\w-]{10,}/g,
  /\b(?:AKIA|ASIA)[A-Z0-9]{12,}/g,
  /\bey[JA][\w-]{8,512}\.[\w.-]+/g,
];

/** Runs of base64 or hexadecimal. Those of letters alone are words of some language, or identifiers. */
const LONG_RUN = /[\w+/=-]{32,}/g;
const LETTERS = /^[A-Za-z_/-]{32,63}$/;

/**
 * A provider's text as a message may carry it: well-formed Unicode without control characters, at most 512 code points,
 * what looks like a key or token replaced. Secrets that look like words cannot be recognised here: who knows the key
 * removes it too.
 */
export function cleanProviderText(text: string): string {
  let clean = cutScanned(text)
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .replaceAll(/ {2,}/g, ' ')
    .trim();
  for (const pattern of SECRETS) clean = clean.replaceAll(pattern, REDACTED);
  clean = clean.replaceAll(LONG_RUN, (run) => (LETTERS.test(run) ? run : REDACTED));
  return cutAtCodePoint(clean, MAX_CODE_POINTS);
}

/** A provider's short code, type or name: empty unless it is one word of at most 64 plain characters and no secret. */
export function cleanProviderCode(code: unknown): string {
  const text = typeof code === 'number' ? String(code) : code;
  return typeof text === 'string' && /^[\w.:/-]{1,64}$/.test(text) && cleanProviderText(text) === text ? text : '';
}

function cutScanned(text: string): string {
  if (text.length <= MAX_SCANNED) return text;
  // The last, perhaps halved word goes, so that no half of a key escapes the patterns; a word of this length is no key that
  // they would miss.
  const space = text.lastIndexOf(' ', MAX_SCANNED);
  return text.slice(0, space > MAX_SCANNED - MAX_KEY ? space : MAX_SCANNED);
}

function cutAtCodePoint(text: string, max: number): string {
  if (text.length <= max) return text;
  const points = Array.from(text.slice(0, 2 * max));
  return points.length <= max && text.length <= 2 * max ? text : `${points.slice(0, max - 1).join('')}…`;
}
