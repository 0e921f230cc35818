/** Images and documents as Anthropic takes them. */
import { AdaptationAction, type DocumentPart, ImageDetail, type ImagePart } from '../../model/wire.ts';
import type { Adapter } from '../shared/adapter.ts';
import { decodeDataUrl, encodeBase64 } from '../shared/base64.ts';
import { requireUris } from '../shared/media.ts';

/** A content block of a request. It is fresh: cache_control and the like are set on it later. */
export type Block = Record<string, unknown>;

/** An image; undefined if it was refused. @throws GatewayError OPTION_NOT_ALLOWED for a URI that does not pass. */
export function encodeImage(image: ImagePart, field: string, adapter: Adapter): Block | undefined {
  if (adapter.lacks('imageInput')) {
    adapter.refuse(field, `${adapter.target.upstreamModel} takes no images; remove it or choose another model.`);
    return undefined;
  }
  if (image.detail === ImageDetail.LOW || image.detail === ImageDetail.HIGH) {
    adapter.drop(`${field}.detail`, 'Anthropic has no such setting.');
  }
  const media = readMedia(image, field, adapter);
  if (media.uri !== undefined) return { type: 'image', source: { type: 'url', url: media.uri } };
  if (!IMAGE_TYPES.has(media.mediaType)) {
    adapter.refuse(`${field}.media_type`, `Anthropic takes ${[...IMAGE_TYPES].join(', ')}.`);
    return undefined;
  }
  return { type: 'image', source: { type: 'base64', media_type: media.mediaType, data: encodeBase64(media.data) } };
}

/** A document; undefined if it was refused. @throws GatewayError OPTION_NOT_ALLOWED for a URI that does not pass. */
export function encodeDocument(document: DocumentPart, field: string, adapter: Adapter): Block | undefined {
  if (adapter.lacks('documentInput')) {
    adapter.refuse(field, `${adapter.target.upstreamModel} takes no documents; remove it or choose another model.`);
    return undefined;
  }
  const source = encodeDocumentSource(document, field, adapter);
  if (source === undefined) return undefined;
  const title = document.title || document.filename;
  if (document.title !== '' && document.filename !== '') {
    adapter.drop(`${field}.filename`, 'Anthropic knows one name of a document: its title is sent.');
  }
  return {
    type: 'document',
    source,
    ...(title !== '' && { title }),
    ...(document.cite && { citations: { enabled: true } }),
  };
}

/** https://platform.claude.com/docs/en/build-with-claude/vision, read 2026-11-24. */
const IMAGE_TYPES: ReadonlySet<string> = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp']);

const PDF = 'application/pdf';
const PLAIN_TEXT = 'text/plain';

/** Text whatever it is called: Anthropic takes it under one name only. */
const TEXTUAL = /^(?:text\/[\w.+-]+|application\/(?:[\w.+-]+\+)?(?:json|xml|yaml))$/;

const UTF8_DECODER = new TextDecoder();

type Media =
  | { readonly uri: string; readonly mediaType: string }
  | { readonly uri: undefined; readonly data: Uint8Array; readonly mediaType: string };

/** Bytes, or a URI that may be handed on. A data URL is bytes and needs nobody's leave. */
function readMedia({ source, mediaType }: ImagePart | DocumentPart, field: string, adapter: Adapter): Media {
  const type = bareMediaType(mediaType);
  if (source?.$case !== 'uri') return { uri: undefined, data: source?.value ?? new Uint8Array(), mediaType: type };
  const inline = decodeDataUrl(source.value);
  if (inline !== undefined) return { uri: undefined, data: inline.data, mediaType: bareMediaType(inline.mediaType) };
  requireUris(adapter.target, `${field}.uri`);
  return { uri: source.value, mediaType: type };
}

function bareMediaType(mediaType: string): string {
  const [type = ''] = mediaType.split(';', 1); // Parameters such as charset are not part of the name.
  return type.trim().toLowerCase();
}

function encodeDocumentSource(document: DocumentPart, field: string, adapter: Adapter): Block | undefined {
  const media = readMedia(document, field, adapter);
  const { mediaType } = media;
  if (media.uri !== undefined) {
    if (mediaType === '' || mediaType === PDF) return { type: 'url', url: media.uri };
    adapter.refuse(`${field}.media_type`, `By URI Anthropic takes ${PDF} only; send the bytes.`);
    return undefined;
  }
  if (mediaType === PDF) return { type: 'base64', media_type: PDF, data: encodeBase64(media.data) };
  if (!TEXTUAL.test(mediaType)) {
    adapter.refuse(`${field}.media_type`, `Anthropic takes ${PDF} and text.`);
    return undefined;
  }
  if (mediaType !== PLAIN_TEXT) {
    // The text itself arrives unchanged, so that this is no error under STRICT.
    adapter.report(
      `${field}.media_type`,
      AdaptationAction.REWRITTEN,
      `Sent as ${PLAIN_TEXT}, Anthropic's word for text.`,
    );
  }
  return { type: 'text', media_type: PLAIN_TEXT, data: UTF8_DECODER.decode(media.data) };
}
