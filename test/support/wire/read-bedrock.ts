/** An independent small reader of Bedrock's Converse. */
import assert from 'node:assert/strict';
import type { FinishKind, FinishReason, Part, Usage } from '@kanmon/client';
import { type Expectation, type Facts, parseInput } from './expectation.ts';

/** A reply; of a stream, the members of all its events at once: each object has one of them. */
export interface BedrockWire {
  readonly output?: { readonly message?: { readonly content?: readonly Block[] } };
  readonly stopReason?: string;
  readonly usage?: Counts;
  readonly contentBlockStart?: { readonly contentBlockIndex: number; readonly start?: Start };
  readonly contentBlockDelta?: { readonly contentBlockIndex: number; readonly delta?: Delta };
  readonly messageStart?: object;
  readonly messageStop?: { readonly stopReason?: string };
  readonly metadata?: { readonly usage?: Counts };
}

interface Block {
  text?: string;
  reasoningContent?: { reasoningText?: { text?: string; signature?: string }; redactedContent?: string };
  toolUse?: { toolUseId: string; name: string; input?: unknown };
}

interface Start {
  readonly toolUse?: { readonly toolUseId: string; readonly name: string };
}

interface Delta {
  readonly text?: string;
  readonly reasoningContent?: {
    readonly text?: string;
    readonly signature?: string;
    readonly redactedContent?: string;
  };
  readonly toolUse?: { readonly input?: string };
}

interface Counts {
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly totalTokens?: number;
  readonly cacheReadInputTokens?: number;
  readonly cacheWriteInputTokens?: number;
}

interface Answer {
  readonly blocks: readonly Block[];
  readonly stopReason: string;
  readonly counts: Counts | undefined;
}

/** What a whole reply says. */
export function readBedrockReply({ output, stopReason = '', usage }: BedrockWire): Expectation {
  return toExpectation({ blocks: output?.message?.content ?? [], stopReason, counts: usage });
}

/** What the events of a stream say. */
export function readBedrockStream(events: readonly BedrockWire[]): Expectation {
  const blocks = new Map<number, { block: Block; json: string }>();
  for (const { contentBlockStart, contentBlockDelta } of events) {
    const index = contentBlockStart?.contentBlockIndex ?? contentBlockDelta?.contentBlockIndex;
    if (index === undefined) continue;
    const open = blocks.get(index) ?? { block: {}, json: '' };
    blocks.set(index, open);
    const toolUse = contentBlockStart?.start?.toolUse;
    if (toolUse !== undefined) open.block.toolUse = { ...toolUse };
    addDelta(open, contentBlockDelta?.delta ?? {});
  }
  for (const { block, json } of blocks.values()) {
    if (block.toolUse !== undefined) block.toolUse.input = json === '' ? {} : parseInput(json);
  }
  return toExpectation({
    blocks: [...blocks.values()].map(({ block }) => block),
    stopReason: events.find(({ messageStop }) => messageStop)?.messageStop?.stopReason ?? '',
    counts: events.find(({ metadata }) => metadata)?.metadata?.usage,
  });
}

function addDelta(open: { block: Block; json: string }, { text, reasoningContent, toolUse }: Delta): void {
  const { block } = open;
  if (text !== undefined) block.text = (block.text ?? '') + text;
  open.json += toolUse?.input ?? '';
  if (reasoningContent === undefined) return;
  const { redactedContent, signature } = reasoningContent;
  if (redactedContent !== undefined) block.reasoningContent = { redactedContent };
  else {
    const known = block.reasoningContent?.reasoningText ?? {};
    const thought = { text: (known.text ?? '') + (reasoningContent.text ?? '') };
    block.reasoningContent = { reasoningText: { ...known, ...thought, ...(signature !== undefined && { signature }) } };
  }
}

function toExpectation(answer: Answer): Expectation {
  return {
    model: '', // Converse does not say.
    facts: factsOf(answer),
    checkMessage: (message) =>
      assert.deepEqual((message?.parts ?? []).map(describePart), answer.blocks.map(describeBlock)),
    checkEnd: (finish, usage) => checkEnd(finish, usage, answer),
    isReplayable: answer.blocks.every(({ toolUse }) => typeof toolUse?.input !== 'string'),
    checkReplay: (body) => checkReplay(body, answer),
  };
}

