/**
 * Amazon Titan's embeddings, one input a request:
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html and -titan-embed-mm.html, read
 * 2026-11-24.
 */
import { EmbedEncoding, EmbedInputType, type EmbedRequest } from '../../model/wire.ts';
import type { Adapter } from '../shared/adapter.ts';
import type { JsonObject } from '../shared/json.ts';
import { readCount } from '../shared/usage.ts';
import { FLOAT_ENCODINGS, readVector } from '../shared/vectors.ts';
import { encodeEmbedImage } from './embed-image.ts';
import { dropDetail, type EmbedWire, readPieces, readText, type VectorsOfReply } from './embed-wire.ts';
import type { Block } from './encode-media.ts';

/** Titan Text Embeddings: G1, which has one length of vector, and V2. */
export const titanTextEmbed: EmbedWire = {
  maxInputs: 1,
  owned: new Set(['inputText', 'dimensions', 'embeddingTypes']),
  encode(request, adapter) {
    refuseQuantised(request, adapter);
    const [input] = request.inputs;
    const body: Block = { inputText: input === undefined ? '' : readText(input, 'inputs[0]', adapter) };
    if (request.dimensions === undefined) return body;
    if (/-text-v1|-g1-/.test(adapter.target.upstreamModel)) {
      adapter.refuse('dimensions', 'The model has one length of vector; leave it away.');
    }
    return { ...body, dimensions: request.dimensions };
  },
  decode: decodeTitan,
};

/** Titan Multimodal Embeddings: a text, an image, or both as one thing. */
export const titanImageEmbed: EmbedWire = {
  maxInputs: 1,
  owned: new Set(['inputText', 'inputImage', 'embeddingConfig']),
  encode(request, adapter) {
    refuseQuantised(request, adapter);
    const [input] = request.inputs;
    const { text, images } = input === undefined ? NOTHING : readPieces(input, 'inputs[0]');
    const [image] = images;
    if (images.length > 1) adapter.refuse('inputs[0].parts', 'The model embeds one image at a time.');
    if (image !== undefined) dropDetail(image, 'inputs[0]', adapter);
    return {
      ...(text !== '' && { inputText: text }),
      ...(image && { inputImage: encodeEmbedImage(image, 'inputs[0]', adapter).data }),
      ...(request.dimensions !== undefined && { embeddingConfig: { outputEmbeddingLength: request.dimensions } }),
    };
  },
  decode: decodeTitan,
};

const NOTHING = { text: '', images: [] };

function refuseQuantised(request: EmbedRequest, adapter: Adapter): void {
  if (request.inputType !== EmbedInputType.UNSPECIFIED) {
    adapter.drop('input_type', 'The model embeds a text in one way only.');
  }
  if (!FLOAT_ENCODINGS.has(request.encoding))
    adapter.refuse('encoding', 'The model is asked for floats only; use them.');
}

function decodeTitan({ embedding, inputTextTokenCount }: JsonObject): VectorsOfReply {
  return { vectors: [readVector(embedding, EmbedEncoding.FLOATS)], inputTokens: readCount(inputTextTokenCount) };
}
