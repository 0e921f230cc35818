/** An independent small reader of Anthropic's Messages API. */
import assert from 'node:assert/strict';
import type { FinishKind, FinishReason, Part, Usage } from '@kanmon/client';
import { type Expectation, type Facts, parseInput } from './expectation.ts';

/** The members of replies and events that are compared. */
export interface AnthropicWire {
  readonly type?: string;
  readonly role?: string;
  readonly model?: string;
  readonly content?: readonly Block[];
  readonly stop_reason?: string | null;
  readonly stop_details?: StopDetails | null;
  readonly usage?: Counts;
  readonly index?: number;
  readonly message?: AnthropicWire;
  readonly content_block?: Block;
  readonly delta?: Delta;
  readonly error?: { readonly type?: string; readonly message?: string };
}

interface Delta extends Partial<Block> {
  readonly partial_json?: string;
  readonly stop_reason?: string | null;
  readonly stop_details?: StopDetails | null;
}

interface StopDetails {
  readonly explanation?: string | null;
}

interface Block {
  readonly type: string;
  text?: string;
  thinking?: string;
  signature?: string;
  readonly data?: string;
  readonly id?: string;
  readonly name?: string;
  input?: unknown;
}

interface Counts {
  readonly input_tokens?: number;
  readonly output_tokens?: number;
  readonly cache_read_input_tokens?: number | null;
  readonly cache_creation_input_tokens?: number | null;
  readonly output_tokens_details?: { readonly thinking_tokens?: number } | null;
}

interface Answer {
  readonly blocks: readonly Block[];
  readonly stopReason: string;
  /** What is said of a refusal; empty if nothing is. */
  readonly refusal: string;
  readonly model: string;
  readonly counts: Counts;
}

/** What the events of a stream say. */
export function readAnthropicStream(events: readonly AnthropicWire[]): Expectation {
  return toExpectation(joinEvents(events));
}

/** What a whole reply says. */
export function readAnthropicReply(reply: AnthropicWire): Expectation {
  return toExpectation({
    blocks: reply.content ?? [],
    stopReason: reply.stop_reason ?? '',
    refusal: reply.stop_details?.explanation ?? '',
    model: reply.model ?? '',
    counts: reply.usage ?? {},
  });
}

function toExpectation(answer: Answer): Expectation {
  return {
    model: answer.model,
    facts: factsOf(answer),
    checkMessage: (message) => checkParts(message?.parts ?? [], answer),
    checkEnd: (finish, usage) => checkEnd(finish, usage, answer),
    isReplayable: answer.blocks.every(isReplayable),
    checkReplay: (body) => checkReplay(body, answer),
  };
}

function factsOf({ blocks, stopReason, counts }: Answer): Facts {
  return {
    text: blocks.map(({ type, text }) => (type === 'text' ? text : '')).join(''),
    reasoning: blocks.map(({ thinking }) => thinking ?? '').join(''),
    calls: blocks
      .filter(({ type }) => type === 'tool_use')
      .map(({ id = '', name = '', input }) => ({ id, name, input: JSON.stringify(input) })),
    finish: stopReason,
    inputTokens: totalInput(counts),
    outputTokens: counts.output_tokens,
  };
}

function joinEvents(events: readonly AnthropicWire[]): Answer {
  const blocks: Block[] = [];
  const open = new Map<number, { block: Block; json: string }>();
  let counts: Counts = {};
  let stopReason = '';
  let refusal = '';
  let model = '';
  for (const { type, index = 0, message, content_block, delta, usage } of events) {
    if (type === 'message_start') {
      model = message?.model ?? model;
      counts = merge(counts, message?.usage);
    }
    if (type === 'message_delta') {
      stopReason = delta?.stop_reason ?? stopReason;
      refusal = delta?.stop_details?.explanation ?? refusal;
      counts = merge(counts, usage);
    }
    if (type === 'content_block_start' && content_block !== undefined) {
      const block = { ...content_block };
      open.set(index, { block, json: '' });
      blocks.push(block);
    }
    const current = open.get(index);
    if (type === 'content_block_delta' && current !== undefined && delta !== undefined) addDelta(current, delta);
  }
  return { blocks, stopReason, refusal, model, counts };
}

function addDelta(open: { block: Block; json: string }, delta: Delta): void {
  const { block } = open;
  if (delta.type === 'text_delta') block.text = (block.text ?? '') + (delta.text ?? '');
  if (delta.type === 'thinking_delta') block.thinking = (block.thinking ?? '') + (delta.thinking ?? '');
  if (delta.type === 'signature_delta') block.signature = delta.signature ?? '';
  if (delta.type !== 'input_json_delta') return;
  open.json += delta.partial_json ?? '';
  if (open.json !== '') block.input = parseInput(open.json);
}

