/**
 * Amazon Nova's multimodal embeddings, one input a request:
 * https://docs.aws.amazon.com/nova/latest/userguide/embeddings-schema.html, read 2026-11-24.
 */
import { EmbedEncoding, EmbedInputType, type EmbedRequest } from '../../model/wire.ts';
import type { Adapter } from '../shared/adapter.ts';
import { asList, asObject, type JsonObject } from '../shared/json.ts';
import { brokenVectors, FLOAT_ENCODINGS, readVector } from '../shared/vectors.ts';
import { encodeEmbedImage } from './embed-image.ts';
import { dropDetail, type EmbedWire, readPieces, type VectorsOfReply } from './embed-wire.ts';
import type { Block } from './encode-media.ts';

/** Nova Multimodal Embeddings: a text or an image. */
export const novaEmbed: EmbedWire = {
  maxInputs: 1,
  owned: new Set(['schemaVersion', 'taskType', 'singleEmbeddingParams', 'segmentedEmbeddingParams']),
  encode(request, adapter) {
    if (!FLOAT_ENCODINGS.has(request.encoding)) adapter.refuse('encoding', 'The model makes floats only; use them.');
    return {
      schemaVersion: 'nova-multimodal-embed-v1',
      taskType: 'SINGLE_EMBEDDING',
      singleEmbeddingParams: {
        embeddingPurpose: PURPOSES.get(request.inputType) ?? DEFAULT_PURPOSE,
        ...(request.dimensions !== undefined && { embeddingDimension: request.dimensions }),
        ...encodeInput(request, adapter),
      },
    };
  },
  decode: decodeNova,
};

/** What an index holds, which is what most inputs become. */
const DEFAULT_PURPOSE = 'GENERIC_INDEX';

const PURPOSES: ReadonlyMap<EmbedInputType, string> = new Map([
  [EmbedInputType.QUERY, 'GENERIC_RETRIEVAL'],
  [EmbedInputType.DOCUMENT, 'GENERIC_INDEX'],
  [EmbedInputType.CLASSIFICATION, 'CLASSIFICATION'],
  [EmbedInputType.CLUSTERING, 'CLUSTERING'],
]);

function encodeInput({ inputs }: EmbedRequest, adapter: Adapter): Block {
  const [input] = inputs;
  const { text, images } = input === undefined ? { text: '', images: [] } : readPieces(input, 'inputs[0]');
  const [image] = images;
  // Cutting off the end unasked would embed another text than was sent.
  if (image === undefined) return { text: { truncationMode: 'NONE', value: text } };
  if (images.length > 1 || text !== '') adapter.refuse('inputs[0].parts', 'The model embeds one text or one image.');
  dropDetail(image, 'inputs[0]', adapter);
  const { format, data } = encodeEmbedImage(image, 'inputs[0]', adapter);
  return { image: { format, source: { bytes: data } } };
}

function decodeNova(reply: JsonObject): VectorsOfReply {
  const items = asList(reply.embeddings);
  if (items.length !== 1) throw brokenVectors('has not one vector for each input');
  const vectors = items.map((item) => readVector(asObject(item)?.embedding, EmbedEncoding.FLOATS));
  return { vectors, inputTokens: undefined };
}
