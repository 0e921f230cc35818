/** An independent small reader of OpenAI's Responses API, in the forms that its hosts give it. */
import assert from 'node:assert/strict';
import type { FinishKind, FinishReason, Part, Usage } from '@kanmon/client';
import { type Expectation, type Facts, parseInput } from './expectation.ts';

/** The members of replies and events that are compared. */
export interface ResponsesWire {
  readonly type?: string;
  readonly object?: string;
  readonly status?: string;
  readonly model?: string;
  readonly error?: unknown;
  readonly incomplete_details?: { readonly reason?: string } | null;
  readonly output?: readonly Item[];
  readonly usage?: Counts | null;
  readonly response?: ResponsesWire;
  readonly output_index?: number;
  readonly content_index?: number;
  readonly summary_index?: number;
  readonly item?: Item;
  readonly delta?: string;
}

interface Item {
  readonly type: string;
  readonly id?: string;
  readonly status?: string;
  readonly phase?: string;
  readonly content?: readonly Piece[];
  readonly summary?: readonly Piece[];
  readonly encrypted_content?: string | null;
  readonly call_id?: string;
  readonly name?: string;
  readonly arguments?: string;
  readonly input?: string;
}

interface Piece {
  readonly type: string;
  readonly text?: string;
  readonly refusal?: string;
  readonly annotations?: readonly object[];
}

interface Counts {
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly input_tokens_details?: { readonly cached_tokens?: number };
  readonly output_tokens_details?: { readonly reasoning_tokens?: number };
}

interface Answer {
  readonly items: readonly Item[];
  readonly ending: string;
  readonly model: string;
  readonly counts: Counts | undefined;
}

/** Types of the events after which nothing belongs to the response any more. */
export const LAST_WORDS: ReadonlySet<string | undefined> = new Set(['response.completed', 'response.incomplete']);

/** What the events of a stream say, up to the end of their first response. */
export function readResponsesStream(events: readonly ResponsesWire[]): Expectation {
  const last = events.findIndex(({ type }) => LAST_WORDS.has(type));
  const ours = events.slice(0, last + 1);
  const { response = {} } = ours.at(-1) ?? {};
  const ended = ours.filter(({ type }) => type === 'response.output_item.done');
  const items = ended
    .toSorted(byIndex)
    .map(({ item, output_index }) => withDeltas(item ?? { type: '' }, output_index, ours));
  return toExpectation(toAnswer({ ...response, output: items.length === 0 ? (response.output ?? []) : items }));
}

/** What a whole reply says. */
export function readResponsesReply(reply: ResponsesWire): Expectation {
  return toExpectation(toAnswer(reply));
}

function byIndex(a: ResponsesWire, b: ResponsesWire): number {
  return (a.output_index ?? 0) - (b.output_index ?? 0);
}

/** An item whose texts are put together from their fragments, where there are any. */
function withDeltas(item: Item, index: number | undefined, events: readonly ResponsesWire[]): Item {
  const join = (type: string, matches: (event: ResponsesWire) => boolean = () => true) => {
    const deltas = events.filter((event) => event.type === type && event.output_index === index && matches(event));
    return deltas.length === 0 ? undefined : deltas.map(({ delta }) => delta ?? '').join('');
  };
  const piece = (part: Piece, place: number): Piece => ({
    ...part,
    ...whereSaid(
      'text',
      join('response.output_text.delta', ({ content_index }) => content_index === place),
    ),
    ...whereSaid(
      'text',
      join('response.reasoning_text.delta', ({ content_index }) => content_index === place),
    ),
    ...whereSaid(
      'refusal',
      join('response.refusal.delta', ({ content_index }) => content_index === place),
    ),
  });
  const summary = (part: Piece, place: number): Piece => ({
    ...part,
    ...whereSaid(
      'text',
      join('response.reasoning_summary_text.delta', ({ summary_index }) => summary_index === place),
    ),
  });
  return {
    ...item,
    ...(item.content && { content: item.content.map(piece) }),
    ...(item.summary && { summary: item.summary.map(summary) }),
    ...whereSaid('arguments', join('response.function_call_arguments.delta')),
    ...whereSaid('input', join('response.custom_tool_call_input.delta')),
  };
}

