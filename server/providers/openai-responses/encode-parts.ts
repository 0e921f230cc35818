/** Encodes parts of system and user messages, and of results of tools: text and media. */
import { type DocumentPart, ImageDetail, type ImagePart, type Part } from '../../model/wire.ts';
import type { Adapter } from '../shared/adapter.ts';
import { encodeDataUrl } from '../shared/base64.ts';
import { invalidField, type JsonObject } from '../shared/json.ts';
import { requireUris } from '../shared/media.ts';
import { keepOwnStates } from '../shared/opaque-state.ts';
import { reportCitations } from './encode-citations.ts';

/**
 * Encodes a part; undefined if the target cannot take it, which is refused in either mode: an answer about something that
 * the model has not seen would be no adaptation.
 * @throws GatewayError OPTION_NOT_ALLOWED for a URI, FOREIGN_STATE, or INVALID_REQUEST for a part that has no place here.
 */
export function encodeInputPart(part: Part, field: string, adapter: Adapter): JsonObject | undefined {
  keepOwnStates(part, field, adapter); // Nothing of such a part has a place for state; foreign state is still refused.
  const { content } = part;
  switch (content?.$case) {
    case 'text':
      reportCitations(content.value, `${field}.text`, adapter);
      return inputText(content.value.text);
    case 'image':
      return encodeImage(content.value, `${field}.image`, adapter);
    case 'document':
      return encodeDocument(content.value, `${field}.document`, adapter);
    case 'audio':
      // ResponseInputContent is text, image or file (types of OpenAI's SDK 6.49.0, seen 2026-11-24).
      return refuse(adapter, `${field}.audio`, 'Responses have no sound input');
    case 'video':
      return refuse(adapter, `${field}.video`, 'Responses have no video input');
    case undefined:
      throw invalidField(field, 'The part has no content.');
    default:
      throw invalidField(field, 'Parts of this kind belong into other messages than this one.');
  }
}

/** Text of everybody but the model. */
export function inputText(text: string): JsonObject {
  return { type: 'input_text', text };
}

/** Content of a message or of a result: the plain text where there is nothing else. */
export function plainContent(content: readonly JsonObject[]): unknown {
  const [first, ...others] = content;
  return others.length === 0 && first?.type === 'input_text' ? first.text : content;
}

const DETAILS: ReadonlyMap<ImageDetail, string> = new Map([
  [ImageDetail.LOW, 'low'],
  [ImageDetail.HIGH, 'high'],
]);

/** Encodes an image; undefined if it is refused. @throws GatewayError OPTION_NOT_ALLOWED for a URI. */
export function encodeImage(image: ImagePart, field: string, adapter: Adapter): JsonObject | undefined {
  const { source, mediaType, detail } = image;
  const { target } = adapter;
  if (source === undefined) throw invalidField(field, 'The image has no source.');
  if (adapter.lacks('imageInput')) return refuse(adapter, field, `${target.upstreamModel} takes no images`);
  if (source.$case === 'uri') requireUris(target, `${field}.uri`);
  const url = source.$case === 'uri' ? source.value : encodeDataUrl(mediaType, source.value);
  // The wire's type demands a detail; auto is its default.
  return { type: 'input_image', image_url: url, detail: DETAILS.get(detail) ?? 'auto' };
}

/**
 * Encodes a document; undefined if it is refused. Not only PDFs: "the API extracts text only" of all others.
 * https://developers.openai.com/api/docs/guides/file-inputs (seen 2026-11-24)
 * @throws GatewayError OPTION_NOT_ALLOWED for a URI.
 */
export function encodeDocument(document: DocumentPart, field: string, adapter: Adapter): JsonObject | undefined {
  const { source, mediaType, cite, title, filename } = document;
  const { target } = adapter;
  if (source === undefined) throw invalidField(field, 'The document has no source.');
  if (source.$case === 'uri') requireUris(target, `${field}.uri`);
  if (cite) adapter.drop(`${field}.cite`, 'Responses do not cite documents of the request.');
  if (adapter.lacks('documentInput')) return encodeAsText(document, field, adapter);
  if (source.$case === 'uri') {
    if (title !== '') adapter.drop(`${field}.title`, 'Responses take a file by URL without a name.');
    return { type: 'input_file', file_url: source.value };
  }
  if (title !== '' && filename !== '') adapter.drop(`${field}.title`, 'Responses know a file name only.');
  return {
    type: 'input_file',
    filename: filename || nameOf(title, mediaType),
    file_data: encodeDataUrl(mediaType, source.value),
  };
}

/** A text is one without being a file. */
function encodeAsText({ source, mediaType, title, filename }: DocumentPart, field: string, adapter: Adapter) {
  if (source?.$case !== 'data' || !essence(mediaType).startsWith('text/')) {
    return refuse(adapter, field, `${adapter.target.upstreamModel} takes no documents`);
  }
  adapter.rewrite(field, 'The model takes no documents: the text was sent as text.');
  const text = new TextDecoder().decode(source.value);
  const name = title || filename;
  return inputText(name === '' ? text : `${name}\n\n${text}`);
}

/** OpenAI demands a name with data, and tells the type of a file by its ending. */
function nameOf(title: string, mediaType: string): string {
  const extension = EXTENSIONS.get(essence(mediaType)) ?? '';
  const name = title || 'document';
  return name.toLowerCase().endsWith(extension) ? name : name + extension;
}

const EXTENSIONS: ReadonlyMap<string, string> = new Map([
  ['application/pdf', '.pdf'],
  ['text/plain', '.txt'],
  ['text/markdown', '.md'],
  ['text/html', '.html'],
  ['text/csv', '.csv'],
  ['application/json', '.json'],
  ['application/vnd.openxmlformats-officedocument.wordprocessingml.document', '.docx'],
  ['application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', '.xlsx'],
  ['application/vnd.openxmlformats-officedocument.presentationml.presentation', '.pptx'],
]);

function refuse(adapter: Adapter, field: string, why: string): undefined {
  adapter.refuse(field, `${why}; remove it or choose another model.`);
}

/** A media type without its parameters, in lower case. */
function essence(mediaType: string): string {
  return mediaType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
}