function factsOf({ blocks, stopReason, counts }: Answer): Facts {
  return {
    text: blocks.map(({ text = '' }) => text).join(''),
    reasoning: blocks.map(({ reasoningContent }) => reasoningContent?.reasoningText?.text ?? '').join(''),
    calls: blocks.flatMap(({ toolUse }) =>
      toolUse === undefined
        ? []
        : [{ id: toolUse.toolUseId, name: toolUse.name, input: JSON.stringify(toolUse.input ?? {}) }],
    ),
    finish: stopReason,
    inputTokens: totalInput(counts),
    outputTokens: counts?.outputTokens,
  };
}

/** What a block is, in words that a part has too. */
function describeBlock({ text, reasoningContent, toolUse }: Block): object {
  if (toolUse !== undefined)
    return { type: 'call', id: toolUse.toolUseId, name: toolUse.name, input: toolUse.input ?? {} };
  if (reasoningContent === undefined) return { type: 'text', text };
  const { reasoningText, redactedContent } = reasoningContent;
  const state = redactedContent ?? reasoningText?.signature;
  return { type: 'reasoning', text: reasoningText?.text ?? '', states: state === undefined ? [] : [state] };
}

function describePart({ content, opaqueState }: Part): object {
  const states = opaqueState.map(({ data }) => new TextDecoder().decode(data));
  if (content?.$case === 'text') return { type: 'text', text: content.value.text };
  if (content?.$case === 'reasoning') return { type: 'reasoning', text: content.value.text, states };
  if (content?.$case !== 'toolCall') return { type: content?.$case };
  const { id, name, input } = content.value;
  return { type: 'call', id, name, input: parseInput(input?.value ?? '') };
}

const KINDS: Readonly<Record<string, FinishKind>> = {
  end_turn: 'FINISH_KIND_STOP',
  stop_sequence: 'FINISH_KIND_STOP',
  max_tokens: 'FINISH_KIND_LENGTH',
  model_context_window_exceeded: 'FINISH_KIND_LENGTH',
  tool_use: 'FINISH_KIND_TOOL_CALLS',
  guardrail_intervened: 'FINISH_KIND_CONTENT_FILTER',
  content_filtered: 'FINISH_KIND_CONTENT_FILTER',
};

/** inputTokens excludes what the caches read and wrote; the contract's total does not. */
function totalInput(counts: Counts | undefined): number | undefined {
  if (counts?.inputTokens === undefined) return undefined;
  return counts.inputTokens + (counts.cacheReadInputTokens ?? 0) + (counts.cacheWriteInputTokens ?? 0);
}

function checkEnd(finish: FinishReason | undefined, usage: Usage | undefined, { stopReason, counts }: Answer): void {
  assert.equal(finish?.raw, stopReason);
  assert.equal(finish.kind, KINDS[stopReason] ?? 'FINISH_KIND_OTHER');
  assert.equal(usage?.inputTokens, totalInput(counts));
  assert.equal(usage?.outputTokens, counts?.outputTokens);
  assert.equal(usage?.cacheReadTokens, counts?.cacheReadInputTokens);
  const written = usage?.cacheWrites.reduce((sum, { tokens }) => sum + tokens, 0);
  assert.equal(written, counts?.cacheWriteInputTokens ?? 0);
  assert.equal(usage?.confidence, counts === undefined ? 'USAGE_CONFIDENCE_UNKNOWN' : 'USAGE_CONFIDENCE_REPORTED');
  // Amazon's own total is that of the contract's two.
  if (counts?.totalTokens === undefined) return;
  assert.equal((usage?.inputTokens ?? 0) + (usage?.outputTokens ?? 0), counts.totalTokens);
}

/** The next turn carries every block as it came. */
function checkReplay(body: unknown, { blocks }: Answer): void {
  const { messages } = body as { readonly messages: readonly { role: string; content: readonly Block[] }[] };
  const turn = messages.find(({ role }) => role === 'assistant');
  assert.deepEqual(
    (turn?.content ?? []).map(describeBlock),
    blocks.filter(({ text }) => text?.trim() !== '').map(describeBlock),
  );
}
