/** Images to embed: bytes only, of the formats that every model here takes. */
import type { ImagePart } from '../../model/wire.ts';
import type { Adapter } from '../shared/adapter.ts';
import { decodeDataUrl, encodeBase64 } from '../shared/base64.ts';
import { requireUris } from '../shared/media.ts';

/** Base64 of an image, and its format. */
export interface EmbedImage {
  readonly mediaType: string;
  /** For instance png. */
  readonly format: string;
  readonly data: string;
}

/** An image; what the model does not take is refused, as the adapter then knows. @throws GatewayError OPTION_NOT_ALLOWED */
export function encodeEmbedImage(image: ImagePart, field: string, adapter: Adapter): EmbedImage {
  const { mediaType, data } = readBytes(image, `${field}.image`, adapter);
  const [bare = ''] = mediaType.toLowerCase().split(';', 1);
  if (!FORMATS.has(bare)) adapter.refuse(`${field}.image.media_type`, `The model takes ${[...FORMATS].join(', ')}.`);
  return { mediaType: bare, format: bare.replace('image/', ''), data: encodeBase64(data) };
}

const FORMATS: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);

function readBytes({ source, mediaType }: ImagePart, field: string, adapter: Adapter) {
  if (source?.$case !== 'uri') return { mediaType, data: source?.value ?? new Uint8Array() };
  const inline = decodeDataUrl(source.value);
  if (inline !== undefined) return inline;
  requireUris(adapter.target, `${field}.uri`);
  adapter.refuse(`${field}.uri`, 'The model takes bytes only; send them.');
  return { mediaType: 'image/png', data: new Uint8Array() };
}