/** Counts are cumulative: later ones replace earlier ones, where they say something. */
function merge(earlier: Counts, later: Counts = {}): Counts {
  return { ...earlier, ...Object.fromEntries(Object.entries(later).filter(([, count]) => count !== null)) };
}

/** What a part is, in the words of the recording. */
function describePart({ content, opaqueState }: Part): object {
  const states = opaqueState.map(({ data }) => new TextDecoder().decode(data));
  if (content?.$case === 'text' || content?.$case === 'refusal') {
    return { type: content.$case, text: content.value.text };
  }
  if (content?.$case === 'toolCall') {
    const { id, name, input } = content.value;
    return { type: 'tool_use', id, name, input: parseInput(input?.value ?? '') };
  }
  if (content?.$case === 'reasoning') {
    return { type: opaqueState[0]?.kind ?? 'signature', text: content.value.text, states };
  }
  if (content?.$case === 'opaque') {
    const item: unknown = JSON.parse(new TextDecoder().decode(content.value.data));
    return { type: content.value.itemType, item };
  }
  return { type: content?.$case };
}

/** Whatever the contract has no word for has to be there whole. */
function describeBlock(block: Block): object {
  const { type, text, thinking, signature, data, id, name, input } = block;
  if (type === 'text') return { type, text };
  if (type === 'tool_use') return { type, id, name, input };
  if (type === 'thinking') return { type: 'signature', text: thinking, states: signature ? [signature] : [] };
  if (type === 'redacted_thinking') return { type, text: '', states: [data] };
  return { type, item: block };
}

/** A refusal has no block: what is said of it becomes a part of its own, the last. */
function checkParts(parts: readonly Part[], { blocks, refusal }: Answer): void {
  const said = parts.map(describePart);
  const refused = refusal === '' ? [] : [{ type: 'refusal', text: refusal }];
  assert.deepEqual(said, [...blocks.map(describeBlock), ...refused]);
}

const KINDS: Readonly<Record<string, FinishKind>> = {
  end_turn: 'FINISH_KIND_STOP',
  stop_sequence: 'FINISH_KIND_STOP',
  max_tokens: 'FINISH_KIND_LENGTH',
  model_context_window_exceeded: 'FINISH_KIND_LENGTH',
  tool_use: 'FINISH_KIND_TOOL_CALLS',
  pause_turn: 'FINISH_KIND_PAUSE',
  compaction: 'FINISH_KIND_PAUSE',
  refusal: 'FINISH_KIND_REFUSAL',
};

/** input_tokens excludes what the caches read and wrote; the contract's total does not. */
function totalInput(counts: Counts): number | undefined {
  const { input_tokens, cache_read_input_tokens, cache_creation_input_tokens } = counts;
  if (input_tokens === undefined) return undefined;
  return input_tokens + (cache_read_input_tokens ?? 0) + (cache_creation_input_tokens ?? 0);
}

function checkEnd(finish: FinishReason | undefined, usage: Usage | undefined, { stopReason, counts }: Answer): void {
  assert.equal(finish?.raw, stopReason);
  assert.equal(finish.kind, KINDS[stopReason] ?? 'FINISH_KIND_OTHER');
  assert.equal(usage?.inputTokens, totalInput(counts));
  assert.equal(usage?.outputTokens, counts.output_tokens);
  assert.equal(usage?.cacheReadTokens, counts.cache_read_input_tokens ?? undefined);
  const written = usage?.cacheWrites.reduce((sum, { tokens }) => sum + tokens, 0);
  assert.equal(written, counts.cache_creation_input_tokens ?? 0);
  assert.equal(usage?.reasoningTokens, counts.output_tokens_details?.thinking_tokens);
  assert.equal(usage?.confidence, 'USAGE_CONFIDENCE_REPORTED');
}

/** What can be sent back: an item of a type that Anthropic only sends, and arguments that were cut, cannot. */
function isReplayable({ type, input }: Block): boolean {
  return type === 'tool_use' ? typeof input !== 'string' : REPLAYED.test(type);
}

const REPLAYED =
  /^(?:text|thinking|redacted_thinking|compaction|container_upload|(?:server|mcp)_tool_use|\w+_tool_result)$/;

/** The next turn carries every block as it came, but for what only replies have; a refusal goes back as text. */
function checkReplay(body: unknown, { blocks, refusal }: Answer): void {
  const { messages } = body as { readonly messages: readonly { role: string; content: readonly Block[] }[] };
  const turn = messages.find(({ role }) => role === 'assistant');
  const expected = blocks.filter(({ type, text }) => type !== 'text' || text?.trim() !== '').map(describeBlock);
  if (refusal !== '') expected.push({ type: 'text', text: refusal });
  assert.deepEqual((turn?.content ?? []).map(describeBlock), expected);
}
