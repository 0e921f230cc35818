/** Decodes whole replies. */
import { GatewayError } from '../../model/errors.ts';
import { Role } from '../../model/wire.ts';
import type { Decoded, Target } from '../dialect.ts';
import { asList, asObject, asText, isJsonObject, parseExactJson } from '../shared/json.ts';
import { Answer } from './answer.ts';
import { decodeErrorObject, decodeFailure } from './error.ts';
import { decodeItem, isKnownItem } from './items.ts';
import { decodeUsage } from './usage.ts';
import type { WireResponse } from './wire.ts';

/**
 * Decodes a reply.
 * @throws GatewayError UPSTREAM_PROTOCOL if it is no response, or the error that it is.
 */
export function decodeComplete(reply: unknown, target: Target): Decoded {
  const response: WireResponse | undefined = asObject(reply);
  if (response === undefined || !Array.isArray(response.output)) {
    if (response !== undefined && response.error != null) throw decodeErrorObject(response, 'UPSTREAM_5XX');
    throw new GatewayError('UPSTREAM_PROTOCOL', "The provider's reply is not a response.");
  }
  requireEnded(response);
  const answer = new Answer(target);
  const parts = response.output.filter(isJsonObject).flatMap((item) => decodeItem(item, answer));
  return {
    message: { role: Role.ASSISTANT, parts },
    finishReason: answer.finish(response),
    usage: decodeUsage(response, answer.toolUses),
    upstreamModel: asText(response.model) ?? '',
  };
}

/**
 * Parses a reply. Items that are kept as they are keep the digits of their numbers; elsewhere numbers stay numbers, as log
 * probabilities are some.
 * @throws SyntaxError
 */
export function parseReply(body: string): unknown {
  const reply: unknown = JSON.parse(body);
  const response = asObject(reply);
  const output = asList(response?.output);
  if (output.every((item) => isKnownItem(asObject(item)?.type))) return reply;
  const exact = asList(asObject(parseExactJson(body))?.output);
  return {
    ...response,
    output: output.map((item, place) => (isKnownItem(asObject(item)?.type) ? item : exact[place])),
  };
}

/** @throws GatewayError the error of a failed response; a cancelled one has failed too. */
function requireEnded(response: WireResponse): void {
  const { status } = response;
  if (status === 'failed' || response.error != null) throw decodeFailure(response, 'UPSTREAM_5XX');
  if (status === 'cancelled') throw new GatewayError('UPSTREAM_5XX', 'The provider cancelled the response.');
  if (status === 'in_progress' || status === 'queued') {
    throw new GatewayError('UPSTREAM_PROTOCOL', 'The provider answered before its response was whole.');
  }
}
