/** Images, sound, videos and documents as Gemini takes them: bytes, or a URI that it fetches itself. */
import type { Feature } from '../../model/target.ts';
import { AdaptationAction, type DocumentPart, ImageDetail, type Part } from '../../model/wire.ts';
import type { Adapter } from '../shared/adapter.ts';
import { decodeDataUrl, encodeBase64 } from '../shared/base64.ts';
import { invalidField } from '../shared/json.ts';
import { requireUris } from '../shared/media.ts';

/** Content that is media. */
export type MediaContent = Extract<
  NonNullable<Part['content']>,
  { readonly $case: 'image' | 'audio' | 'video' | 'document' }
>;

/**
 * A part of media; undefined if the target cannot take it, which is refused in either mode: an answer about something that the
 * model has not seen would be no adaptation. @throws GatewayError OPTION_NOT_ALLOWED for a URI that does not pass.
 */
export function encodeMedia(
  content: MediaContent,
  path: string,
  adapter: Adapter,
): Record<string, unknown> | undefined {
  const field = `${path}.${content.$case}`;
  const [feature, noun] = FEATURES[content.$case];
  if (adapter.lacks(feature)) {
    adapter.refuse(field, `${adapter.target.upstreamModel} takes no ${noun}; remove it or choose another model.`);
    return undefined;
  }
  const { source, mediaType } = content.value;
  if (source === undefined) throw invalidField(field, 'It has no source.');
  noteDetails(content, field, adapter);
  const inline = source.$case === 'uri' ? decodeDataUrl(source.value) : { data: source.value, mediaType };
  if (inline === undefined) {
    requireUris(adapter.target, `${field}.uri`);
    return { fileData: { ...(mediaType !== '' && { mimeType: mediaType }), fileUri: source.value } };
  }
  const mimeType = content.$case === 'document' ? documentType(inline.mediaType, field, adapter) : inline.mediaType;
  return mimeType === undefined ? undefined : { inlineData: { mimeType, data: encodeBase64(inline.data) } };
}

const FEATURES = {
  image: ['imageInput', 'images'],
  audio: ['audioInput', 'sound'],
  video: ['videoInput', 'videos'],
  document: ['documentInput', 'documents'],
} as const satisfies Readonly<Record<MediaContent['$case'], readonly [Feature, string]>>;

function noteDetails({ $case, value }: MediaContent, field: string, adapter: Adapter): void {
  if ($case === 'document') noteDocument(value, field, adapter);
  if ($case === 'image' && (value.detail === ImageDetail.LOW || value.detail === ImageDetail.HIGH)) {
    adapter.drop(`${field}.detail`, 'Gemini sets it for all media of a request only (mediaResolution).');
  }
}

function noteDocument({ title, filename, cite }: DocumentPart, field: string, adapter: Adapter): void {
  if (title !== '') adapter.drop(`${field}.title`, 'Gemini takes no names of documents.');
  if (filename !== '') adapter.drop(`${field}.filename`, 'Gemini takes no names of documents.');
  if (cite) adapter.drop(`${field}.cite`, 'Gemini does not cite documents of a request.');
}

const PDF = 'application/pdf';
const PLAIN_TEXT = 'text/plain';

/** Text that is not called one: Google takes it under the name of text only. */
const TEXTUAL = /^application\/(?:[\w.+-]+\+)?(?:json|xml|yaml)$/;

/** https://ai.google.dev/gemini-api/docs/document-processing, seen 2026-11-24. */
function documentType(mediaType: string, field: string, adapter: Adapter): string | undefined {
  const [type = ''] = mediaType.split(';', 1);
  const essence = type.trim().toLowerCase();
  if (essence === PDF || essence.startsWith('text/')) return essence;
  if (TEXTUAL.test(essence)) {
    // The text itself arrives unchanged, so that this is no error under STRICT.
    adapter.report(`${field}.media_type`, AdaptationAction.REWRITTEN, `Sent as ${PLAIN_TEXT}, Google's word for text.`);
    return PLAIN_TEXT;
  }
  adapter.refuse(`${field}.media_type`, `Gemini takes ${PDF} and text.`);
  return undefined;
}
