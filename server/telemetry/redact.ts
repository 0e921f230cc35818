/** Takes secrets out of text that the gateway did not write itself. */
import type { Secret } from '../model/secret.ts';

/** Makes text fit for a log. */
export type Redact = (text: string) => string;

/** Keys and tokens by their looks: OpenAI's, Anthropic's and others' prefixes, bearer tokens, JWTs, PEM blocks. */
const PATTERNS: readonly RegExp[] = [
  /\b(?:sk|xai|gsk|pplx|kmn|AIza)[-_]?[A-Za-z0-9_-]{16,}/g,
  /\bBearer\s+[A-Za-z0-9._~+/=-]{8,}/gi,
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g,
  /-----BEGIN [A-Z ]+-----[\s\S]*?(?:-----END [A-Z ]+-----|$)/g,
];

const MIN_SECRET_CHARS = 6; // Shorter ones would take words out of every text.

/** Makes a redactor of the secrets in use, as they are at the time of each text, and of whatever looks like one. */
export function createRedact(secrets: () => Iterable<Secret>): Redact {
  return (text) => {
    let clean = text;
    for (const secret of secrets()) {
      const value = secret.reveal();
      if (value.length >= MIN_SECRET_CHARS) clean = clean.replaceAll(value, '***');
    }
    return PATTERNS.reduce((left, pattern) => left.replace(pattern, '***'), clean);
  };
}
