/** Encodes conversations: system text first, results of tools one message each, documents beside it. */
import {
  type ChatMessage,
  type DocumentPart,
  type Generation,
  ImageDetail,
  type ImagePart,
  type Part,
  Role,
} from '../../model/wire.ts';
import type { Adapter } from '../shared/adapter.ts';
import { encodeDataUrl } from '../shared/base64.ts';
import { invalidField } from '../shared/json.ts';
import { requireUris } from '../shared/media.ts';
import { keepOwnStates } from '../shared/opaque-state.ts';
import { type ConversationContext, plainText, textBlocks, type WireBlock } from './blocks.ts';
import { Documents, documentText, reportMoved, type WireDocument } from './documents.ts';
import { encodeAssistant } from './encode-assistant.ts';
import { encodeToolMessage } from './encode-tool-result.ts';

/** The conversation as Cohere takes it. */
export interface Conversation {
  readonly messages: readonly WireBlock[];
  /** Empty: there are none, and an empty list is refused. */
  readonly documents: readonly WireDocument[];
}

/**
 * Encodes the messages. A message of which nothing is left is left out.
 * @throws GatewayError INVALID_REQUEST, OPTION_NOT_ALLOWED, FOREIGN_STATE
 */
export function encodeConversation(generation: Generation, adapter: Adapter): Conversation {
  const { messages } = generation;
  const beside: WireDocument[] | undefined = hasForm(generation) ? undefined : [];
  const context: ConversationContext = { adapter, documents: new Documents(adapter), beside };
  const system: WireBlock[] = [];
  const others: WireBlock[] = [];
  for (const [index, message] of messages.entries()) {
    const field = `generation.messages[${index}]`;
    if (message.role !== Role.SYSTEM || adapter.lacks('systemRole')) {
      others.push(...encodeMessage(message, field, context));
      continue;
    }
    // "system turn must be the first in the list": https://docs.cohere.com/reference/errors, read 2026-11-24.
    if (others.length > 0) adapter.rewrite(field, 'Cohere has its system text before the conversation: moved there.');
    system.push(...encodeContent(message.parts, field, context));
  }
  const first = system.length === 0 ? [] : [{ role: 'system', content: plainText(system) ?? system }];
  return { messages: [...first, ...others], documents: beside ?? [] };
}

/** Whether the answer has a form, which Cohere takes neither beside documents nor beside tools; tools go before it. */
function hasForm({ responseFormat, tools }: Generation): boolean {
  const form = responseFormat?.format?.$case;
  return (form === 'jsonObject' || form === 'jsonSchema') && tools.length === 0;
}

function encodeMessage({ role, parts }: ChatMessage, field: string, context: ConversationContext): WireBlock[] {
  switch (role) {
    case Role.SYSTEM:
      context.adapter.rewrite(`${field}.role`, 'The model takes no instructions of the application: sent as the user.');
      return encodeUser(parts, field, context);
    case Role.USER:
      return encodeUser(parts, field, context);
    case Role.ASSISTANT:
      return encodeAssistant(parts, field, context.adapter);
    case Role.TOOL:
      return parts.map((part, index) => encodeToolMessage(part, `${field}.parts[${index}]`, context));
    default:
      throw invalidField(`${field}.role`, 'It is not set.');
  }
}

function encodeUser(parts: readonly Part[], field: string, context: ConversationContext): WireBlock[] {
  const content = encodeContent(parts, field, context);
  return content.length === 0 ? [] : [{ role: 'user', content: plainText(content) ?? content }];
}

function encodeContent(parts: readonly Part[], field: string, context: ConversationContext): readonly WireBlock[] {
  return parts.flatMap((part, index) => encodePart(part, `${field}.parts[${index}]`, context));
}

/** A part of a system or user message; nothing where the target cannot take it, which is refused in either mode. */
function encodePart(part: Part, field: string, context: ConversationContext): readonly WireBlock[] {
  const { adapter } = context;
  keepOwnStates(part, field, adapter); // Nothing of a user's part has a place for state; foreign state is still refused.
  const { content } = part;
  switch (content?.$case) {
    case 'text':
      return textBlocks(content.value.text, `${field}.text`, adapter);
    case 'image':
      return encodeImage(content.value, `${field}.image`, adapter);
    case 'document':
      return encodeDocument(content.value, `${field}.document`, context);
    case 'audio':
    case 'video':
      adapter.refuse(
        `${field}.${content.$case}`,
        `Cohere has no ${content.$case} input; remove it or choose another model.`,
      );
      return [];
    case undefined:
      throw invalidField(field, 'The part has no content.');
    default:
      throw invalidField(field, 'Parts of this kind belong into other messages than this one.');
  }
}

const DETAILS: ReadonlyMap<ImageDetail, string> = new Map([
  [ImageDetail.AUTO, 'auto'],
  [ImageDetail.LOW, 'low'],
  [ImageDetail.HIGH, 'high'],
]);

function encodeImage({ source, mediaType, detail }: ImagePart, field: string, adapter: Adapter): readonly WireBlock[] {
  const { target } = adapter;
  if (source === undefined) throw invalidField(field, 'The image has no source.');
  if (source.$case === 'uri') requireUris(target, `${field}.uri`);
  if (adapter.lacks('imageInput')) {
    adapter.refuse(field, `${target.upstreamModel} takes no images; remove it or choose another model.`);
    return [];
  }
  const url = source.$case === 'uri' ? source.value : encodeDataUrl(mediaType, source.value);
  const word = DETAILS.get(detail);
  return [{ type: 'image_url', image_url: { url, ...(word !== undefined && { detail: word }) } }];
}

function encodeDocument(part: DocumentPart, field: string, context: ConversationContext): readonly WireBlock[] {
  const { adapter, documents, beside } = context;
  const document = documents.read(part, field);
  if (document === undefined) return [];
  if (beside === undefined) return textBlocks(documentText(document, part, field, adapter), field, adapter);
  reportMoved(part, field, adapter);
  beside.push(document);
  return [];
}
