/**
 * Embeddings: https://ai.google.dev/api/embeddings (embedContent, batchEmbedContents) and, where the host is said to have that
 * method only, Vertex's predict (https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api), seen
 * 2026-11-24.
 */
import { AdaptationAction, type EmbedInput, EmbedInputType, type EmbedRequest, type Usage } from '../../model/wire.ts';
import type { DecodedVectors, Encoded, Target } from '../dialect.ts';
import { Adapter } from '../shared/adapter.ts';
import { asList, asObject, invalidField, isJsonObject, type JsonObject } from '../shared/json.ts';
import { mergeProviderOptions } from '../shared/provider-options.ts';
import { makeUsage, readCount, sumCounts } from '../shared/usage.ts';
import { brokenVectors, embeddingUsage, FLOAT_ENCODINGS, packVectors, readVector } from '../shared/vectors.ts';
import { encodeMedia } from './encode-media.ts';
import { decodeErrorValue, findError } from './error.ts';
import { everySpelling, modelName, modelPath } from './wire.ts';

/** Most inputs of one batchEmbedContents; models of predict take other numbers, which the deployment says. */
export const MAX_EMBED_INPUTS = 100;

const OWNED = everySpelling('content', 'requests', 'instances', 'parameters', 'taskType', 'outputDimensionality');

/**
 * Encodes inputs: one as embedContent, several as batchEmbedContents, whose requests each name the model once more.
 * @throws GatewayError PARAMETER_UNSUPPORTED for quantised vectors, whatever the mode; OPTION_NOT_ALLOWED.
 */
export function encodeEmbed(request: EmbedRequest, target: Target): Encoded {
  const adapter = new Adapter(target);
  noteVectors(request, adapter);
  const { method, body } =
    target.quirks.embedMethod === 'predict' ? toPredict(request, adapter) : toEmbed(request, adapter);
  mergeProviderOptions(body, request.providerOptionsJson, { target, owned: OWNED, path: 'provider_options_json' });
  return { path: modelPath(target.upstreamModel, method), headers: {}, body, adaptations: adapter.settle() };
}

/** Length at which every model gives vectors of length one. */
const NORMALISED_DIMENSIONS = 3072;

function noteVectors({ encoding, dimensions }: EmbedRequest, adapter: Adapter): void {
  if (!FLOAT_ENCODINGS.has(encoding)) adapter.refuse('encoding', 'The provider quantises no vectors; use floats.');
  if (dimensions === undefined || dimensions >= NORMALISED_DIMENSIONS) return;
  // gemini-embedding-001 cuts its vectors; cosine and dot product differ until the caller normalises them. Nothing that was
  // asked for changes, so that this is no error under STRICT.
  const why = `Vectors of fewer than ${NORMALISED_DIMENSIONS} dimensions may come without being normalised again.`;
  adapter.report('dimensions', AdaptationAction.REWRITTEN, why);
}

/** https://ai.google.dev/api/embeddings#TaskType. */
const TASK_TYPES: ReadonlyMap<EmbedInputType, string> = new Map([
  [EmbedInputType.QUERY, 'RETRIEVAL_QUERY'],
  [EmbedInputType.DOCUMENT, 'RETRIEVAL_DOCUMENT'],
  [EmbedInputType.CLASSIFICATION, 'CLASSIFICATION'],
  [EmbedInputType.CLUSTERING, 'CLUSTERING'],
]);

interface Question {
  readonly method: string;
  readonly body: Record<string, unknown>;
}

function toEmbed({ inputs, inputType, dimensions }: EmbedRequest, adapter: Adapter): Question {
  const taskType = TASK_TYPES.get(inputType);
  const settings = {
    ...(taskType !== undefined && { taskType }),
    ...(dimensions !== undefined && { outputDimensionality: dimensions }),
  };
  const model = modelName(adapter.target.upstreamModel);
  const requests = inputs.map((input, index) => ({
    model,
    content: { parts: encodeParts(input, `inputs[${index}]`, adapter) },
    ...settings,
  }));
  const [first, ...others] = requests;
  if (first !== undefined && others.length === 0) return { method: 'embedContent', body: first };
  return { method: 'batchEmbedContents', body: { requests } };
}

/** The parts of one input are one thing: one vector. */
function encodeParts({ parts }: EmbedInput, field: string, adapter: Adapter): readonly unknown[] {
  return parts.flatMap(({ content }, index) => {
    const path = `${field}.parts[${index}]`;
    if (content?.$case === 'text') return { text: content.value };
    if (content === undefined) throw invalidField(path, 'The part has no content.');
    return encodeMedia(content, path, adapter) ?? [];
  });
}

function toPredict({ inputs, inputType, dimensions }: EmbedRequest, adapter: Adapter): Question {
  const task_type = TASK_TYPES.get(inputType);
  const instances = inputs.map((input, index) => ({
    content: joinTexts(input, `inputs[${index}]`, adapter),
    ...(task_type !== undefined && { task_type }),
  }));
  const parameters = dimensions === undefined ? {} : { parameters: { outputDimensionality: dimensions } };
  return { method: 'predict', body: { instances, ...parameters } };
}

function joinTexts({ parts }: EmbedInput, field: string, adapter: Adapter): string {
  let text = '';
  for (const [index, { content }] of parts.entries()) {
    if (content?.$case === 'text') text += content.value;
    else if (content === undefined) throw invalidField(`${field}.parts[${index}]`, 'The part has no content.');
    else adapter.refuse(`${field}.parts[${index}].image`, 'The model embeds text only.');
  }
  return text;
}

/**
 * Decodes vectors, which come in the order of the inputs.
 * @throws GatewayError UPSTREAM_PROTOCOL if one is missing, not a vector, or of another length than the others or than was asked
 * for.
 */
export function decodeEmbed(reply: unknown, request: EmbedRequest): DecodedVectors {
  if (findError(reply) !== undefined) throw decodeErrorValue(reply);
  const items = isJsonObject(reply) ? listEmbeddings(reply) : [];
  if (items.length !== request.inputs.length) throw brokenVectors('has not one vector for each input');
  const vectors = items.map((item) => readVector(asObject(item)?.values, request.encoding));
  return {
    ...packVectors(vectors, request),
    usage: decodeUsage(reply, items),
    upstreamModel: '', // It is not named.
  };
}

function listEmbeddings({ embedding, embeddings, predictions }: JsonObject): readonly unknown[] {
  if (Array.isArray(predictions)) return predictions.map((prediction) => asObject(prediction)?.embeddings);
  return embedding === undefined ? asList(embeddings) : [embedding];
}

/** Counts of the whole reply, or (predict) one with each vector. Embeddings have no output: that is zero, not unknown. */
function decodeUsage(reply: unknown, items: readonly unknown[]): Usage {
  const metadata = asObject(asObject(reply)?.usageMetadata);
  const statistics = items.map((item) => asObject(asObject(item)?.statistics));
  const counts = statistics.map((one) => readCount(one?.token_count) ?? readCount(one?.tokenCount));
  const inputTokens = readCount(metadata?.promptTokenCount) ?? sumCounts(...counts);
  if (inputTokens === undefined) return makeUsage({});
  return embeddingUsage(inputTokens, metadata ?? { statistics });
}
