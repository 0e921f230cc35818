/** Embeddings: https://docs.cohere.com/v2/reference/embed, and the types of the SDK 8.1.0, read 2026-11-24. */
import {
  AdaptationAction,
  EmbedEncoding,
  type EmbedInput,
  EmbedInputType,
  type EmbedPart,
  type EmbedRequest,
  type Usage,
} from '../../model/wire.ts';
import type { DecodedVectors, Encoded, Target } from '../dialect.ts';
import { Adapter } from '../shared/adapter.ts';
import { encodeDataUrl } from '../shared/base64.ts';
import { asList, asObject, invalidField, isJsonObject } from '../shared/json.ts';
import { requireUris } from '../shared/media.ts';
import { mergeProviderOptions } from '../shared/provider-options.ts';
import { makeUsage, readCount, sumCounts } from '../shared/usage.ts';
import { brokenVectors, embeddingUsage, packVectors, readVector } from '../shared/vectors.ts';
import { decodeErrorValue, isErrorValue } from './error.ts';

/** Most inputs of one request. */
export const MAX_EMBED_INPUTS = 96;

/** Members that the encoder sets; truncate, which it presets, an allowed option may change. */
export const OWNED_EMBED_MEMBERS: ReadonlySet<string> = new Set([
  'texts',
  'images',
  'inputs',
  'input_type',
  'embedding_types',
  'output_dimension',
]);

/**
 * Encodes inputs: as texts, which every model takes, and with any image among them as mixed inputs, which embed-v4 takes.
 * A text that is too long is an error (truncate NONE): half of it would be embedded without a word.
 * @throws GatewayError PARAMETER_UNSUPPORTED, OPTION_NOT_ALLOWED
 */
export function encodeEmbed(request: EmbedRequest, target: Target): Encoded {
  const adapter = new Adapter(target);
  const body: Record<string, unknown> = {
    model: target.upstreamModel,
    ...encodeInputs(request.inputs, adapter),
    input_type: encodeInputType(request.inputType, adapter),
    embedding_types: [typeOf(request)],
    ...(request.dimensions !== undefined && { output_dimension: request.dimensions }),
    truncate: 'NONE',
  };
  const rules = { target, owned: OWNED_EMBED_MEMBERS, path: 'provider_options_json' };
  mergeProviderOptions(body, request.providerOptionsJson, rules);
  return { path: '/v2/embed', headers: {}, body, adaptations: adapter.settle() };
}

/**
 * Decodes vectors, which stand in the order of the inputs.
 * @throws GatewayError UPSTREAM_PROTOCOL if one is missing, no vector, or of another length than the others or than was asked for.
 */
export function decodeEmbed(reply: unknown, request: EmbedRequest): DecodedVectors {
  if (!isJsonObject(reply)) throw brokenVectors('is no list of embeddings');
  if (isErrorValue(reply)) throw decodeErrorValue(reply, 'UPSTREAM_5XX');
  const vectors = asList(asObject(reply.embeddings)?.[typeOf(request)]);
  if (vectors.length !== request.inputs.length) throw brokenVectors('has not one vector for each input');
  return {
    ...packVectors(
      vectors.map((vector) => readVector(vector, request.encoding)),
      request,
    ),
    usage: decodeUsage(reply.meta),
    upstreamModel: '',
  };
}

/** ubinary: the bits of a vector in bytes from 0 to 255, eight dimensions each. */
const TYPES: ReadonlyMap<EmbedEncoding, string> = new Map([
  [EmbedEncoding.INT8, 'int8'],
  [EmbedEncoding.BINARY, 'ubinary'],
]);

function typeOf({ encoding }: EmbedRequest): string {
  return TYPES.get(encoding) ?? 'float';
}

const INPUT_TYPES: ReadonlyMap<EmbedInputType, string> = new Map([
  [EmbedInputType.QUERY, 'search_query'],
  [EmbedInputType.DOCUMENT, 'search_document'],
  [EmbedInputType.CLASSIFICATION, 'classification'],
  [EmbedInputType.CLUSTERING, 'clustering'],
]);

const DEFAULT_INPUT_TYPE = 'search_document';

/** All models since v3 demand one: what is found is the commoner case, as every document is embedded once. */
function encodeInputType(inputType: EmbedInputType, adapter: Adapter): string {
  const word = INPUT_TYPES.get(inputType);
  if (word !== undefined) return word;
  adapter.report('input_type', AdaptationAction.ADDED, `Cohere demands one: ${DEFAULT_INPUT_TYPE} was sent.`);
  return DEFAULT_INPUT_TYPE;
}

function encodeInputs(inputs: readonly EmbedInput[], adapter: Adapter): Record<string, unknown> {
  const hasImages = inputs.some(({ parts }) => parts.some(({ content }) => content?.$case === 'image'));
  const contents = inputs.map(({ parts }, index) =>
    parts
      .map((part, place) => encodePart(part, `inputs[${index}].parts[${place}]`, adapter))
      .filter((part) => part !== undefined),
  );
  if (hasImages) return { inputs: contents.map((content) => ({ content })) };
  return { texts: contents.map((content) => content.map(({ text }) => text).join('')) };
}

type WirePart = Readonly<Record<string, unknown>>;

function encodePart({ content }: EmbedPart, field: string, adapter: Adapter): WirePart | undefined {
  if (content?.$case === 'text') return { type: 'text', text: content.value };
  const source = content?.value.source;
  if (content === undefined || source === undefined) throw invalidField(field, 'The part has no content.');
  if (adapter.lacks('imageInput')) {
    adapter.refuse(`${field}.image`, `${adapter.target.upstreamModel} embeds no images; choose another model.`);
    return undefined;
  }
  if (source.$case === 'uri') {
    requireUris(adapter.target, `${field}.image.uri`);
    adapter.refuse(`${field}.image.uri`, 'Cohere embeds images as bytes only.');
    return undefined;
  }
  const url = encodeDataUrl(content.value.mediaType, source.value);
  return { type: 'image_url', image_url: { url } };
}

/** Here billed units are all there is, and nothing is added to what is embedded: they are the tokens. */
function decodeUsage(value: unknown): Usage {
  const meta = asObject(value);
  if (meta === undefined) return makeUsage({});
  const billed = asObject(meta.billed_units);
  const imageTokens = readCount(billed?.image_tokens);
  const counted = readCount(asObject(meta.tokens)?.input_tokens);
  const inputTokens = counted ?? sumCounts(readCount(billed?.input_tokens), imageTokens);
  return embeddingUsage(inputTokens, meta, { inputImageTokens: imageTokens });
}
