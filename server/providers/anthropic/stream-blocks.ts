/** Content blocks of a stream while they are open: each turns its deltas into events, and ends itself. */
import { type StreamEvent, ToolInputKind } from '../../model/wire.ts';
import type { Target } from '../dialect.ts';
import * as events from '../shared/events.ts';
import { NO_EVENTS } from '../shared/events.ts';
import { Fragments } from '../shared/fragments.ts';
import { asList, type JsonObject, parseExactJson } from '../shared/json.ts';
import { decodeCitation } from './citations.ts';
import { decodeOpaque, readReasoningState, readToolCall, readToolState } from './decode.ts';
import { REDACTED_THINKING, SIGNATURE, type WireBlock, type WireDelta } from './wire.ts';

/** One open block. */
export interface OpenBlock {
  /** Events of its beginning, what its start already holds included. */
  start(): readonly StreamEvent[];
  /** Events of a delta; one that does not belong here is passed over. */
  take(delta: WireDelta): readonly StreamEvent[];
  /** Events of its end. */
  close(): readonly StreamEvent[];
}

/** What a block is opened with. */
export interface BlockContext {
  readonly partIndex: number;
  readonly target: Target;
}

/** Opens a block; one of an unknown type becomes an opaque part at its end. */
export function openBlock(block: JsonObject, context: BlockContext): OpenBlock {
  return (OPENERS.get(block.type) ?? openOpaque)(block, context);
}

/** The block that a delta without a content_block_start belongs to; undefined if it tells too little. */
export function blockOfDelta(delta: WireDelta): JsonObject | undefined {
  return IMPLIED.get(delta.type);
}

const IMPLIED: ReadonlyMap<unknown, JsonObject> = new Map([
  ['text_delta', { type: 'text', text: '' }],
  ['citations_delta', { type: 'text', text: '' }],
  ['thinking_delta', { type: 'thinking', thinking: '' }],
  ['signature_delta', { type: 'thinking', thinking: '' }],
]);

const OPENERS: ReadonlyMap<unknown, (block: JsonObject, context: BlockContext) => OpenBlock> = new Map([
  ['text', openText],
  ['thinking', openThinking],
  ['redacted_thinking', openRedactedThinking],
  ['tool_use', openToolUse],
]);

function openText(block: WireBlock, { partIndex }: BlockContext): OpenBlock {
  const fragments = new Fragments();
  const add = (fragment: unknown) => {
    const text = typeof fragment === 'string' ? fragments.take(fragment) : '';
    return text === '' ? NO_EVENTS : [events.textDelta(partIndex, text)];
  };
  const cite = (wire: unknown) => {
    const citation = decodeCitation(wire);
    return citation === undefined ? NO_EVENTS : [events.citationAdded(partIndex, citation)];
  };
  return {
    start: () => [events.textStart(partIndex), ...add(block.text), ...asList(block.citations).flatMap(cite)],
    take(delta) {
      if (delta.type === 'text_delta') return add(delta.text);
      return delta.type === 'citations_delta' ? cite(delta.citation) : NO_EVENTS;
    },
    close() {
      const rest = fragments.rest();
      const end = events.textEnd(partIndex);
      return rest === '' ? [end] : [events.textDelta(partIndex, rest), end];
    },
  };
}

function openThinking(block: WireBlock, { partIndex, target }: BlockContext): OpenBlock {
  const fragments = new Fragments();
  let signature = block.signature;
  const add = (fragment: unknown) => {
    const text = typeof fragment === 'string' ? fragments.take(fragment) : '';
    return text === '' ? NO_EVENTS : [events.reasoningDelta(partIndex, text)];
  };
  return {
    start: () => [events.reasoningStart(partIndex), ...add(block.thinking)],
    take(delta) {
      if (delta.type === 'thinking_delta') return add(delta.thinking);
      // Whole each time: Anthropic's own SDK replaces it too.
      if (delta.type === 'signature_delta') signature = delta.signature;
      return NO_EVENTS;
    },
    close() {
      const rest = fragments.rest();
      const end = events.reasoningEnd(partIndex, readReasoningState(SIGNATURE, signature, target));
      return rest === '' ? [end] : [events.reasoningDelta(partIndex, rest), end];
    },
  };
}

function openRedactedThinking(block: WireBlock, { partIndex, target }: BlockContext): OpenBlock {
  return {
    start: () => [events.reasoningStart(partIndex)],
    take: () => NO_EVENTS,
    close: () => [events.reasoningEnd(partIndex, readReasoningState(REDACTED_THINKING, block.data, target))],
  };
}

function openToolUse(block: WireBlock, { partIndex, target }: BlockContext): OpenBlock {
  const head = { ...readToolCall(block), kind: ToolInputKind.JSON };
  const fragments = new Fragments();
  let hasInput = false;
  return {
    start: () => [events.toolCallStart(partIndex, head)],
    take(delta) {
      if (delta.type !== 'input_json_delta' || typeof delta.partial_json !== 'string') return NO_EVENTS;
      const fragment = fragments.take(delta.partial_json);
      if (fragment === '') return NO_EVENTS;
      hasInput = true;
      return [events.toolCallDelta(partIndex, fragment)];
    },
    close() {
      // A tool without arguments streams none; some relays send the whole input with the start instead.
      const rest = hasInput ? fragments.rest() : JSON.stringify(block.input ?? {});
      const end = events.toolCallEnd(partIndex, readToolState(block, target));
      return rest === '' ? [end] : [events.toolCallDelta(partIndex, rest), end];
    },
  };
}

/**
 * Keeps an item whole. Its deltas are applied as Anthropic's own SDK does: fragments of JSON make its input, citations are
 * appended, texts of any other delta (compaction_delta) are appended to the member of the same name.
 */
function openOpaque(block: JsonObject, { partIndex, target }: BlockContext): OpenBlock {
  const item: Record<string, unknown> = { ...block };
  let inputJson = '';
  return {
    start: () => NO_EVENTS,
    take(delta) {
      const { type, ...members } = delta;
      if (type === 'input_json_delta') inputJson += typeof delta.partial_json === 'string' ? delta.partial_json : '';
      else if (type === 'citations_delta') item.citations = [...asList(item.citations), delta.citation];
      else appendMembers(item, members);
      return NO_EVENTS;
    },
    close() {
      if (inputJson !== '') item.input = parseInput(inputJson);
      return [events.partAdded(partIndex, decodeOpaque(item, target))];
    },
  };
}

function appendMembers(item: Record<string, unknown>, members: JsonObject): void {
  for (const [name, value] of Object.entries(members)) {
    const earlier = item[name];
    item[name] = typeof earlier === 'string' && typeof value === 'string' ? earlier + value : value;
  }
}

function parseInput(json: string): unknown {
  try {
    return parseExactJson(json);
  } catch {
    return json; // Cut by the limit of tokens: kept as the text it is.
  }
}
