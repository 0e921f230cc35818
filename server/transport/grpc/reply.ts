/** Answers as the contract's reply messages, encoded, within what the caller takes. */
import type { Entered } from '../../config/snapshot.ts';
import type { Call, CountAnswer, MessageAnswer, ModelsAnswer, VectorsAnswer } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import { maxReplyBytes } from '../../model/reply-size.ts';
import {
  CompleteResponse,
  CountTokensResponse,
  EmbedEncoding,
  EmbedResponse,
  ListModelsResponse,
  type StreamFinished,
} from '../../model/wire.ts';
import { type Consumed, chargeAnswer } from './charge.ts';
import { encodeBytes } from './encode-bytes.ts';
import { CACHE_BYPASS, makeReceipt } from './receipt.ts';

/** The error for a reply that is larger than the caller takes. */
export function replyTooLarge(bytes: number, maxBytes: number): GatewayError {
  return new GatewayError(
    'RESPONSE_TOO_LARGE',
    `the reply has ${bytes} bytes and the caller takes ${maxBytes}; raise options.max_reply_bytes and the client's own limit`,
    { metadata: { replyBytes: String(bytes), maxReplyBytes: String(maxBytes) } },
  );
}

/** What all replies share. */
function heading(call: Call, upstreamModel: string, provider: string) {
  return {
    callId: call.id,
    model: call.record.model,
    upstreamModel,
    provider,
    createTime: new Date(call.receivedAtWallMs),
  };
}

/** The closing of a reply: cost, cache and receipt. */
export function closing(
  call: Call & Entered,
  consumed: Consumed,
  nowMs: number,
): Pick<StreamFinished, 'cost' | 'cacheStatus' | 'receipt'> {
  return {
    cost: chargeAnswer(call, consumed),
    cacheStatus: CACHE_BYPASS,
    receipt: makeReceipt(call, call.snapshot.digest, nowMs),
  };
}

/** @throws GatewayError RESPONSE_TOO_LARGE, as all of these do. */
export function encodeMessage(call: Call & Entered, answer: MessageAnswer, nowMs: number): Uint8Array {
  const response: CompleteResponse = {
    ...heading(call, answer.upstreamModel, answer.deployment.provider.name),
    message: answer.message,
    finishReason: answer.finishReason,
    usage: answer.usage,
    adaptations: answer.adaptations,
    ...closing(call, answer, nowMs),
  };
  return bounded(call, encodeBytes(CompleteResponse, response));
}

/** Vectors of all inputs. */
export function encodeVectors(call: Call<'embed'> & Entered, answer: VectorsAnswer, nowMs: number): Uint8Array {
  const asked = call.request.encoding;
  const response: EmbedResponse = {
    ...heading(call, answer.upstreamModel, answer.deployment.provider.name),
    embeddings: answer.embeddings,
    dimensions: answer.dimensions,
    vectorSpaceId: answer.deployment.vectorSpaceId,
    encoding: asked === EmbedEncoding.UNSPECIFIED ? EmbedEncoding.FLOATS : asked,
    usage: answer.usage,
    adaptations: answer.adaptations,
    ...closing(call, answer, nowMs),
  };
  return bounded(call, encodeBytes(EmbedResponse, response));
}

/** The size of a prompt. */
export function encodeCount(call: Call & Entered, answer: CountAnswer): Uint8Array {
  const { deployment, inputTokens, confidence, counter } = answer;
  const response: CountTokensResponse = {
    callId: call.id,
    model: call.record.model,
    upstreamModel: deployment.upstreamModel,
    provider: deployment.provider.name,
    inputTokens,
    confidence,
    counter,
  };
  return bounded(call, encodeBytes(CountTokensResponse, response));
}

/** A page of models. */
export function encodeModels(call: Call & Entered, answer: ModelsAnswer): Uint8Array {
  return bounded(call, encodeBytes(ListModelsResponse, answer));
}

function bounded(call: Call, bytes: Uint8Array): Uint8Array {
  const maxBytes = maxReplyBytes(call.options);
  if (bytes.length > maxBytes) throw replyTooLarge(bytes.length, maxBytes);
  return bytes;
}