function whereSaid(member: string, text: string | undefined): object {
  return text === undefined ? {} : { [member]: text };
}

function toAnswer({ output, status = '', incomplete_details, model, usage }: ResponsesWire): Answer {
  const ending = status === 'incomplete' ? (incomplete_details?.reason ?? status) : status;
  return { items: output ?? [], ending, model: model ?? '', counts: usage ?? undefined };
}

function toExpectation(answer: Answer): Expectation {
  return {
    model: answer.model,
    facts: factsOf(answer),
    checkMessage: (message) => checkParts(message?.parts ?? [], answer),
    checkEnd: (finish, usage) => checkEnd(finish, usage, answer),
    isReplayable: true,
    checkReplay: (body) => checkReplay(body, answer),
  };
}

function factsOf({ items, ending, counts }: Answer): Facts {
  const pieces = items.flatMap(({ content }) => content ?? []);
  const pick = (type: string) => pieces.filter((piece) => piece.type === type).map(({ text }) => text ?? '');
  const summaries = items.flatMap(({ summary }) => summary ?? []).map(({ text }) => text ?? '');
  return {
    text: pick('output_text').join(''),
    reasoning: [...summaries, ...pick('reasoning_text')].join(''),
    calls: items.filter(isCall).map(({ call_id = '', name = '', input, arguments: json }) => ({
      id: call_id,
      name,
      input: input ?? json ?? '',
    })),
    finish: ending,
    inputTokens: counts?.input_tokens,
    outputTokens: counts?.output_tokens,
  };
}

function isCall({ type }: Item): boolean {
  return type === 'function_call' || type === 'custom_tool_call';
}

/** Whether reasoning can be sent back where nothing is stored. */
function isKept({ encrypted_content, content }: Item): boolean {
  return !!encrypted_content || (content ?? []).length > 0;
}

/** Whether the ids of an item hold: reasoning before it that is lost takes them along. */
function hasId(items: readonly Item[], place: number): boolean {
  return items.slice(0, place).every((item) => item.type !== 'reasoning' || isKept(item));
}

/** What the parts of an answer must be, in the words of the recording. */
function expectParts({ items }: Answer): readonly object[] {
  return items.flatMap((item, place): readonly object[] => {
    const id = hasId(items, place) && item.id ? { id: item.id } : {};
    const status = item.status === 'incomplete' ? { status: item.status } : {};
    if (item.type === 'message') {
      const state = { ...id, ...(item.phase && { phase: item.phase }), ...status };
      return (item.content ?? []).map((piece) => ({ ...describePiece(piece), state }));
    }
    if (item.type === 'reasoning') return expectReasoning(item);
    if (isCall(item)) {
      const { call_id, name, arguments: json, input } = item;
      return [{ call_id, name, input: input ?? parseInput(json || '{}'), state: { ...id, ...status } }];
    }
    return [{ opaque: item.type, item }];
  });
}

function describePiece({ type, text, refusal, annotations }: Piece): object {
  return type === 'refusal' ? { refusal } : { text, annotations: annotations ?? [] };
}

function expectReasoning(item: Item): readonly object[] {
  const entries = [...(item.summary ?? []), ...(item.content ?? [])];
  const secret = item.encrypted_content ? { encrypted_content: item.encrypted_content } : {};
  if (!isKept(item)) return entries.map(({ text }) => ({ reasoning: text, state: {} }));
  if (entries.length === 0) return [{ reasoning: '', state: { id: item.id, ...secret } }];
  return entries.map(({ type, text }, index) => ({
    reasoning: text,
    state: { id: item.id, type, ...(index === entries.length - 1 && secret) },
  }));
}

/** What a part is, in the same words. */
function describePart({ content, opaqueState }: Part): object {
  const state = Object.fromEntries(opaqueState.map(({ kind, data }) => [kind, new TextDecoder().decode(data)]));
  switch (content?.$case) {
    case 'text':
      return {
        text: content.value.text,
        annotations: content.value.citations.map(({ rawJson }) => JSON.parse(rawJson) as object),
        state,
      };
    case 'refusal':
      return { refusal: content.value.text, state };
    case 'reasoning':
      return { reasoning: content.value.text, state };
    case 'toolCall': {
      const { id, name, input } = content.value;
      return {
        call_id: id,
        name,
        input: input?.$case === 'text' ? input.value : parseInput(input?.value ?? ''),
        state,
      };
    }
    case 'opaque':
      return {
        opaque: content.value.itemType,
        item: JSON.parse(new TextDecoder().decode(content.value.data)) as object,
      };
    default:
      return { unexpected: content?.$case };
  }
}

