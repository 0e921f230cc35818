/** Results of tools as Converse takes them. */
import { AdaptationAction, type ToolResult, type ToolResultContent } from '../../model/wire.ts';
import { isJsonObject, parseCallerJson } from '../shared/json.ts';
import type { EncodeContext } from './context.ts';
import { type Block, encodeDocument, encodeImage } from './encode-media.ts';
import type { Family } from './model-id.ts';

/** A toolResult block. @throws GatewayError INVALID_REQUEST for JSON that is none, OPTION_NOT_ALLOWED for a URI. */
export function encodeToolResult(result: ToolResult, field: string, context: EncodeContext): Block {
  const { adapter, ids, family } = context;
  const content = result.content
    .map((piece, index) => encodePiece(piece, `${field}.content[${index}]`, context))
    .filter((block) => block !== undefined);
  if (content.length === 0) {
    adapter.report(`${field}.content`, AdaptationAction.ADDED, `Bedrock takes no empty result: "${NOTHING}" was sent.`);
    content.push({ text: NOTHING });
  }
  const toolResult: Block = { toolUseId: ids.take(result.toolCallId, `${field}.tool_call_id`), content };
  if (result.isError) {
    if (WITHOUT_STATUS.has(family)) adapter.drop(`${field}.is_error`, 'Only models of Anthropic and Amazon are told.');
    else toolResult.status = 'error';
  }
  return { toolResult };
}

const NOTHING = '(no output)';

/** "This field is only supported by Amazon Nova and Anthropic Claude 3 and 4 models", read 2026-11-24; not held against others. */
const WITHOUT_STATUS: ReadonlySet<Family> = new Set<Family>(['cohere', 'mistral']);

function encodePiece({ content }: ToolResultContent, field: string, context: EncodeContext): Block | undefined {
  switch (content?.$case) {
    case 'text':
      return encodeText(content.value, `${field}.text`, context);
    case 'json':
      return encodeJson(content.value, `${field}.json`, context);
    case 'image':
      return encodeImage(content.value, `${field}.image`, context);
    case 'document':
      return encodeDocument(content.value, `${field}.document`, context);
    default:
      return undefined;
  }
}

function encodeText(text: string, field: string, { adapter }: EncodeContext): Block | undefined {
  if (text.trim() !== '') return { text };
  adapter.report(field, AdaptationAction.DROPPED, 'Bedrock takes no text that is empty or only white space.');
  return undefined;
}

/** Bedrock takes objects as JSON ("Provide a json object"); anything else goes as the text that it is. */
function encodeJson(json: string, field: string, context: EncodeContext): Block | undefined {
  const value = parseCallerJson(json, field);
  // A number kept with its digits is an object too.
  return isJsonObject(value) && /^\s*\{/.test(json) ? { json: value } : encodeText(json, field, context);
}
