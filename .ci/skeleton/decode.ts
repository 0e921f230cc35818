/** Decodes whole replies. */
import { GatewayError } from '../../server/model/errors.ts';
import { Role } from '../../server/model/wire.ts';
import type { Decoded } from '../../server/providers/dialect.ts';
import { asText, isJsonObject } from '../../server/providers/shared/json.ts';
import { textPart } from '../../server/providers/shared/parts.ts';
import { decodeErrorValue } from './error.ts';
import { decodeFinish } from './finish.ts';
import { decodeUsage } from './usage.ts';
import type { WireReply } from './wire.ts';

/** Decodes a reply. @throws GatewayError UPSTREAM_PROTOCOL if it is no answer, or the error that it is. */
export function decodeComplete(reply: unknown): Decoded {
  if (!isJsonObject(reply)) throw notAnAnswer();
  const { error, finish, model, text, usage }: WireReply = reply;
  if (error !== undefined) throw decodeErrorValue(reply, 'UPSTREAM_5XX');
  if (typeof text !== 'string' || typeof finish !== 'string') throw notAnAnswer();
  return {
    message: { role: Role.ASSISTANT, parts: [textPart(text.toWellFormed())] },
    finishReason: decodeFinish(finish),
    usage: decodeUsage(usage),
    upstreamModel: asText(model) ?? '',
  };
}

function notAnAnswer(): GatewayError {
  return new GatewayError('UPSTREAM_PROTOCOL', "The provider's reply is no answer of Skeleton's.");
}
