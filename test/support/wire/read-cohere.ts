/** An independent small reader of Cohere's Chat API v2. */
import assert from 'node:assert/strict';
import type { ChatMessage, FinishKind, FinishReason, Usage } from '@kanmon/client';
import { type Expectation, type ExpectedCall, type Facts, parseInput } from './expectation.ts';

/** The members of replies and events that are compared. */
export interface CohereWire {
  readonly type?: string;
  readonly index?: number;
  readonly message?: Message;
  readonly finish_reason?: string;
  readonly usage?: Counts;
  readonly delta?: { readonly message?: Message; readonly finish_reason?: string; readonly usage?: Counts };
}

/** Whole in a reply; in a delta, lists hold one. */
interface Message {
  readonly content?: Piece | readonly Piece[];
  readonly tool_plan?: string;
  readonly tool_calls?: Call | readonly Call[];
  readonly citations?: Cited | readonly Cited[];
}

interface Piece {
  readonly type?: string;
  readonly text?: string;
  readonly thinking?: string;
}

interface Call {
  readonly id?: string;
  readonly function?: { readonly name?: string; readonly arguments?: string };
}

interface Cited {
  readonly start?: number;
  readonly end?: number;
  readonly sources?: readonly unknown[];
}

interface Counts {
  readonly billed_units?: { readonly input_tokens?: number; readonly output_tokens?: number };
  readonly tokens?: { readonly input_tokens?: number; readonly output_tokens?: number };
  readonly cached_tokens?: number;
}

interface Answer {
  readonly text: string;
  readonly thinking: string;
  readonly plan: string;
  readonly calls: readonly ExpectedCall[];
  readonly cited: readonly Cited[];
  readonly finish: string;
  readonly counts: Counts;
}

/** What a whole reply says. */
export function readCohereReply({ message = {}, finish_reason = '', usage = {} }: CohereWire): Expectation {
  return toExpectation(
    join([message], listOf(message.tool_calls).map(toCall), { finish: finish_reason, counts: usage }),
  );
}

/** What the events of a stream say. */
export function readCohereStream(events: readonly CohereWire[]): Expectation {
  const calls = new Map<number, ExpectedCall>();
  for (const { index = 0, delta } of events) {
    for (const call of listOf(delta?.message?.tool_calls).map(toCall)) {
      const { id, name, input } = calls.get(index) ?? { id: '', name: '', input: '' };
      calls.set(index, { id: id + call.id, name: name + call.name, input: input + call.input });
    }
  }
  const last = events.findLast(({ type }) => type === 'message-end')?.delta;
  const messages = events.filter(({ type }) => type !== 'message-start').map(({ delta }) => delta?.message ?? {});
  return toExpectation(
    join(messages, [...calls.values()], { finish: last?.finish_reason ?? '', counts: last?.usage ?? {} }),
  );
}

function join(
  messages: readonly Message[],
  calls: readonly ExpectedCall[],
  end: Pick<Answer, 'finish' | 'counts'>,
): Answer {
  const pieces = messages.flatMap(({ content }) => listOf(content));
  return {
    text: pieces.map(({ text = '' }) => text).join(''),
    thinking: pieces.map(({ thinking = '' }) => thinking).join(''),
    plan: messages.map(({ tool_plan = '' }) => tool_plan).join(''),
    calls: calls.map((call) => ({ ...call, input: call.input === '' || call.input === 'null' ? '{}' : call.input })),
    cited: messages.flatMap(({ citations }) => listOf(citations)),
    ...end,
  };
}

function listOf<T>(value: T | readonly T[] | undefined): readonly T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}

function toCall({ id = '', function: called }: Call): ExpectedCall {
  return { id, name: called?.name ?? '', input: called?.arguments ?? '' };
}

function toExpectation(answer: Answer): Expectation {
  return {
    model: '', // Cohere names none.
    facts: factsOf(answer),
    checkMessage: (message) => checkParts(message, answer),
    checkEnd: (finish, usage) => checkEnd(finish, usage, answer),
    isReplayable: true,
    checkReplay: (body) => checkReplay(body, answer),
  };
}

/** The plan is reasoning, and comes after all other. */
function factsOf({ text, thinking, plan, calls, finish, counts }: Answer): Facts {
  const { input_tokens: inputTokens, output_tokens: outputTokens } = counts.tokens ?? {};
  return { text, reasoning: thinking + plan, calls, finish, inputTokens, outputTokens };
}

function checkParts(message: ChatMessage | undefined, answer: Answer): void {
  const parts = message?.parts ?? [];
  const textOf = (kind: 'text' | 'reasoning') =>
    parts.map(({ content }) => (content?.$case === kind ? content.value.text : '')).join('');
  assert.equal(textOf('text'), answer.text);
  assert.equal(textOf('reasoning'), answer.thinking + answer.plan);
  const calls = parts.flatMap(({ content }) => (content?.$case === 'toolCall' ? content.value : []));
  assert.deepEqual(
    calls.map(({ id, name, input }) => ({ id, name, input: parseInput(input?.value ?? '') })),
    answer.calls.map((call) => ({ ...call, input: parseInput(call.input) })),
  );
  const citations = parts.flatMap(({ content }) => (content?.$case === 'text' ? content.value.citations : []));
  assert.deepEqual(
    citations.map(({ startIndex, endIndex }) => [startIndex, endIndex]),
    answer.cited.flatMap(({ start, end, sources = [] }) =>
      Array.from({ length: sources.length || 1 }, () => [start, end]),
    ),
  );
}

const KINDS: Readonly<Record<string, FinishKind>> = {
  COMPLETE: 'FINISH_KIND_STOP',
  STOP_SEQUENCE: 'FINISH_KIND_STOP',
  MAX_TOKENS: 'FINISH_KIND_LENGTH',
  TOOL_CALL: 'FINISH_KIND_TOOL_CALLS',
};

function checkEnd(finish: FinishReason | undefined, usage: Usage | undefined, { finish: raw, counts }: Answer): void {
  assert.equal(finish?.raw, raw);
  assert.equal(finish.kind, KINDS[raw] ?? 'FINISH_KIND_OTHER');
  assert.equal(usage?.inputTokens, counts.tokens?.input_tokens);
  assert.equal(usage?.outputTokens, counts.tokens?.output_tokens);
  assert.equal(usage?.cacheReadTokens, counts.cached_tokens);
  assert.deepEqual(usage?.rawJson === '' ? {} : JSON.parse(usage?.rawJson ?? ''), counts);
}

interface WireTurn {
  readonly role: string;
  readonly content?: string | readonly Piece[];
  readonly tool_plan?: string;
  readonly tool_calls?: readonly Call[];
}

function checkReplay(body: unknown, answer: Answer): void {
  const { messages } = body as { readonly messages: readonly WireTurn[] };
  const turn = messages.find(({ role }) => role === 'assistant');
  const { content = [] } = turn ?? {};
  const pieces = typeof content === 'string' ? [{ text: content }] : content;
  const said = join([{ content: pieces, tool_plan: turn?.tool_plan ?? '' }], [], { finish: '', counts: {} });
  assert.equal(said.text, answer.text);
  assert.equal(said.thinking + said.plan, answer.thinking + answer.plan);
  if (answer.plan !== '') assert.equal(said.plan, answer.plan);
  assert.deepEqual((turn?.tool_calls ?? []).map(toCall), answer.calls);
}
