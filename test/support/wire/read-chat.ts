/** An independent small reader of chat completions, in the forms that its many hosts give them. */
import assert from 'node:assert/strict';
import type { FinishKind, FinishReason, Part, Usage } from '@kanmon/client';
import { type Expectation, type ExpectedCall, type Facts, parseInput, type ReasoningField } from './expectation.ts';

/** The members of replies and chunks that are compared. */
export interface ChatWire {
  readonly object?: string;
  readonly model?: string;
  readonly choices?: readonly Choice[];
  readonly usage?: Counts | null;
  readonly x_groq?: { readonly usage?: Counts };
  readonly error?: unknown;
}

interface Choice {
  readonly index?: number;
  readonly message?: Message;
  readonly delta?: Message;
  readonly finish_reason?: string | null;
}

interface Message {
  readonly content?: string | null | readonly Chunk[];
  readonly refusal?: string | null;
  readonly reasoning_content?: string | null;
  readonly reasoning?: string | null;
  readonly reasoning_details?: readonly Detail[] | null;
  readonly tool_calls?: readonly Call[] | null;
}

interface Chunk {
  readonly type: string;
  readonly text?: string;
  readonly refusal?: string;
  readonly thinking?: readonly Chunk[];
}

interface Detail {
  readonly signature?: string | null;
  readonly data?: string | null;
}

interface Call {
  readonly index?: number;
  readonly id?: string | null;
  readonly function?: { readonly name?: string | null; readonly arguments?: string };
  readonly custom?: { readonly name?: string | null; readonly input?: string };
}

interface Counts {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens?: number;
  readonly reasoning_tokens?: number;
  readonly prompt_cache_hit_tokens?: number;
  readonly prompt_tokens_details?: { readonly cached_tokens?: number; readonly cache_write_tokens?: number } | null;
  readonly completion_tokens_details?: { readonly reasoning_tokens?: number } | null;
}

interface Answer {
  readonly text: string;
  readonly reasoning: string;
  readonly refusal: string;
  readonly calls: readonly ExpectedCall[];
  /** Signatures and encrypted pieces of reasoning. */
  readonly secrets: readonly string[];
  readonly finish: string | undefined;
  readonly model: string;
  readonly counts: Counts | undefined;
}

/** What a reply (one wire) or the chunks of a stream say. */
export function readChat(wires: readonly ChatWire[]): Expectation {
  const answer = joinWires(wires);
  return {
    model: answer.model,
    facts: factsOf(answer),
    checkMessage: (message) => checkParts(message?.parts ?? [], answer),
    checkEnd: (finish, usage) => checkEnd(finish, usage, answer),
    isReplayable: true,
    checkReplay: (body, reasoningField) => checkReplay(body, answer, reasoningField),
  };
}

/** Whether a chunk names the finish reason of the one answer that is asked for: the last that has to come. */
export function hasFinish(wire: ChatWire): boolean {
  return answersOf([wire]).some(({ finish_reason }) => finish_reason != null);
}

function answersOf(wires: readonly ChatWire[]): readonly Choice[] {
  return wires.flatMap(({ choices }) => choices ?? []).filter(({ index = 0 }) => index === 0);
}

function joinWires(wires: readonly ChatWire[]): Answer {
  const choices = answersOf(wires);
  const messages = choices.flatMap(({ message, delta }) => message ?? delta ?? []);
  const pieces = messages.flatMap(piecesOf);
  const pick = (member: 'text' | 'refusal') => pieces.map((piece) => (piece.type === member ? piece[member] : ''));
  const thoughts = pieces.flatMap(({ thinking }) => thinking ?? []).map(({ text }) => text);
  const reasoning = messages.map((message) => message.reasoning_content || message.reasoning || '');
  return {
    text: pick('text').join(''),
    reasoning: [...thoughts, ...reasoning].join(''),
    refusal: [...pick('refusal'), ...messages.map(({ refusal }) => refusal ?? '')].join(''),
    calls: joinCalls(messages.flatMap(({ tool_calls }) => tool_calls ?? [])),
    secrets: secretsOf(messages),
    finish: choices.find(({ finish_reason }) => finish_reason != null)?.finish_reason ?? undefined,
    model: wires.findLast(({ model }) => model !== undefined && model !== '')?.model ?? '',
    counts: wires.map(({ usage, x_groq }) => usage ?? x_groq?.usage).findLast((usage) => usage != null),
  };
}

function piecesOf({ content }: Message): readonly Chunk[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : (content ?? []);
}

function secretsOf(messages: readonly Message[]): readonly string[] {
  const details = messages.flatMap(({ reasoning_details }) => reasoning_details ?? []);
  return details.flatMap(({ signature, data }) => [signature, data]).filter((secret) => secret != null);
}

/** By index, or by id where there is none; a second id at the same index begins another call (Gemini's endpoint). */
function joinCalls(fragments: readonly Call[]): readonly ExpectedCall[] {
  const calls: { key: number | string; call: ExpectedCall }[] = [];
  for (const { index, id, function: called, custom } of fragments) {
    const key = index ?? id ?? '';
    const known = calls.findLast((other) => other.key === key);
    const isAnother = known !== undefined && id && known.call.id !== '' && known.call.id !== id;
    const open = known === undefined || isAnother ? { key, call: { id: '', name: '', input: '' } } : known;
    if (open !== known) calls.push(open);
    const { call } = open;
    const input = call.input + (called?.arguments ?? custom?.input ?? '');
    open.call = { id: call.id || (id ?? ''), name: call.name || (called?.name ?? custom?.name ?? ''), input };
  }
  return calls.map(({ call }) => call);
}

