/** Log probabilities: Cohere tells them for pieces of text, each of one token or of the few that make up a character. */
import type { TokenLogprob } from '../../model/wire.ts';
import { NO_LOGPROBS } from '../shared/events.ts';
import { asList, asText, isJsonObject, type JsonObject } from '../shared/json.ts';

/** Reads the items of a whole reply, or the one of an event. */
export function readLogprobs(value: unknown): readonly TokenLogprob[] {
  const items = Array.isArray(value) ? asList(value).filter(isJsonObject) : isJsonObject(value) ? [value] : [];
  const read = items.map(readItem).filter((item) => item !== undefined);
  return read.length === 0 ? NO_LOGPROBS : read;
}

/** The probability of a piece is that of all its tokens. */
function readItem({ text, logprobs }: JsonObject): TokenLogprob | undefined {
  const numbers = asList(logprobs).filter((number) => typeof number === 'number');
  if (numbers.length === 0) return undefined;
  const logprob = numbers.reduce((sum, number) => sum + number, 0);
  return { token: asText(text) ?? '', logprob, utf8: new Uint8Array(), top: [] };
}
