/** Encodes inputs: texts, or text and images mixed for the models that take both. */
import {
  EmbedEncoding,
  type EmbedInput,
  EmbedInputType,
  type EmbedPart,
  type EmbedRequest,
  type ImagePart,
} from '../../model/wire.ts';
import type { Encoded, Target } from '../dialect.ts';
import { Adapter } from '../shared/adapter.ts';
import { encodeDataUrl } from '../shared/base64.ts';
import { invalidField } from '../shared/json.ts';
import { requireUris } from '../shared/media.ts';
import { mergeProviderOptions } from '../shared/provider-options.ts';
import { OWNED_MEMBERS } from './wire.ts';

/** Most inputs of one request, texts or mixed. */
export const MAX_EMBED_INPUTS = 1000;

/**
 * Encodes inputs. A text that is too long is an error (truncation false): half of it would be embedded without a word.
 * Floats are the default, named nowhere; base64 is never asked for.
 * @throws GatewayError PARAMETER_UNSUPPORTED, OPTION_NOT_ALLOWED
 */
export function encodeEmbed(request: EmbedRequest, target: Target): Encoded {
  const adapter = new Adapter(target);
  const isMixed = takesMixedInputs(target) || request.inputs.some(hasImage);
  const inputType = encodeInputType(request.inputType, adapter);
  const dtype = DTYPES.get(request.encoding);
  const body: Record<string, unknown> = {
    model: target.upstreamModel,
    ...(isMixed ? { inputs: encodeMixed(request.inputs, adapter) } : { input: request.inputs.map(joinTexts) }),
    ...(inputType !== undefined && { input_type: inputType }),
    truncation: false,
    ...(request.dimensions !== undefined && { output_dimension: request.dimensions }),
  };
  if (dtype !== undefined && isMixed) adapter.refuse('encoding', 'Voyage quantises no vectors of images; use floats.');
  else if (dtype !== undefined) body.output_dtype = dtype;
  mergeProviderOptions(body, request.providerOptionsJson, {
    target,
    owned: OWNED_MEMBERS,
    path: 'provider_options_json',
  });
  return {
    path: isMixed ? '/v1/multimodalembeddings' : '/v1/embeddings',
    headers: {},
    body,
    adaptations: adapter.settle(),
  };
}

/**
 * Models of mixed inputs have an endpoint of their own, for texts too, and their names say so:
 * https://docs.voyageai.com/reference/multimodal-embeddings-api, read 2026-11-24.
 */
function takesMixedInputs({ upstreamModel }: Target): boolean {
  return upstreamModel.includes('multimodal');
}

/** Bytes and bits; ubinary: bytes from 0 to 255, eight dimensions each. */
const DTYPES: ReadonlyMap<EmbedEncoding, string> = new Map([
  [EmbedEncoding.INT8, 'int8'],
  [EmbedEncoding.BINARY, 'ubinary'],
]);

const INPUT_TYPES: ReadonlyMap<EmbedInputType, string> = new Map([
  [EmbedInputType.QUERY, 'query'],
  [EmbedInputType.DOCUMENT, 'document'],
]);

function encodeInputType(inputType: EmbedInputType, adapter: Adapter): string | undefined {
  const word = INPUT_TYPES.get(inputType);
  if (word === undefined && inputType !== EmbedInputType.UNSPECIFIED) {
    adapter.drop('input_type', 'Voyage knows query and document only.');
  }
  return word;
}

function hasImage({ parts }: EmbedInput): boolean {
  return parts.some(({ content }) => content?.$case === 'image');
}

/** One text: the parts of an input are one thing, so that they are joined. */
function joinTexts({ parts }: EmbedInput, index: number): string {
  const texts = parts.map(({ content }, place) => {
    if (content?.$case === 'text') return content.value;
    throw invalidField(`inputs[${index}].parts[${place}]`, 'The part has no content.');
  });
  return texts.join('');
}

type WirePart = Readonly<Record<string, unknown>>;

function encodeMixed(inputs: readonly EmbedInput[], adapter: Adapter): readonly WirePart[] {
  const forms = new Set<'uri' | 'data'>();
  return inputs.map(({ parts }, index) => ({
    content: parts
      .map((part, place) => encodePart(part, `inputs[${index}].parts[${place}]`, { adapter, forms }))
      .filter((part) => part !== undefined),
  }));
}

interface PartContext {
  readonly adapter: Adapter;
  /** How images have come so far: Voyage takes all of a request by URL or all as bytes. */
  readonly forms: Set<'uri' | 'data'>;
}

function encodePart({ content }: EmbedPart, field: string, context: PartContext): WirePart | undefined {
  switch (content?.$case) {
    case 'text':
      return { type: 'text', text: content.value };
    case 'image':
      return encodeImage(content.value, `${field}.image`, context);
    default:
      throw invalidField(field, 'The part has no content.');
  }
}

function encodeImage(
  { source, mediaType }: ImagePart,
  field: string,
  { adapter, forms }: PartContext,
): WirePart | undefined {
  if (source === undefined) throw invalidField(field, 'The image has no source.');
  if (adapter.lacks('imageInput')) {
    adapter.refuse(field, `${adapter.target.upstreamModel} embeds no images; choose another model.`);
    return undefined;
  }
  if (source.$case === 'uri') requireUris(adapter.target, `${field}.uri`);
  forms.add(source.$case);
  if (forms.size > 1) {
    adapter.refuse(field, 'Voyage takes all images of a request by URL or all as bytes; send them in one way.');
    return undefined;
  }
  if (source.$case === 'uri') return { type: 'image_url', image_url: source.value };
  return { type: 'image_base64', image_base64: encodeDataUrl(mediaType, source.value) };
}
