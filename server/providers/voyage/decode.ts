/** Decodes vectors into the order of the inputs. */
import type { EmbedRequest } from '../../model/wire.ts';
import type { DecodedVectors } from '../dialect.ts';
import { asObject, asText, isJsonObject } from '../shared/json.ts';
import { makeUsage, readCount } from '../shared/usage.ts';
import { brokenVectors, embeddingUsage, packVectors, readListedVectors, readVector } from '../shared/vectors.ts';
import { decodeErrorValue, isErrorValue } from './error.ts';
import type { WireReply, WireUsage } from './wire.ts';

/**
 * Decodes a reply.
 * @throws GatewayError UPSTREAM_PROTOCOL if a vector is missing, there twice, no vector, or of another length than the
 * others or than was asked for.
 */
export function decodeEmbed(reply: unknown, request: EmbedRequest): DecodedVectors {
  if (!isJsonObject(reply)) throw brokenVectors('is no list of embeddings');
  if (isErrorValue(reply)) throw decodeErrorValue(reply);
  const { data, model, usage }: WireReply = reply;
  const vectors = readListedVectors(data, request.inputs.length, (value) => readVector(value, request.encoding));
  const counts = asObject(usage);
  const { total_tokens }: WireUsage = counts ?? {};
  return {
    ...packVectors(vectors, request),
    usage: counts === undefined ? makeUsage({}) : embeddingUsage(readCount(total_tokens), counts),
    upstreamModel: asText(model) ?? '',
  };
}