function factsOf({ text, reasoning, calls, finish, counts }: Answer): Facts {
  return {
    text,
    reasoning,
    calls,
    finish: finish ?? '',
    inputTokens: counts?.prompt_tokens,
    outputTokens: counts && totalOutput(counts),
  };
}

function checkParts(parts: readonly Part[], expected: Answer): void {
  assert.equal(textOf(parts, 'text'), expected.text);
  assert.equal(textOf(parts, 'reasoning'), expected.reasoning);
  assert.equal(textOf(parts, 'refusal'), expected.refusal);
  const calls = parts.flatMap(({ content }) => (content?.$case === 'toolCall' ? content.value : []));
  assert.deepEqual(
    calls.map(({ id, name, input }) => ({ id, name, input: parseInput(input?.value ?? '') })),
    expected.calls.map((call, index) => ({ ...withParsedInput(call), id: call.id || madeId(calls[index]?.id) })),
  );
  const states = parts.flatMap(({ opaqueState }) => opaqueState.map(({ data }) => new TextDecoder().decode(data)));
  for (const secret of expected.secrets) {
    assert.ok(
      states.some((state) => state.includes(JSON.stringify(secret))),
      'a signature of the reasoning is missing',
    );
  }
}

function textOf(parts: readonly Part[], kind: 'text' | 'reasoning' | 'refusal'): string {
  return parts.map(({ content }) => (content?.$case === kind ? content.value.text : '')).join('');
}

const KINDS: Readonly<Record<string, FinishKind>> = {
  stop: 'FINISH_KIND_STOP',
  length: 'FINISH_KIND_LENGTH',
  model_length: 'FINISH_KIND_LENGTH',
  tool_calls: 'FINISH_KIND_TOOL_CALLS',
  content_filter: 'FINISH_KIND_CONTENT_FILTER',
};

/** "stop" is said of calls and of refusals too. */
function finishKind({ finish = '', calls, refusal }: Answer): FinishKind {
  if (finish === 'stop' && calls.length > 0) return 'FINISH_KIND_TOOL_CALLS';
  if (finish === 'stop' && refusal !== '') return 'FINISH_KIND_REFUSAL';
  return KINDS[finish] ?? 'FINISH_KIND_OTHER';
}

/** xAI counts reasoning beside the completion; the total tells. */
function totalOutput(counts: Counts): number {
  const reasoning = reasoningTokens(counts) ?? 0;
  const isApart = counts.total_tokens === counts.prompt_tokens + counts.completion_tokens + reasoning;
  return counts.completion_tokens + (isApart ? reasoning : 0);
}

function reasoningTokens(counts: Counts): number | undefined {
  return counts.completion_tokens_details?.reasoning_tokens ?? counts.reasoning_tokens;
}

function checkEnd(finish: FinishReason | undefined, usage: Usage | undefined, expected: Answer): void {
  const { counts } = expected;
  assert.equal(finish?.raw, expected.finish ?? '');
  assert.equal(finish.kind, finishKind(expected));
  if (counts === undefined) {
    assert.equal(usage?.confidence, 'USAGE_CONFIDENCE_UNKNOWN');
    return;
  }
  assert.equal(usage?.inputTokens, counts.prompt_tokens);
  assert.equal(usage.outputTokens, totalOutput(counts));
  assert.equal(usage.reasoningTokens, reasoningTokens(counts));
  assert.equal(usage.cacheReadTokens, counts.prompt_tokens_details?.cached_tokens ?? counts.prompt_cache_hit_tokens);
  const written = counts.prompt_tokens_details?.cache_write_tokens;
  const writes = usage.cacheWrites.map(({ tokens, ttl }) => ({ tokens, ttl }));
  assert.deepEqual(writes, written === undefined ? [] : [{ tokens: written, ttl: undefined }]);
  assert.equal(usage.confidence, 'USAGE_CONFIDENCE_REPORTED');
  assert.deepEqual(JSON.parse(usage.rawJson), counts);
}

/** The next turn carries the text, the calls, what is secret in reasoning and, where the host takes it, its text. */
function checkReplay(body: unknown, expected: Answer, reasoningField: ReasoningField | undefined): void {
  const { messages } = body as { readonly messages: readonly (Message & { readonly role: string })[] };
  const turn = messages.find(({ role }) => role === 'assistant');
  assert.ok(turn, 'no turn of the assistant was sent');
  assert.equal(joinText(turn, 'text'), expected.text);
  assert.equal(joinText(turn, 'refusal'), expected.refusal);
  if (reasoningField !== undefined) assert.equal(turn[reasoningField] ?? '', expected.reasoning);
  assert.deepEqual(
    joinCalls((turn.tool_calls ?? []).map((call, index) => ({ index, ...call }))).map(withParsedInput),
    expected.calls.map(withParsedInput),
  );
  assert.deepEqual(secretsOf([turn]), expected.secrets);
}

function joinText(turn: Message, member: 'text' | 'refusal'): string {
  const pieces = piecesOf(turn).map((piece) => (piece.type === member ? (piece[member] ?? '') : ''));
  return pieces.join('');
}

function withParsedInput({ id, name, input }: ExpectedCall) {
  return { id, name, input: parseInput(input || '{}') };
}

/** Where the provider makes no id the gateway does. */
function madeId(id: string | undefined): string {
  assert.ok(id, 'a call has no id');
  return id;
}
