/** Encodes earlier turns of the model. */
import { AdaptationAction, type Part, type TextPart, type ToolCall } from '../../model/wire.ts';
import type { Adapter } from '../shared/adapter.ts';
import { invalidField } from '../shared/json.ts';
import { keepOwnItem, keepOwnStates } from '../shared/opaque-state.ts';
import { plainText, textBlocks, type WireBlock } from './blocks.ts';
import { encodeCitations } from './citations.ts';
import { NO_ARGUMENTS } from './wire.ts';

/** A turn while it is gathered. */
interface Turn {
  readonly content: WireBlock[];
  readonly calls: WireBlock[];
  readonly citations: unknown[];
}

/** Encodes a turn; none if nothing is left of it. @throws GatewayError INVALID_REQUEST, OPTION_NOT_ALLOWED, FOREIGN_STATE */
export function encodeAssistant(parts: readonly Part[], field: string, adapter: Adapter): WireBlock[] {
  const turn: Turn = { content: [], calls: [], citations: [] };
  for (const [index, part] of parts.entries()) encodePart(turn, part, `${field}.parts[${index}]`, adapter);
  const { calls, citations } = turn;
  const plan = calls.length > 0 ? takePlan(turn.content) : undefined;
  const { content } = turn;
  if (content.length === 0 && calls.length === 0) return [];
  return [
    {
      role: 'assistant',
      ...(content.length > 0 && { content: plainText(content) ?? content }),
      ...(plan !== undefined && { tool_plan: plan }),
      ...(calls.length > 0 && { tool_calls: calls }),
      ...(citations.length > 0 && { citations }),
    },
  ];
}

/**
 * The last thought before calls is their plan. Models that do not reason have no other thought there, and to those that do
 * both are the same: vLLM's server of this API gives what is thought as the one or the other by the model's kind.
 */
function takePlan(content: WireBlock[]): unknown {
  const place = content.findLastIndex(({ type }) => type === 'thinking');
  return place < 0 ? undefined : content.splice(place, 1)[0]?.thinking;
}

function encodePart(turn: Turn, part: Part, field: string, adapter: Adapter): void {
  const { content } = part;
  keepOwnStates(part, field, adapter); // Cohere has no state of its own; foreign state is still refused.
  switch (content?.$case) {
    case 'text':
      addText(turn, content.value, `${field}.text`, adapter);
      break;
    case 'reasoning':
      if (content.value.text !== '') turn.content.push({ type: 'thinking', thinking: content.value.text });
      break;
    case 'refusal':
      adapter.report(`${field}.refusal`, AdaptationAction.REWRITTEN, 'Cohere has no refusals: sent as text.');
      turn.content.push(...textBlocks(content.value.text, `${field}.refusal.text`, adapter));
      break;
    case 'toolCall':
      turn.calls.push(encodeCall(content.value, `${field}.tool_call`, adapter));
      break;
    case 'opaque':
      if (keepOwnItem(content.value, field, adapter))
        adapter.report(`${field}.opaque`, AdaptationAction.DROPPED, 'Cohere does not take items of this type back.');
      break;
    case 'image':
    case 'document':
    case 'audio':
    case 'video':
      adapter.drop(`${field}.${content.$case}`, "Cohere takes no media in the model's own turns.");
      break;
    default:
      throw invalidField(field, 'The part has no content, or one that belongs into other messages.');
  }
}

function addText(turn: Turn, { text, citations }: TextPart, field: string, adapter: Adapter): void {
  turn.content.push(...textBlocks(text, field, adapter));
  const { encoded, foreign } = encodeCitations(citations);
  for (const index of foreign) {
    adapter.report(
      `${field}.citations[${index}]`,
      AdaptationAction.DROPPED,
      'It is none of Cohere, which takes back only its own.',
    );
  }
  turn.citations.push(...encoded);
}

function encodeCall({ id, name, input }: ToolCall, field: string, adapter: Adapter): WireBlock {
  const call = (json: string) => ({ id, type: 'function', function: { name, arguments: json } });
  switch (input?.$case) {
    case 'argumentsJson':
      return call(input.value || NO_ARGUMENTS);
    case 'text':
      adapter.rewrite(`${field}.text`, 'Cohere has no calls with free text: sent as {"input": …}.');
      return call(JSON.stringify({ input: input.value }));
    default:
      throw invalidField(`${field}.input`, 'The call has no input.');
  }
}
