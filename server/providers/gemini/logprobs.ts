/** Log probabilities of replies. */
import type { TokenLogprob, TopLogprob } from '../../model/wire.ts';
import { NO_LOGPROBS } from '../shared/events.ts';
import { asList, asObject, asText, type JsonObject } from '../shared/json.ts';

/** The tokens of a candidate's logprobsResult: chosenCandidates, and topCandidates at the same places. */
export function readLogprobs(value: unknown): readonly TokenLogprob[] {
  const result = asObject(value);
  if (result === undefined) return NO_LOGPROBS;
  const tops = asList(result.topCandidates);
  return asList(result.chosenCandidates).map((chosen, place) => ({
    ...readToken(asObject(chosen) ?? {}),
    top: asList(asObject(tops[place])?.candidates).map((candidate) => readToken(asObject(candidate) ?? {})),
  }));
}

function readToken({ token, logProbability }: JsonObject): TopLogprob {
  const text = asText(token) ?? '';
  // Numbers that a double would write otherwise come wrapped, with their digits (parseExactJson).
  const logprob = typeof logProbability === 'object' ? Number(JSON.stringify(logProbability)) : logProbability;
  const isKnown = typeof logprob === 'number' && Number.isFinite(logprob);
  return { token: text, logprob: isKnown ? logprob : UNLIKELY, utf8: NO_BYTES };
}

/** The provider does not say them. */
const NO_BYTES = new Uint8Array();

/** The contract's word for a probability too small to tell. */
const UNLIKELY = -9999;
