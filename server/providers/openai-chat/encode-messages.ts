/** Encodes conversations. */
import {
  AdaptationAction,
  type ChatMessage,
  type Part,
  Role,
  type ToolResult,
  type ToolResultContent,
} from '../../model/wire.ts';
import type { Adapter } from '../shared/adapter.ts';
import { invalidField } from '../shared/json.ts';
import { CallIds } from './call-ids.ts';
import { encodeAssistant } from './encode-assistant.ts';
import { encodeUserPart, plainText } from './encode-parts.ts';

/** A message in the provider's form. */
type WireMessage = Record<string, unknown>;

/** What the encoders of one message work on. */
interface MessageContext {
  readonly adapter: Adapter;
  readonly callIds: CallIds;
  /** Path of the message. */
  readonly field: string;
}

/** Encodes messages; one of tool results becomes one message for each result. */
export function encodeMessages(messages: readonly ChatMessage[], adapter: Adapter): readonly WireMessage[] {
  const callIds = new CallIds(adapter);
  const encoded = messages.flatMap((message, index) => {
    const context = { adapter, callIds, field: `generation.messages[${index}]` };
    switch (message.role) {
      case Role.SYSTEM:
        return [encodeSystem(message.parts, context)];
      case Role.USER:
        return [{ role: 'user', content: encodeContent(message.parts, context) }];
      case Role.ASSISTANT:
        return [encodeAssistant(message.parts, context)];
      case Role.TOOL:
        return message.parts.map((part, place) =>
          encodeToolPart(part, { ...context, field: `${context.field}.parts[${place}]` }),
        );
      default:
        throw invalidField(`${context.field}.role`, 'It is not set.');
    }
  });
  const last = encoded.at(-1);
  if (last?.role === 'assistant' && adapter.target.quirks.prefixMark === true) last.prefix = true;
  return encoded;
}

function encodeSystem(parts: readonly Part[], context: MessageContext): WireMessage {
  const { adapter, field } = context;
  const content = encodeContent(parts, context);
  if (!adapter.lacks('systemRole')) return { role: adapter.target.quirks.systemRole ?? 'system', content };
  adapter.rewrite(`${field}.role`, 'The model takes no instructions of the application: sent as the user.');
  return { role: 'user', content };
}

/** Content of a system or user message: the plain text where there is nothing else, as every host takes it. */
function encodeContent(parts: readonly Part[], { adapter, field }: MessageContext): unknown {
  const content = parts
    .map((part, index) => encodeUserPart(part, `${field}.parts[${index}]`, adapter))
    .filter((part) => part !== undefined);
  return plainText(content) ?? content;
}

function encodeToolPart({ content }: Part, context: MessageContext): WireMessage {
  const { field, callIds } = context;
  if (content?.$case !== 'toolResult') throw invalidField(field, 'Messages of tools hold results of tool calls only.');
  const id = callIds.encode(content.value.toolCallId, `${field}.tool_result.tool_call_id`);
  return {
    role: 'tool',
    tool_call_id: id,
    content: encodeResult(content.value, `${field}.tool_result`, context.adapter),
  };
}

/** Results are text: a text as it is, several as a list of text parts. */
function encodeResult({ content, isError }: ToolResult, field: string, adapter: Adapter): unknown {
  const texts = content
    .map((item, index) => encodeResultItem(item, `${field}.content[${index}]`, adapter))
    .filter((text) => text !== undefined);
  if (isError) {
    adapter.report(`${field}.is_error`, AdaptationAction.REWRITTEN, 'Sent as text before the content.');
    texts.unshift(FAILED_RESULT);
  }
  const [first = '', ...others] = texts;
  return others.length === 0 ? first : texts.map((text) => ({ type: 'text', text }));
}

/** How a model is told that a tool failed. */
const FAILED_RESULT = 'The tool failed.';

function encodeResultItem({ content }: ToolResultContent, field: string, adapter: Adapter): string | undefined {
  switch (content?.$case) {
    case 'text':
    case 'json':
      return content.value;
    case 'image':
    case 'document':
      adapter.drop(`${field}.${content.$case}`, 'Chat completions take text only in results of tools.');
      return undefined;
    default:
      throw invalidField(field, 'It has no content.');
  }
}
