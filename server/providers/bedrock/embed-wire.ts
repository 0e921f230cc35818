/** What the wires of embedding models on Bedrock have in common. */
import { type EmbedInput, type EmbedRequest, ImageDetail, type ImagePart } from '../../model/wire.ts';
import type { Adapter } from '../shared/adapter.ts';
import { invalidField, type JsonObject } from '../shared/json.ts';
import type { Vector } from '../shared/vectors.ts';
import type { Block } from './encode-media.ts';

/** The wire of one maker's models. */
export interface EmbedWire {
  /** Most inputs of one request. */
  readonly maxInputs: number;
  /** Members of the body that provider options cannot change. */
  readonly owned: ReadonlySet<string>;
  readonly encode: (request: EmbedRequest, adapter: Adapter) => Block;
  /** Vectors in the order of the inputs. @throws GatewayError UPSTREAM_PROTOCOL */
  readonly decode: (reply: JsonObject, request: EmbedRequest) => VectorsOfReply;
}

/** What a reply holds. */
export interface VectorsOfReply {
  readonly vectors: readonly Vector[];
  /** Undefined: the body does not say. */
  readonly inputTokens: number | undefined;
}

/** One thing to embed, its texts joined. */
export interface InputPieces {
  readonly text: string;
  readonly images: readonly ImagePart[];
}

/** The pieces of an input. @throws GatewayError INVALID_REQUEST for a part without content */
export function readPieces({ parts }: EmbedInput, field: string): InputPieces {
  let text = '';
  const images: ImagePart[] = [];
  for (const [index, { content }] of parts.entries()) {
    if (content?.$case === 'text') text += content.value;
    else if (content?.$case === 'image') images.push(content.value);
    else throw invalidField(`${field}.parts[${index}]`, 'The part has no content.');
  }
  return { text: text.toWellFormed(), images };
}

/** The only text of an input; images are refused. */
export function readText(input: EmbedInput, field: string, adapter: Adapter): string {
  const { text, images } = readPieces(input, field);
  if (images.length > 0) adapter.refuse(`${field}.parts`, 'The model embeds text only.');
  return text;
}

/** An image's own setting that no model here has. */
export function dropDetail({ detail }: ImagePart, field: string, adapter: Adapter): void {
  if (detail === ImageDetail.LOW || detail === ImageDetail.HIGH) {
    adapter.drop(`${field}.image.detail`, 'The model has no such setting.');
  }
}
