/** Encodes results of tools. */
import { AdaptationAction, type Part, type ToolResult, type ToolResultContent } from '../../model/wire.ts';
import { invalidField } from '../shared/json.ts';
import { keepOwnStates } from '../shared/opaque-state.ts';
import { type ConversationContext, plainText, type WireBlock } from './blocks.ts';

/** How a model is told that a tool failed. */
const FAILED_RESULT = 'The tool failed.';

/** One message for one result. @throws GatewayError INVALID_REQUEST, OPTION_NOT_ALLOWED, FOREIGN_STATE */
export function encodeToolMessage(part: Part, field: string, context: ConversationContext): WireBlock {
  const { content } = part;
  if (content?.$case !== 'toolResult') throw invalidField(field, 'Messages of tools hold results of tool calls only.');
  keepOwnStates(part, field, context.adapter);
  const blocks = encodeResult(content.value, `${field}.tool_result`, context);
  return { role: 'tool', tool_call_id: content.value.toolCallId, content: plainText(blocks) ?? blocks };
}

/** Cohere wants content: a result without any is an empty text. */
function encodeResult({ content, isError }: ToolResult, field: string, context: ConversationContext): WireBlock[] {
  const blocks = content.flatMap((piece, index) => encodePiece(piece, `${field}.content[${index}]`, context));
  if (isError) {
    context.adapter.report(`${field}.is_error`, AdaptationAction.REWRITTEN, 'Sent as text before the content.');
    blocks.unshift({ type: 'text', text: FAILED_RESULT });
  }
  return blocks.length === 0 ? [{ type: 'text', text: '' }] : blocks;
}

function encodePiece({ content }: ToolResultContent, field: string, context: ConversationContext): WireBlock[] {
  switch (content?.$case) {
    case 'text':
    case 'json':
      return [{ type: 'text', text: content.value }];
    case 'document': {
      const document = context.documents.read(content.value, `${field}.document`);
      return document === undefined ? [] : [{ type: 'document', document }];
    }
    case 'image':
      context.adapter.drop(`${field}.image`, 'Cohere takes text and documents only in results of tools.');
      return [];
    default:
      throw invalidField(field, 'It has no content.');
  }
}
