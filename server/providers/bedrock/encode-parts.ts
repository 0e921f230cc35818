/** Parts of messages as Converse's content blocks. */
import {
  AdaptationAction,
  type CacheBreakpoint,
  type OpaquePart,
  type OpaqueState,
  type Part,
  type ReasoningPart,
  Role,
  type TextPart,
  type ToolCall,
} from '../../model/wire.ts';
import { invalidField, type JsonObject, parseCallerObject } from '../shared/json.ts';
import { keepOwnItem, keepOwnStates, opaqueText } from '../shared/opaque-state.ts';
import { encodeCitation } from './citations.ts';
import type { EncodeContext } from './context.ts';
import { itemTypeOf } from './decode.ts';
import { type Block, encodeAudio, encodeDocument, encodeImage, encodeVideo } from './encode-media.ts';
import { encodeToolResult } from './encode-tool-result.ts';
import { REDACTED_CONTENT, SIGNATURE } from './wire.ts';

/** A content block, tool or system text on its way, and where in the request it came from. */
export interface Entry {
  readonly block: Block;
  /** Path of the part or tool. */
  readonly field: string;
  readonly breakpoint: CacheBreakpoint | undefined;
}

/** Where a part stands. */
export interface PartPlace {
  readonly role: Role;
  /** Path of the part, for instance generation.messages[0].parts[1]. */
  readonly field: string;
}

/**
 * Encodes a part; undefined if it is left out, or refused, as the adapter then knows.
 * @throws GatewayError INVALID_REQUEST, OPTION_NOT_ALLOWED, FOREIGN_STATE
 */
export function encodePart(part: Part, { role, field }: PartPlace, context: EncodeContext): Entry | undefined {
  const { content, cacheBreakpoint: breakpoint } = part;
  const { adapter } = context;
  if (content === undefined) throw invalidField(field, 'It has no content.');
  if (PARTS_OF_ROLE.get(role)?.has(content.$case) !== true) {
    const turn = role.replace('ROLE_', '').toLowerCase();
    const kind = snakeCase(content.$case);
    adapter.refuse(`${field}.${kind}`, `Bedrock takes no ${kind} in a turn of the role ${turn}; remove it.`);
    return undefined;
  }
  const states = keepOwnStates(part, field, adapter);
  const block = encodeContent(content, { field, states, context });
  if (block !== undefined) return { block, field, breakpoint };
  if (breakpoint !== undefined) adapter.drop(`${field}.cache_breakpoint`, 'Its part is left out.');
  return undefined;
}

/** Whether text would be refused: "The text field in the ContentBlock object is blank". */
export function isBlank(text: string): boolean {
  return text.trim() === '';
}

type Content = NonNullable<Part['content']>;

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Message.html, read 2026-11-24. */
const PARTS_OF_ROLE: ReadonlyMap<Role, ReadonlySet<Content['$case']>> = new Map([
  [Role.SYSTEM, new Set<Content['$case']>(['text'])],
  [Role.USER, new Set<Content['$case']>(['text', 'image', 'document', 'audio', 'video'])],
  [Role.ASSISTANT, new Set<Content['$case']>(['text', 'toolCall', 'reasoning', 'refusal', 'opaque'])],
  [Role.TOOL, new Set<Content['$case']>(['toolResult'])],
]);

interface PartContext {
  /** Path of the part. */
  readonly field: string;
  readonly states: readonly OpaqueState[];
  readonly context: EncodeContext;
}

function encodeContent(content: Content, { field, states, context }: PartContext): Block | undefined {
  switch (content.$case) {
    case 'text':
      return encodeText(content.value, field, context);
    case 'image':
      return encodeImage(content.value, `${field}.image`, context);
    case 'document':
      return encodeDocument(content.value, `${field}.document`, context);
    case 'audio':
      return encodeAudio(content.value, `${field}.audio`, context);
    case 'video':
      return encodeVideo(content.value, `${field}.video`, context);
    case 'toolCall':
      return encodeToolCall(content.value, field, context);
    case 'toolResult':
      return encodeToolResult(content.value, `${field}.tool_result`, context);
    case 'reasoning':
      return encodeReasoning(content.value, { field, states, context });
    case 'refusal':
      return encodeRefusal(content.value.text, field, context);
    case 'opaque':
      return encodeOpaque(content.value, field, context);
    default:
      return content satisfies never;
  }
}

function encodeText({ text, citations }: TextPart, field: string, context: EncodeContext): Block | undefined {
  const { adapter } = context;
  const block = encodeBareText(text, `${field}.text`, context);
  if (block === undefined) return undefined;
  const encoded: JsonObject[] = [];
  for (const [index, citation] of citations.entries()) {
    const wire = encodeCitation(citation);
    if (wire !== undefined) encoded.push(wire);
    else adapter.drop(`${field}.text.citations[${index}]`, 'It is none of Bedrock, which takes back only its own.');
  }
  return encoded.length === 0 ? block : { citationsContent: { content: [block], citations: encoded } };
}

function encodeBareText(text: string, field: string, { adapter }: EncodeContext): Block | undefined {
  if (!isBlank(text)) return { text };
  // Nothing is lost, so that this is no error under STRICT.
  adapter.report(field, AdaptationAction.DROPPED, 'Bedrock takes no text that is empty or only white space.');
  return undefined;
}

function encodeRefusal(text: string, field: string, context: EncodeContext): Block | undefined {
  const why = 'Bedrock has no refusals in requests: sent as text.';
  context.adapter.report(`${field}.refusal`, AdaptationAction.REWRITTEN, why);
  return encodeBareText(text, `${field}.refusal.text`, context);
}

function encodeToolCall({ id, name, input }: ToolCall, field: string, { adapter, ids }: EncodeContext): Block {
  const toolUse: Block = { toolUseId: ids.take(id, `${field}.tool_call.id`), name };
  if (input?.$case === 'text') {
    adapter.rewrite(`${field}.tool_call.text`, 'Bedrock has no calls with free text: sent as {"input": …}.');
    toolUse.input = { input: input.value };
  } else {
    toolUse.input = parseCallerObject(input?.value.trim() || '{}', `${field}.tool_call.arguments_json`);
  }
  return { toolUse };
}

/** What was thought goes back only with its signature, and word for word. */
function encodeReasoning({ text }: ReasoningPart, { field, states, context }: PartContext): Block | undefined {
  for (const { kind, data } of states) {
    if (kind === SIGNATURE) return { reasoningContent: { reasoningText: { text, signature: opaqueText(data) } } };
    if (kind === REDACTED_CONTENT) return { reasoningContent: { redactedContent: opaqueText(data) } };
  }
  // It is not part of what was said, so that this is no error under STRICT.
  const why = 'Bedrock takes reasoning only with the signature that came with it.';
  context.adapter.report(`${field}.reasoning`, AdaptationAction.DROPPED, why);
  return undefined;
}

function encodeOpaque(item: OpaquePart, field: string, { adapter }: EncodeContext): Block | undefined {
  if (!keepOwnItem(item, field, adapter)) return undefined;
  const block = parseCallerObject(opaqueText(item.data), `${field}.opaque.data`);
  // What is allowed is decided by item_type: the item itself must not be of another, nor of several.
  if (Object.keys(block).length === 1 && itemTypeOf(block) === item.itemType) return block;
  throw invalidField(`${field}.opaque.data`, 'It is not of its item_type; send the item back as it came.');
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
