/** Log probabilities that look like a model's: they follow from the token and its place alone. */
import { PLAIN_WORDS } from './corpus.ts';
import { hashText } from './random.ts';

/** One token's log probability in openai-chat's wire. */
export interface WireLogprob {
  readonly token: string;
  readonly logprob: number;
  readonly bytes: readonly number[];
  readonly top_logprobs?: readonly WireLogprob[];
}

const ENCODER = new TextEncoder();

/** The log probability of a token, with `top` candidates for its place, itself first. */
export function logprobOf(token: string, place: number, top: number): WireLogprob {
  const logprob = -(((hashText(token, place) % 1000) / 1250) ** 2);
  const others = Array.from({ length: Math.max(0, top - 1) }, (_, rank) => {
    const word = ` ${PLAIN_WORDS[(hashText(token, place) + rank) % PLAIN_WORDS.length]}`;
    return plain(word, logprob - 1 - rank);
  });
  const own = plain(token, logprob);
  return { ...own, top_logprobs: top === 0 ? [] : [own, ...others] };
}

function plain(token: string, logprob: number): WireLogprob {
  return { token, logprob: Number(logprob.toFixed(6)), bytes: [...ENCODER.encode(token)] };
}
