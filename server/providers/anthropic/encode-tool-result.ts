/** Results of tools, and the ids by which they find their calls. */
import { AdaptationAction, type ToolResult, type ToolResultContent } from '../../model/wire.ts';
import type { Adapter } from '../shared/adapter.ts';
import { type Block, encodeDocument, encodeImage } from './encode-media.ts';

/** A tool_result block. */
export function encodeToolResult(result: ToolResult, field: string, adapter: Adapter): Block {
  const content = result.content
    .map((piece, index) => encodePiece(piece, `${field}.content[${index}]`, adapter))
    .filter((block) => block !== undefined);
  return {
    type: 'tool_result',
    tool_use_id: toWireId(result.toolCallId, `${field}.tool_call_id`, adapter),
    ...(content.length > 0 && { content }),
    ...(result.isError && { is_error: true }),
  };
}

/** An id of a tool call as Anthropic takes it. Those of other providers may hold more; call and result stay paired. */
export function toWireId(id: string, field: string, adapter: Adapter): string {
  if (WIRE_ID.test(id)) return id;
  // An id means nothing to the model, so that this is no error under STRICT.
  adapter.report(field, AdaptationAction.REWRITTEN, 'Anthropic takes letters, digits, _ and - in ids only.');
  return id.replaceAll(/[^A-Za-z0-9_-]/gu, (character) => `_${character.codePointAt(0)?.toString(16)}_`);
}

const WIRE_ID = /^[A-Za-z0-9_-]+$/;

function encodePiece({ content }: ToolResultContent, field: string, adapter: Adapter): Block | undefined {
  switch (content?.$case) {
    case 'text':
      return encodeResultText(content.value, `${field}.text`, adapter);
    case 'json':
      return encodeResultText(content.value, `${field}.json`, adapter); // As it was written.
    case 'image':
      return encodeImage(content.value, `${field}.image`, adapter);
    case 'document':
      return encodeDocument(content.value, `${field}.document`, adapter);
    default:
      return undefined;
  }
}

function encodeResultText(text: string, field: string, adapter: Adapter): Block | undefined {
  if (text.trim() !== '') return { type: 'text', text };
  adapter.report(field, AdaptationAction.DROPPED, 'Anthropic takes no text that is empty or only white space.');
  return undefined;
}
