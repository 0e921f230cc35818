/** Decodes whole replies. */
import { GatewayError } from '../../model/errors.ts';
import { StreamFold } from '../../model/wire.ts';
import type { Decoded, Target } from '../dialect.ts';
import { isJsonObject } from '../shared/json.ts';
import { makeUsage } from '../shared/usage.ts';
import { Answer } from './answer.ts';
import { decodeErrorValue, findError } from './error.ts';
import { decodeFinish } from './finish.ts';

/**
 * Decodes a reply, or the list of pieces that a stream without alt=sse is.
 * @throws GatewayError UPSTREAM_PROTOCOL if it is neither, UPSTREAM_CONTENT_FILTERED if the prompt was refused, or the error
 * that it is.
 */
export function decodeComplete(reply: unknown, target: Target): Decoded {
  if (findError(reply) !== undefined) throw decodeErrorValue(reply);
  const answer = new Answer(target);
  const fold = new StreamFold();
  for (const piece of Array.isArray(reply) ? reply : [reply]) {
    if (!isJsonObject(piece)) throw notAnAnswer();
    fold.pushAll(answer.take(piece));
  }
  if (!answer.hasCandidate) throw notAnAnswer();
  fold.pushAll(answer.end());
  const { finishReason = decodeFinish(undefined, false), usage = makeUsage({}) } = fold.finished() ?? {};
  return { message: fold.message(), finishReason, usage, upstreamModel: answer.upstreamModel };
}

function notAnAnswer(): GatewayError {
  return new GatewayError('UPSTREAM_PROTOCOL', "The provider's reply has no candidates.");
}
