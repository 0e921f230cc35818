/** Embeddings: https://platform.openai.com/docs/api-reference/embeddings (seen 2026-11-24). */
import { EmbedEncoding, type EmbedInput, EmbedInputType, type EmbedRequest, type Usage } from '../../model/wire.ts';
import type { DecodedVectors, Encoded, Target } from '../dialect.ts';
import { Adapter } from '../shared/adapter.ts';
import { decodeBase64 } from '../shared/base64.ts';
import { asObject, asText, invalidField, isJsonObject } from '../shared/json.ts';
import { mergeProviderOptions } from '../shared/provider-options.ts';
import { makeUsage, readCount } from '../shared/usage.ts';
import {
  brokenVectors,
  embeddingUsage,
  FLOAT_ENCODINGS,
  packVectors,
  readListedVectors,
  readVector,
  type Vector,
} from '../shared/vectors.ts';
import { decodeErrorValue, isErrorValue } from './error.ts';

/** Most inputs of one request. */
export const MAX_EMBED_INPUTS = 2048;

const OWNED: ReadonlySet<string> = new Set([
  'input',
  'encoding_format',
  'dimensions',
  'output_dimension',
  'output_dtype',
  'user',
  'safety_identifier',
]);

/**
 * Encodes inputs. Floats are asked for by name: what an absent encoding_format means differs from host to host.
 * @throws GatewayError PARAMETER_UNSUPPORTED for images, and quantised vectors of hosts that have none, whatever the mode;
 * OPTION_NOT_ALLOWED.
 */
export function encodeEmbed(request: EmbedRequest, target: Target): Encoded {
  const adapter = new Adapter(target);
  const body: Record<string, unknown> = {
    model: target.upstreamModel,
    input: request.inputs.map((input, index) => encodeInput(input, `inputs[${index}]`, adapter)),
  };
  if (target.quirks.embeddingFormat !== false) body.encoding_format = 'float';
  if (request.dimensions !== undefined) body[target.quirks.dimensionsField ?? 'dimensions'] = request.dimensions;
  if (target.endUserHash !== undefined && !adapter.lacks('endUser')) body.user = target.endUserHash;
  if (request.inputType !== EmbedInputType.UNSPECIFIED) {
    adapter.drop('input_type', 'The provider embeds a text in one way only.');
  }
  encodeEncoding(body, request.encoding, adapter);
  mergeProviderOptions(body, request.providerOptionsJson, { target, owned: OWNED, path: 'provider_options_json' });
  return { path: '/embeddings', headers: {}, body, adaptations: adapter.settle() };
}

/** Floats are the default everywhere; who quantises is told so by output_dtype. */
function encodeEncoding(body: Record<string, unknown>, encoding: EmbedEncoding, adapter: Adapter): void {
  if (FLOAT_ENCODINGS.has(encoding)) return;
  const dtype = adapter.target.quirks.quantisedEmbeddings === true ? DTYPES.get(encoding) : undefined;
  if (dtype === undefined) adapter.refuse('encoding', 'The provider quantises no vectors; use floats.');
  else body.output_dtype = dtype;
}

/** Mistral's words: https://docs.mistral.ai/api/endpoint/embeddings, and the types of its SDK 2.7.0, seen 2026-11-24. */
const DTYPES: ReadonlyMap<EmbedEncoding, string> = new Map([
  [EmbedEncoding.INT8, 'int8'],
  [EmbedEncoding.BINARY, 'ubinary'],
]);

/** One text: the parts of an input are one thing, so that they are joined. */
function encodeInput({ parts }: EmbedInput, field: string, adapter: Adapter): string {
  let text = '';
  for (const [index, { content }] of parts.entries()) {
    if (content?.$case === 'text') text += content.value;
    else if (content === undefined) throw invalidField(`${field}.parts[${index}]`, 'The part has no content.');
    else adapter.refuse(`${field}.parts[${index}].image`, 'The provider embeds text only.');
  }
  return text;
}

/**
 * Decodes vectors into the order of the inputs.
 * @throws GatewayError UPSTREAM_PROTOCOL if one is missing, there twice, not a vector, or of another length than the others
 * or than was asked for.
 */
export function decodeEmbed(reply: unknown, request: EmbedRequest): DecodedVectors {
  if (!isJsonObject(reply)) throw brokenVectors('is no list of embeddings');
  if (isErrorValue(reply)) throw decodeErrorValue(reply, 'UPSTREAM_5XX');
  const read = (value: unknown) => readNumbers(value, request.encoding);
  return {
    ...packVectors(readListedVectors(reply.data, request.inputs.length, read), request),
    usage: decodeUsage(reply.usage),
    upstreamModel: asText(reply.model) ?? '',
  };
}

/** Numbers, or base64 of little-endian floats from hosts that send it unasked. */
function readNumbers(value: unknown, encoding: EmbedEncoding): Vector {
  return typeof value === 'string' && FLOAT_ENCODINGS.has(encoding) ? readPacked(value) : readVector(value, encoding);
}

function readPacked(text: string): Vector {
  const bytes = decodeBase64(text);
  if (bytes === undefined || bytes.length % 4 !== 0) throw brokenVectors('has a vector that is none');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const vector = Float32Array.from({ length: bytes.length / 4 }, (_, index) => view.getFloat32(4 * index, true));
  if (!vector.every((number) => Number.isFinite(number))) throw brokenVectors('has a vector that is none');
  return vector;
}

function decodeUsage(value: unknown): Usage {
  const usage = asObject(value);
  if (usage === undefined) return makeUsage({});
  return embeddingUsage(readCount(usage.prompt_tokens) ?? readCount(usage.total_tokens), usage);
}
