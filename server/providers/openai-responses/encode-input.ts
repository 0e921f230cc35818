/** The conversation as a list of items. */
import {
  AdaptationAction,
  type ChatMessage,
  type Part,
  Role,
  type ToolResult,
  type ToolResultContent,
} from '../../model/wire.ts';
import type { Adapter } from '../shared/adapter.ts';
import { asList, asObject, invalidField, type JsonObject } from '../shared/json.ts';
import { encodeCallId } from './call-ids.ts';
import { encodeAssistant, type InputItem } from './encode-assistant.ts';
import { encodeDocument, encodeImage, encodeInputPart, inputText, plainContent } from './encode-parts.ts';

/**
 * Encodes messages. Instructions of the application are items in their place, not the `instructions` of the request: there
 * may be several, and a conversation may hold them anywhere. Results of tools are an item each.
 */
export function encodeInput(messages: readonly ChatMessage[], adapter: Adapter): readonly JsonObject[] {
  const textCalls = findTextCalls(messages, adapter);
  const items = messages.flatMap(({ role, parts }, index): readonly InputItem[] => {
    const field = `generation.messages[${index}]`;
    switch (role) {
      case Role.SYSTEM:
        return [encodeMessage(systemRole(`${field}.role`, adapter), parts, field, adapter)];
      case Role.USER:
        return [encodeMessage('user', parts, field, adapter)];
      case Role.ASSISTANT:
        return encodeAssistant(parts, field, adapter);
      case Role.TOOL:
        return parts.map((part, place) => encodeToolPart(part, `${field}.parts[${place}]`, { textCalls, adapter }));
      default:
        throw invalidField(`${field}.role`, 'It is not set.');
    }
  });
  return dropLooseReasoning(items, adapter).map(({ wire }) => plainAnswer(wire));
}

/** "developer" is what newer models call it; both are taken: https://developers.openai.com/api/docs/guides/text (seen 2026-11-24). */
function systemRole(field: string, adapter: Adapter): string {
  if (!adapter.lacks('systemRole')) return adapter.target.quirks.systemRole ?? 'developer';
  adapter.rewrite(field, 'The model takes no instructions of the application: sent as the user.');
  return 'user';
}

function encodeMessage(role: string, parts: readonly Part[], field: string, adapter: Adapter): InputItem {
  const content = parts
    .map((part, index) => encodeInputPart(part, `${field}.parts[${index}]`, adapter))
    .filter((part) => part !== undefined);
  return { wire: { type: 'message', role, content: plainContent(content) }, field, isModels: false };
}

interface ToolContext {
  /** Ids of the calls that took text, whose results are items of their own type. */
  readonly textCalls: ReadonlySet<string>;
  readonly adapter: Adapter;
}

function findTextCalls(messages: readonly ChatMessage[], adapter: Adapter): ReadonlySet<string> {
  const ids = new Set<string>();
  if (adapter.lacks('customTools')) return ids;
  for (const { role, parts } of messages) {
    if (role !== Role.ASSISTANT) continue;
    for (const { content } of parts) {
      if (content?.$case === 'toolCall' && content.value.input?.$case === 'text') ids.add(content.value.id);
    }
  }
  return ids;
}

function encodeToolPart({ content }: Part, field: string, { textCalls, adapter }: ToolContext): InputItem {
  if (content?.$case !== 'toolResult') throw invalidField(field, 'Messages of tools hold results of tool calls only.');
  const { toolCallId } = content.value;
  const wire = {
    type: textCalls.has(toolCallId) ? 'custom_tool_call_output' : 'function_call_output',
    call_id: encodeCallId(toolCallId, `${field}.tool_result.tool_call_id`, adapter),
    output: encodeResult(content.value, `${field}.tool_result`, adapter),
  };
  return { wire, field, isModels: false };
}

/** A result: a text as it is, several and media as a list. */
function encodeResult({ content, isError }: ToolResult, field: string, adapter: Adapter): unknown {
  const pieces = content
    .map((item, index) => encodeResultItem(item, `${field}.content[${index}]`, adapter))
    .filter((piece) => piece !== undefined);
  if (isError) {
    adapter.report(`${field}.is_error`, AdaptationAction.REWRITTEN, 'Sent as text before the content.');
    pieces.unshift(inputText(FAILED_RESULT));
  }
  return pieces.length === 0 ? '' : plainContent(pieces);
}

/** How a model is told that a tool failed. */
const FAILED_RESULT = 'The tool failed.';

function encodeResultItem({ content }: ToolResultContent, field: string, adapter: Adapter): JsonObject | undefined {
  switch (content?.$case) {
    case 'text':
    case 'json':
      return inputText(content.value);
    case 'image':
      return encodeImage(content.value, `${field}.image`, adapter);
    case 'document':
      return encodeDocument(content.value, `${field}.document`, adapter);
    default:
      throw invalidField(field, 'It has no content.');
  }
}

/**
 * Leaves out reasoning that cannot go back: without its state (another origin's, or stored where nothing is stored now), and
 * what nothing follows that the model made ("provided without its required following item"), as in an answer that was cut.
 * Nothing of what was said is lost: no error under STRICT.
 */
function dropLooseReasoning(items: readonly InputItem[], adapter: Adapter): readonly InputItem[] {
  if (!items.some(({ wire }) => wire.type === 'reasoning')) return items;
  const kept: InputItem[] = [];
  let next: InputItem | undefined;
  for (const item of looseIds(items, adapter).toReversed()) {
    if (item.wire.type !== 'reasoning') next = item;
    if (item.wire.type !== 'reasoning' || next?.isModels === true) kept.push(item);
    else
      adapter.report(item.field, AdaptationAction.DROPPED, 'Reasoning goes back only together with what followed it.');
  }
  return kept.reverse();
}

/** Items without the reasoning that has no state, and without the ids that were bound to it. */
function looseIds(items: readonly InputItem[], adapter: Adapter): readonly InputItem[] {
  let isLoose = false;
  return items.flatMap((item) => {
    const { type, encrypted_content, content } = item.wire;
    if (!item.isModels) isLoose = false;
    if (type !== 'reasoning') return isLoose && BOUND.has(type) ? [withoutId(item)] : [item];
    if (encrypted_content !== undefined || content !== undefined) return [item];
    isLoose = true;
    adapter.report(item.field, AdaptationAction.DROPPED, 'Reasoning goes back only with its own state.');
    return [];
  });
}

/** A text of the model without an id is a message as everybody's: only those with one have to be lists of parts. */
function plainAnswer(wire: JsonObject): JsonObject {
  if (wire.role !== 'assistant' || wire.id !== undefined || !Array.isArray(wire.content)) return wire;
  const first = wire.content.length === 1 ? asObject(wire.content[0]) : undefined;
  const isPlain = first?.type === 'output_text' && asList(first.annotations).length === 0;
  return isPlain ? { ...wire, content: first.text } : wire;
}

/** Types of items that mean the same without an id. */
const BOUND: ReadonlySet<unknown> = new Set(['message', 'function_call', 'custom_tool_call']);

function withoutId(item: InputItem): InputItem {
  const { id: _, status: __, ...wire } = item.wire;
  return { ...item, wire };
}
