/** Parts of messages as Anthropic's content blocks. */
import { GatewayError } from '../../model/errors.ts';
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
import type { Adapter } from '../shared/adapter.ts';
import { invalidField, parseCallerObject } from '../shared/json.ts';
import { keepOwnItem, keepOwnStates, opaqueText } from '../shared/opaque-state.ts';
import { encodeCitation } from './citations.ts';
import { type Block, encodeDocument, encodeImage } from './encode-media.ts';
import { encodeToolResult, toWireId } from './encode-tool-result.ts';
import { CALLER, REDACTED_THINKING, SIGNATURE, TOOLSET_NAME } from './wire.ts';

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
export function encodePart(part: Part, { role, field }: PartPlace, adapter: Adapter): Entry | undefined {
  const { content, cacheBreakpoint: breakpoint } = part;
  if (content === undefined) throw invalidField(field, 'It has no content.');
  if (PARTS_OF_ROLE.get(role)?.has(content.$case) !== true) {
    adapter.refuse(`${field}.${snakeCase(content.$case)}`, explainRefusal(content.$case, role));
    return undefined;
  }
  const states = keepOwnStates(part, field, adapter);
  const block = encodeContent(content, { field, states, adapter });
  if (block !== undefined) return { block, field, breakpoint };
  if (breakpoint !== undefined) adapter.drop(`${field}.cache_breakpoint`, 'Its part is left out.');
  return undefined;
}

function explainRefusal(kind: Content['$case'], role: Role): string {
  if (kind === 'audio' || kind === 'video') return `Anthropic has no ${kind} input; remove it or choose another model.`;
  const turn = role.replace('ROLE_', '').toLowerCase();
  return `Anthropic takes no ${snakeCase(kind)} in a turn of the role ${turn}; remove it.`;
}

type Content = NonNullable<Part['content']>;

/** https://platform.claude.com/docs/en/api/messages, read 2026-11-24. Sound and video it takes nowhere. */
const PARTS_OF_ROLE: ReadonlyMap<Role, ReadonlySet<Content['$case']>> = new Map([
  [Role.SYSTEM, new Set<Content['$case']>(['text'])],
  [Role.USER, new Set<Content['$case']>(['text', 'image', 'document'])],
  [Role.ASSISTANT, new Set<Content['$case']>(['text', 'toolCall', 'reasoning', 'refusal', 'opaque'])],
  [Role.TOOL, new Set<Content['$case']>(['toolResult'])],
]);

/** Types of items that Anthropic takes back (ContentBlockParam of its SDK 1.12.0, stable and beta, read 2026-11-24). */
const REPLAYABLE: ReadonlySet<string> = new Set([
  'server_tool_use',
  'web_search_tool_result',
  'web_fetch_tool_result',
  'code_execution_tool_result',
  'bash_code_execution_tool_result',
  'text_editor_code_execution_tool_result',
  'tool_search_tool_result',
  'advisor_tool_result',
  'mcp_tool_use',
  'mcp_tool_result',
  'container_upload',
  'compaction',
]);

interface PartContext {
  readonly field: string;
  readonly states: readonly OpaqueState[];
  readonly adapter: Adapter;
}

function encodeContent(content: Content, context: PartContext): Block | undefined {
  const { field, adapter } = context;
  switch (content.$case) {
    case 'text':
      return encodeText(content.value, context);
    case 'image':
      return encodeImage(content.value, `${field}.image`, adapter);
    case 'document':
      return encodeDocument(content.value, `${field}.document`, adapter);
    case 'toolCall':
      return encodeToolCall(content.value, context);
    case 'toolResult':
      return encodeToolResult(content.value, `${field}.tool_result`, adapter);
    case 'reasoning':
      return encodeReasoning(content.value, context);
    case 'refusal':
      adapter.report(
        `${field}.refusal`,
        AdaptationAction.REWRITTEN,
        'Anthropic has no refusals in requests: sent as text.',
      );
      return encodeBareText(content.value.text, `${field}.refusal.text`, adapter);
    case 'opaque':
      return encodeOpaque(content.value, context);
    default:
      return undefined; // audio and video, which no role has.
  }
}

function encodeText({ text, citations }: TextPart, { field, adapter }: PartContext): Block | undefined {
  const block = encodeBareText(text, `${field}.text`, adapter);
  if (block === undefined || citations.length === 0) return block;
  const encoded: Block[] = [];
  for (const [index, citation] of citations.entries()) {
    const wire = encodeCitation(citation);
    if (wire !== undefined) encoded.push({ ...wire });
    else adapter.drop(`${field}.text.citations[${index}]`, 'It is none of Anthropic, which takes back only its own.');
  }
  if (encoded.length > 0) block.citations = encoded;
  return block;
}

/** Text without anything; undefined if there is none: "text content blocks must contain non-whitespace text". */
function encodeBareText(text: string, field: string, adapter: Adapter): Block | undefined {
  if (text.trim() !== '') return { type: 'text', text };
  // Nothing is lost, so that this is no error under STRICT.
  adapter.report(field, AdaptationAction.DROPPED, 'Anthropic takes no text that is empty or only white space.');
  return undefined;
}

function encodeToolCall(call: ToolCall, { field, states, adapter }: PartContext): Block {
  const { id, name, input } = call;
  const block: Block = { type: 'tool_use', id: toWireId(id, `${field}.tool_call.id`, adapter), name };
  if (input?.$case === 'text') {
    adapter.rewrite(`${field}.tool_call.text`, 'Anthropic has no calls with free text: sent as {"input": …}.');
    block.input = { input: input.value };
  } else {
    const path = `${field}.tool_call.arguments_json`;
    block.input = parseCallerObject(input?.value.trim() || '{}', path);
  }
  for (const { kind, data } of states) {
    if (kind === CALLER) block.caller = parseCallerObject(opaqueText(data), `${field}.opaque_state`);
    else if (kind === TOOLSET_NAME) block.toolset_name = opaqueText(data);
  }
  return block;
}

/** Thinking goes back only with its signature, and word for word. */
function encodeReasoning({ text }: ReasoningPart, { field, states, adapter }: PartContext): Block | undefined {
  for (const { kind, data } of states) {
    if (kind === SIGNATURE) return { type: 'thinking', thinking: text, signature: opaqueText(data) };
    if (kind === REDACTED_THINKING) return { type: 'redacted_thinking', data: opaqueText(data) };
  }
  // What was thought is not part of what was said, so that this is no error under STRICT.
  adapter.report(
    `${field}.reasoning`,
    AdaptationAction.DROPPED,
    'Anthropic takes reasoning only with its own signature.',
  );
  return undefined;
}

function encodeOpaque(item: OpaquePart, { field, adapter }: PartContext): Block | undefined {
  if (!keepOwnItem(item, field, adapter)) return undefined;
  if (!REPLAYABLE.has(item.itemType)) {
    const path = `${field}.opaque.item_type`;
    const description = 'Anthropic does not take items of this type back; leave the part away.';
    throw new GatewayError('OPTION_NOT_ALLOWED', `${path}: ${description}`, {
      violations: [{ field: path, description }],
    });
  }
  const { cache_control: _, ...block } = parseCallerObject(opaqueText(item.data), `${field}.opaque.data`);
  // What is allowed is decided by item_type: the item itself must not be of another.
  if (block.type === item.itemType) return block;
  throw invalidField(`${field}.opaque.data`, 'Its member "type" is not its item_type; send the item back as it came.');
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