function checkParts(parts: readonly Part[], answer: Answer): void {
  const byPlace = (part: object) => JSON.stringify(part);
  // Parts stand in the order in which they began, which is not that of the output where items interleave.
  assert.deepEqual(
    parts.map(describePart).toSorted((a, b) => byPlace(a).localeCompare(byPlace(b))),
    expectParts(answer).toSorted((a, b) => byPlace(a).localeCompare(byPlace(b))),
  );
}

const KINDS: Readonly<Record<string, FinishKind>> = {
  max_output_tokens: 'FINISH_KIND_LENGTH',
  content_filter: 'FINISH_KIND_CONTENT_FILTER',
};

function finishKind({ ending, items }: Answer): FinishKind {
  if (ending !== 'completed') return KINDS[ending] ?? 'FINISH_KIND_OTHER';
  if (items.some(isCall)) return 'FINISH_KIND_TOOL_CALLS';
  const refuses = items.some(({ content }) => content?.some(({ type }) => type === 'refusal'));
  return refuses ? 'FINISH_KIND_REFUSAL' : 'FINISH_KIND_STOP';
}

function checkEnd(finish: FinishReason | undefined, usage: Usage | undefined, answer: Answer): void {
  const { counts, ending } = answer;
  assert.equal(finish?.raw, ending);
  assert.equal(finish.kind, finishKind(answer));
  if (counts === undefined) {
    assert.equal(usage?.confidence, 'USAGE_CONFIDENCE_UNKNOWN');
    return;
  }
  assert.equal(usage?.inputTokens, counts.input_tokens);
  assert.equal(usage.outputTokens, counts.output_tokens);
  assert.equal(usage.cacheReadTokens, counts.input_tokens_details?.cached_tokens);
  assert.equal(usage.reasoningTokens, counts.output_tokens_details?.reasoning_tokens);
  assert.equal(usage.confidence, 'USAGE_CONFIDENCE_REPORTED');
  assert.deepEqual(JSON.parse(usage.rawJson), counts);
}

const REPLAYED: ReadonlySet<string> = new Set([
  'message',
  'reasoning',
  'function_call',
  'custom_tool_call',
  'web_search_call',
]);

/** The next request carries every item as it came, but for what only replies have and what nothing can be made of. */
function checkReplay(body: unknown, { items }: Answer): void {
  const { input } = body as { readonly input: readonly (Item & { readonly role?: string })[] };
  const expected = items.flatMap((item, place) => {
    if (!REPLAYED.has(item.type) || (item.type === 'reasoning' && !isKept(item))) return [];
    return [describeItem(hasId(items, place) || item.type === 'web_search_call' ? item : { ...item, id: '' })];
  });
  const sent = input.filter(({ role }) => role !== 'user').map(describeItem);
  const byPlace = (item: object) => JSON.stringify(item);
  assert.deepEqual(
    sent.toSorted((a, b) => byPlace(a).localeCompare(byPlace(b))),
    expected.toSorted((a, b) => byPlace(a).localeCompare(byPlace(b))),
  );
}

function describeItem(item: Item): object {
  const { type, id = '', phase, content, summary, encrypted_content, call_id, name } = item;
  if (type === 'message') {
    // Citations go back with an id only: without one nobody can tell whose they are.
    const said: unknown = content; // Requests may have a plain text in its place.
    const list = typeof said === 'string' ? [{ type: 'output_text', text: said }] : (content ?? []);
    const pieces = list.map((piece) => describePiece(id === '' && !phase ? { ...piece, annotations: [] } : piece));
    return { type, id, phase, pieces };
  }
  if (type === 'reasoning')
    return { type, id, summary, content: content ?? [], encrypted_content: encrypted_content ?? '' };
  if (!isCall(item)) return item;
  return { type, id, call_id, name, input: item.input ?? parseInput(item.arguments || '{}') };
}
