/** Images, documents, audio and video as Converse takes them: bytes, or an object in S3. */

import type { Feature } from '../../model/target.ts';
import {
  AdaptationAction,
  type AudioPart,
  type DocumentPart,
  ImageDetail,
  type ImagePart,
  type VideoPart,
} from '../../model/wire.ts';
import type { Adapter } from '../shared/adapter.ts';
import { decodeDataUrl, encodeBase64 } from '../shared/base64.ts';
import { requireUris } from '../shared/media.ts';
import type { EncodeContext } from './context.ts';

/** A content block of a request: an object with one member. It is fresh. */
export type Block = Record<string, unknown>;

/** An image; undefined if it was refused. @throws GatewayError OPTION_NOT_ALLOWED for a URI that does not pass. */
export function encodeImage(image: ImagePart, field: string, { adapter }: EncodeContext): Block | undefined {
  if (image.detail === ImageDetail.LOW || image.detail === ImageDetail.HIGH) {
    adapter.drop(`${field}.detail`, 'Bedrock has no such setting.');
  }
  const media = encodeMedia(image, field, { adapter, kind: 'images', feature: 'imageInput', formats: IMAGE_FORMATS });
  return media && { image: media };
}

/** Sound; undefined if it was refused. @throws GatewayError OPTION_NOT_ALLOWED for a URI that does not pass. */
export function encodeAudio(audio: AudioPart, field: string, { adapter }: EncodeContext): Block | undefined {
  const media = encodeMedia(audio, field, { adapter, kind: 'audio', feature: 'audioInput', formats: AUDIO_FORMATS });
  return media && { audio: media };
}

/** A video; undefined if it was refused. @throws GatewayError OPTION_NOT_ALLOWED for a URI that does not pass. */
export function encodeVideo(video: VideoPart, field: string, { adapter }: EncodeContext): Block | undefined {
  const media = encodeMedia(video, field, { adapter, kind: 'video', feature: 'videoInput', formats: VIDEO_FORMATS });
  return media && { video: media };
}

/** A document; undefined if it was refused. @throws GatewayError OPTION_NOT_ALLOWED for a URI that does not pass. */
export function encodeDocument(document: DocumentPart, field: string, context: EncodeContext): Block | undefined {
  const { adapter, documentNames } = context;
  const kind = { adapter, kind: 'documents', feature: 'documentInput', formats: DOCUMENT_FORMATS } as const;
  const media = encodeMedia(asPlainText(document, field, adapter), field, kind);
  if (media === undefined) return undefined;
  const { title, filename } = document;
  if (title !== '' && filename !== '') {
    adapter.drop(`${field}.filename`, 'Bedrock knows one name of a document: its title is sent.');
  }
  const given = title || filename.replace(/\.\w{1,5}$/, ''); // The format is told apart from the name.
  const name = documentNames.take(given, title === '' ? `${field}.filename` : `${field}.title`);
  return { document: { ...media, name, ...(document.cite && { citations: { enabled: true } }) } };
}

/** ImageFormat, AudioFormat, VideoFormat and DocumentFormat of the SDK 3.1164.0, read 2026-11-24, by media type. */
const IMAGE_FORMATS: ReadonlyMap<string, string> = new Map([
  ['image/png', 'png'],
  ['image/jpeg', 'jpeg'],
  ['image/gif', 'gif'],
  ['image/webp', 'webp'],
]);

const AUDIO_FORMATS: ReadonlyMap<string, string> = new Map([
  ['audio/mpeg', 'mp3'],
  ['audio/mp3', 'mp3'],
  ['audio/wav', 'wav'],
  ['audio/x-wav', 'wav'],
  ['audio/wave', 'wav'],
  ['audio/flac', 'flac'],
  ['audio/x-flac', 'flac'],
  ['audio/ogg', 'ogg'],
  ['audio/opus', 'opus'],
  ['audio/mp4', 'm4a'],
  ['audio/x-m4a', 'm4a'],
  ['audio/aac', 'aac'],
  ['audio/webm', 'webm'],
  ['audio/x-matroska', 'mka'],
]);

const VIDEO_FORMATS: ReadonlyMap<string, string> = new Map([
  ['video/mp4', 'mp4'],
  ['video/quicktime', 'mov'],
  ['video/webm', 'webm'],
  ['video/x-matroska', 'mkv'],
  ['video/x-flv', 'flv'],
  ['video/mpeg', 'mpeg'],
  ['video/x-ms-wmv', 'wmv'],
  ['video/3gpp', 'three_gp'],
]);

const DOCUMENT_FORMATS: ReadonlyMap<string, string> = new Map([
  ['application/pdf', 'pdf'],
  ['text/plain', 'txt'],
  ['text/markdown', 'md'],
  ['text/html', 'html'],
  ['text/csv', 'csv'],
  ['application/msword', 'doc'],
  ['application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'docx'],
  ['application/vnd.ms-excel', 'xls'],
  ['application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'xlsx'],
]);

/** Text whatever it is called. */
const TEXTUAL = /^(?:text\/[\w.+-]+|application\/(?:[\w.+-]+\+)?(?:json|xml|yaml))$/;

type AnyMedia = Pick<ImagePart, 'source' | 'mediaType'>;

interface MediaKind {
  readonly adapter: Adapter;
  readonly kind: string;
  readonly feature: Feature;
  readonly formats: ReadonlyMap<string, string>;
}

/** Format and source; undefined if it was refused, as the adapter then knows. */
function encodeMedia(
  media: AnyMedia,
  field: string,
  { adapter, kind, feature, formats }: MediaKind,
): Block | undefined {
  if (adapter.lacks(feature)) {
    adapter.refuse(field, `${adapter.target.upstreamModel} takes no ${kind}; remove it or choose another model.`);
    return undefined;
  }
  const { mediaType, source } = readSource(media, field, adapter);
  if (source === undefined) return undefined;
  const format = formats.get(bareMediaType(mediaType));
  if (format === undefined) {
    adapter.refuse(`${field}.media_type`, `Bedrock takes ${[...formats.keys()].join(', ')}.`);
    return undefined;
  }
  return { format, source };
}

/** A data URL is bytes and needs nobody's leave. */
function readSource({ source, mediaType }: AnyMedia, field: string, adapter: Adapter) {
  if (source?.$case !== 'uri') return { mediaType, source: { bytes: encodeBase64(source?.value ?? new Uint8Array()) } };
  const inline = decodeDataUrl(source.value);
  if (inline !== undefined) return { mediaType: inline.mediaType, source: { bytes: encodeBase64(inline.data) } };
  requireUris(adapter.target, `${field}.uri`);
  if (source.value.startsWith('s3://')) return { mediaType, source: { s3Location: { uri: source.value } } };
  adapter.refuse(`${field}.uri`, 'Bedrock takes bytes and s3:// URIs only; send the bytes.');
  return { mediaType, source: undefined };
}

function bareMediaType(mediaType: string): string {
  const [type = ''] = mediaType.split(';', 1); // Parameters such as charset are not part of the name.
  return type.trim().toLowerCase();
}

/** The document under Bedrock's name for text, where it is text that Bedrock has no name for. */
function asPlainText(document: DocumentPart, field: string, adapter: Adapter): DocumentPart {
  const type = bareMediaType(document.mediaType);
  if (DOCUMENT_FORMATS.has(type) || !TEXTUAL.test(type)) return document;
  // The text itself arrives unchanged, so that this is no error under STRICT.
  adapter.report(`${field}.media_type`, AdaptationAction.REWRITTEN, "Sent as text/plain, Bedrock's word for text.");
  return { ...document, mediaType: 'text/plain' };
}
