/**
 * Cohere's embeddings on Bedrock: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed-v4.html and
 * -embed-v3.html, read 2026-11-24.
 */
import {
  AdaptationAction,
  EmbedEncoding,
  type EmbedInput,
  EmbedInputType,
  type EmbedRequest,
  type ImagePart,
} from '../../model/wire.ts';
import type { Adapter } from '../shared/adapter.ts';
import { asList, asObject, type JsonObject } from '../shared/json.ts';
import { brokenVectors, readVector } from '../shared/vectors.ts';
import { encodeEmbedImage } from './embed-image.ts';
import { dropDetail, type EmbedWire, type InputPieces, readPieces, type VectorsOfReply } from './embed-wire.ts';
import type { Block } from './encode-media.ts';

/** Cohere Embed 3 and 4. */
export const cohereEmbed: EmbedWire = {
  maxInputs: 96,
  owned: new Set(['texts', 'images', 'inputs', 'input_type', 'embedding_types', 'output_dimension', 'truncate']),
  encode(request, adapter) {
    if (request.inputType === EmbedInputType.UNSPECIFIED) {
      adapter.report('input_type', AdaptationAction.ADDED, `Cohere demands one: ${DEFAULT_TYPE} was sent.`);
    }
    return {
      ...encodeInputs(request.inputs, adapter),
      input_type: INPUT_TYPES.get(request.inputType) ?? DEFAULT_TYPE,
      embedding_types: [typeOf(request.encoding)],
      ...(request.dimensions !== undefined && { output_dimension: request.dimensions }),
      truncate: 'NONE', // Cutting off the end unasked would embed another text than was sent.
    };
  },
  decode: decodeCohere,
};

const DEFAULT_TYPE = 'search_document';

const INPUT_TYPES: ReadonlyMap<EmbedInputType, string> = new Map([
  [EmbedInputType.QUERY, 'search_query'],
  [EmbedInputType.DOCUMENT, 'search_document'],
  [EmbedInputType.CLASSIFICATION, 'classification'],
  [EmbedInputType.CLUSTERING, 'clustering'],
]);

/** Bits are packed into unsigned bytes, the first dimension in the highest bit, as the contract has them. */
function typeOf(encoding: EmbedEncoding): string {
  if (encoding === EmbedEncoding.INT8) return 'int8';
  return encoding === EmbedEncoding.BINARY ? 'ubinary' : 'float';
}

/** Texts alone go as texts, which all models take; with images among them, each input is a list of pieces (Embed 4). */
function encodeInputs(inputs: readonly EmbedInput[], adapter: Adapter): Block {
  const pieces = inputs.map((input, index) => readPieces(input, `inputs[${index}]`));
  if (pieces.every(({ images }) => images.length === 0)) return { texts: pieces.map(({ text }) => text) };
  return { inputs: pieces.map((piece, index) => ({ content: encodePieces(piece, `inputs[${index}]`, adapter) })) };
}

function encodePieces({ text, images }: InputPieces, field: string, adapter: Adapter): readonly Block[] {
  const encoded = images.map((image) => encodeImage(image, field, adapter));
  return text === '' ? encoded : [{ type: 'text', text }, ...encoded];
}

function encodeImage(image: ImagePart, field: string, adapter: Adapter): Block {
  dropDetail(image, field, adapter);
  const { mediaType, data } = encodeEmbedImage(image, field, adapter);
  return { type: 'image_url', image_url: `data:${mediaType};base64,${data}` };
}

/** Lists of one type, by its name; a bare list where Embed 3 was asked for none. */
function decodeCohere(reply: JsonObject, { encoding, inputs }: EmbedRequest): VectorsOfReply {
  const { embeddings } = reply;
  const list = Array.isArray(embeddings) ? embeddings : asList(asObject(embeddings)?.[typeOf(encoding)]);
  if (list.length !== inputs.length) throw brokenVectors('has not one vector for each input');
  const vectors = list.map((vector) => readVector(vector, encoding));
  return { vectors, inputTokens: undefined };
}
