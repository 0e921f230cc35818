/** Embeddings, which Converse has none of: InvokeModel in the wire of the model's maker, found by the model's name. */
import { GatewayError } from '../../model/errors.ts';
import type { EmbedRequest } from '../../model/wire.ts';
import type { DecodedVectors, Encoded, Target } from '../dialect.ts';
import { Adapter } from '../shared/adapter.ts';
import { isJsonObject } from '../shared/json.ts';
import { mergeProviderOptions } from '../shared/provider-options.ts';
import { makeUsage, readCount } from '../shared/usage.ts';
import { packVectors } from '../shared/vectors.ts';
import { cohereEmbed } from './embed-cohere.ts';
import { novaEmbed } from './embed-nova.ts';
import { titanImageEmbed, titanTextEmbed } from './embed-titan.ts';
import type { EmbedWire } from './embed-wire.ts';
import { decodeErrorReply } from './error.ts';
import { pathOf } from './model-id.ts';

/**
 * Encodes inputs.
 * @throws GatewayError PARAMETER_UNSUPPORTED for a model that is not known to make vectors, and for what it cannot embed;
 * OPTION_NOT_ALLOWED.
 */
export function encodeEmbed(request: EmbedRequest, target: Target): Encoded {
  const adapter = new Adapter(target);
  const wire = wireOf(target.upstreamModel);
  const body = wire.encode(request, adapter);
  const rules = { target, owned: wire.owned, path: 'provider_options_json' };
  mergeProviderOptions(body, request.providerOptionsJson, rules);
  return { path: pathOf(target.upstreamModel, 'invoke'), headers: {}, body, adaptations: adapter.settle() };
}

/** Decodes vectors. @throws GatewayError UPSTREAM_PROTOCOL, or the error that the reply is */
export function decodeEmbed(
  reply: unknown,
  request: EmbedRequest,
  target: Target,
  headers: ReadonlyMap<string, string> = NO_HEADERS,
): DecodedVectors {
  if (!isJsonObject(reply)) throw new GatewayError('UPSTREAM_PROTOCOL', 'The reply is not a JSON object.');
  const error = decodeErrorReply(reply);
  if (error !== undefined) throw error;
  const { vectors, inputTokens = readCountHeader(headers) } = wireOf(target.upstreamModel).decode(reply, request);
  const outputTokens = inputTokens === undefined ? undefined : 0; // Vectors have no output: that is zero, not unknown.
  const usage = makeUsage({ inputTokens, outputTokens });
  return { ...packVectors(vectors, request), usage, upstreamModel: '' };
}

const NO_HEADERS: ReadonlyMap<string, string> = new Map();

/** Every reply of InvokeModel has it. */
function readCountHeader(headers: ReadonlyMap<string, string>): number | undefined {
  const text = headers.get('x-amzn-bedrock-input-token-count') ?? '';
  return /^\d{1,10}$/.test(text) ? readCount(Number(text)) : undefined;
}

/** Most inputs of one request to a model. */
export function maxEmbedInputs(upstreamModel: string): number {
  return findWire(upstreamModel)?.maxInputs ?? 1;
}

/** By a piece of the model's name, the narrower first. */
const WIRES: readonly (readonly [name: RegExp, wire: EmbedWire])[] = [
  [/amazon\.titan-embed-image/, titanImageEmbed],
  [/amazon\.titan-embed/, titanTextEmbed],
  [/amazon\.nova-.*embed/, novaEmbed],
  [/cohere\.embed/, cohereEmbed],
];

function findWire(upstreamModel: string): EmbedWire | undefined {
  return WIRES.find(([name]) => name.test(upstreamModel))?.[1];
}

function wireOf(upstreamModel: string): EmbedWire {
  const wire = findWire(upstreamModel);
  if (wire !== undefined) return wire;
  throw new GatewayError(
    'PARAMETER_UNSUPPORTED',
    `${upstreamModel} is not known to make vectors; on Bedrock those of Amazon (Titan, Nova) and Cohere are.`,
  );
}
