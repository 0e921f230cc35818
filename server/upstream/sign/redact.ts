/** Takes credentials out of a provider's words: some providers repeat the key that they refuse. */
import { Secret } from '../../model/secret.ts';
import type { Provider } from '../../model/target.ts';

const STARS = '***';
/** With it, shortened texts end. */
const ELLIPSIS = '…';
/** Configured headers may hold credentials too; shorter values are words that a message can have for its own reasons. */
const MIN_SECRET_LENGTH = 16;
/** A message may be cut within the key: so much of its beginning at the end of a text counts as the key. */
const MIN_CUT_LENGTH = 6;

/** The text with every credential of the provider replaced by stars, also one that the text's end cuts short. */
export function redact(text: string, provider: Provider): string {
  let clean = text;
  for (const secret of secretsOf(provider)) clean = withoutCut(clean.replaceAll(secret, STARS), secret);
  return clean;
}

function secretsOf({ apiKeys, headers, settings }: Provider): readonly string[] {
  const values = [...headers.values()].filter((value) => value.length >= MIN_SECRET_LENGTH);
  const secrets = [...apiKeys, ...Object.values(settings).filter((setting) => setting instanceof Secret)];
  return [...secrets.map((secret) => secret.reveal()).filter((secret) => secret !== ''), ...values];
}

function withoutCut(text: string, secret: string): string {
  const end = text.endsWith(ELLIPSIS) ? ELLIPSIS : '';
  const words = text.slice(0, text.length - end.length);
  for (let length = Math.min(secret.length - 1, words.length); length >= MIN_CUT_LENGTH; length--) {
    if (words.endsWith(secret.slice(0, length))) return `${words.slice(0, -length)}${STARS}${end}`;
  }
  return text;
}
