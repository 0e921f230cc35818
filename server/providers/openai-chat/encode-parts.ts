/** Encodes parts of system and user messages: text and media. */
import {
  AdaptationAction,
  type AudioPart,
  type DocumentPart,
  ImageDetail,
  type ImagePart,
  type Part,
  type TextPart,
} from '../../model/wire.ts';
import type { Adapter } from '../shared/adapter.ts';
import { encodeBase64, encodeDataUrl } from '../shared/base64.ts';
import { invalidField } from '../shared/json.ts';
import { requireUris } from '../shared/media.ts';
import { keepOwnStates } from '../shared/opaque-state.ts';

/** A part of a message's content in the provider's form. */
export type WirePart = Readonly<Record<string, unknown>>;

/**
 * Encodes a part; undefined if the target cannot take it, which is refused in either mode: an answer about something that
 * the model has not seen would be no adaptation.
 * @throws GatewayError OPTION_NOT_ALLOWED for a URI, FOREIGN_STATE, or INVALID_REQUEST for a part that has no place here.
 */
export function encodeUserPart(part: Part, field: string, adapter: Adapter): WirePart | undefined {
  keepOwnStates(part, field, adapter); // Nothing of a user's part has a place for state; foreign state is still refused.
  const { content } = part;
  switch (content?.$case) {
    case 'text':
      return encodeText(content.value, `${field}.text`, adapter);
    case 'image':
      return encodeImage(content.value, `${field}.image`, adapter);
    case 'audio':
      return encodeAudio(content.value, `${field}.audio`, adapter);
    case 'document':
      return encodeDocument(content.value, `${field}.document`, adapter);
    case 'video':
      return refuse(adapter, `${field}.video`, 'Chat completions have no video input');
    case undefined:
      throw invalidField(field, 'The part has no content.');
    default:
      throw invalidField(field, 'Parts of this kind belong into other messages than this one.');
  }
}

/** Encodes text; its citations have no place. */
export function encodeText({ text, citations }: TextPart, field: string, adapter: Adapter): WirePart {
  if (citations.length > 0) {
    adapter.report(`${field}.citations`, AdaptationAction.DROPPED, 'Chat completions do not take citations back.');
  }
  return { type: 'text', text };
}

/** The text of content that is one text part; undefined if it is something else. */
export function plainText(content: readonly WirePart[]): string | undefined {
  const [first, ...others] = content;
  return others.length === 0 && first?.type === 'text' && typeof first.text === 'string' ? first.text : undefined;
}

const DETAILS: ReadonlyMap<ImageDetail, string> = new Map([
  [ImageDetail.AUTO, 'auto'],
  [ImageDetail.LOW, 'low'],
  [ImageDetail.HIGH, 'high'],
]);

function encodeImage({ source, mediaType, detail }: ImagePart, field: string, adapter: Adapter): WirePart | undefined {
  const { target } = adapter;
  if (source === undefined) throw invalidField(field, 'The image has no source.');
  if (adapter.lacks('imageInput')) return refuse(adapter, field, `${target.upstreamModel} takes no images`);
  if (source.$case === 'uri') requireUris(target, `${field}.uri`);
  const url = source.$case === 'uri' ? source.value : encodeDataUrl(mediaType, source.value);
  const word = DETAILS.get(detail);
  return { type: 'image_url', image_url: { url, ...(word !== undefined && { detail: word }) } };
}

function refuse(adapter: Adapter, field: string, why: string): undefined {
  adapter.refuse(field, `${why}; remove it or choose another model.`);
}

/** https://platform.openai.com/docs/api-reference/chat/create (input_audio.format, seen 2026-11-24). */
const AUDIO_FORMATS: ReadonlyMap<string, string> = new Map([
  ['audio/wav', 'wav'],
  ['audio/wave', 'wav'],
  ['audio/x-wav', 'wav'],
  ['audio/mpeg', 'mp3'],
  ['audio/mp3', 'mp3'],
]);

function encodeAudio({ source, mediaType }: AudioPart, field: string, adapter: Adapter): WirePart | undefined {
  const { target } = adapter;
  if (source === undefined) throw invalidField(field, 'The sound has no source.');
  if (adapter.lacks('audioInput')) return refuse(adapter, field, `${target.upstreamModel} takes no sound`);
  if (source.$case === 'uri') {
    requireUris(target, `${field}.uri`);
    return refuse(adapter, `${field}.uri`, 'Chat completions take sound as bytes only');
  }
  if (target.quirks.audioForm === 'base64') return { type: 'input_audio', input_audio: encodeBase64(source.value) };
  const format = AUDIO_FORMATS.get(essence(mediaType));
  if (format === undefined) {
    return refuse(adapter, `${field}.media_type`, 'Chat completions take audio/wav and audio/mpeg only');
  }
  return { type: 'input_audio', input_audio: { data: encodeBase64(source.value), format } };
}

function encodeDocument(document: DocumentPart, field: string, adapter: Adapter): WirePart | undefined {
  const { target } = adapter;
  const { source, mediaType, cite } = document;
  const byUrl = target.quirks.documentForm === 'document_url';
  if (source === undefined) throw invalidField(field, 'The document has no source.');
  if (source.$case === 'uri') {
    requireUris(target, `${field}.uri`);
    if (byUrl) return encodeDocumentUrl(document, source.value);
    return refuse(adapter, `${field}.uri`, 'Chat completions take documents as bytes only');
  }
  if (cite) adapter.drop(`${field}.cite`, 'Chat completions do not cite documents.');
  if (essence(mediaType).startsWith('text/')) return encodeTextDocument(document, source.value, { field, adapter });
  if (adapter.lacks('documentInput')) return refuse(adapter, field, `${target.upstreamModel} takes no documents`);
  if (byUrl) return encodeDocumentUrl(document, encodeDataUrl(mediaType, source.value));
  return encodeFile(document, source.value, { field, adapter });
}

/** Mistral's form: https://docs.mistral.ai/api (DocumentURLChunk of its SDK 2.7.0), seen 2026-11-24. */
function encodeDocumentUrl({ filename, title }: DocumentPart, url: string): WirePart {
  const name = filename || title;
  return { type: 'document_url', document_url: url, ...(name !== '' && { document_name: name }) };
}

interface DocumentContext {
  readonly field: string;
  readonly adapter: Adapter;
}

function encodeFile(
  { mediaType, filename, title }: DocumentPart,
  data: Uint8Array,
  context: DocumentContext,
): WirePart {
  const { field, adapter } = context;
  if (title !== '' && filename !== '') adapter.drop(`${field}.title`, 'Chat completions know a file name only.');
  const name = filename || title || defaultName(mediaType);
  return { type: 'file', file: { filename: name, file_data: encodeDataUrl(mediaType, data) } };
}

/** Files of chat completions are PDFs; a text is one without being a file. */
function encodeTextDocument({ title, filename }: DocumentPart, data: Uint8Array, context: DocumentContext): WirePart {
  const { field, adapter } = context;
  adapter.rewrite(field, 'Chat completions take PDFs only as documents: the text was sent as text.');
  const text = new TextDecoder().decode(data);
  const name = title || filename;
  return { type: 'text', text: name === '' ? text : `${name}\n\n${text}` };
}

/** OpenAI demands a name. */
function defaultName(mediaType: string): string {
  return essence(mediaType) === 'application/pdf' ? 'document.pdf' : 'document';
}

/** A media type without its parameters, in lower case. */
function essence(mediaType: string): string {
  return mediaType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
}
