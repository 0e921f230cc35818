/** What the simulator answers to a chat request, before it is put into words of the wire. */

import type { Random } from '../../model/clock.ts';
import { asList, asObject, isJsonObject, tryParseJson } from '../shared/json.ts';
import { writeAnswer, writeThoughts } from './prose.ts';
import { drawValue } from './schema-value.ts';
import { splitTokens } from './tokens.ts';
import { type PlannedCall, planToolCalls } from './tool-calls.ts';
import { readTopic, type Topic } from './topic.ts';
import type { ChatRequest } from './wire.ts';

/** A call of a tool in tokens. */
export interface AnsweredCall {
  readonly call: PlannedCall;
  readonly tokens: readonly string[];
}

/** One answer, in tokens, as long as the request allows. */
export interface Answer {
  readonly reasoning: readonly string[];
  readonly content: readonly string[];
  readonly calls: readonly AnsweredCall[];
  readonly finishReason: 'stop' | 'length' | 'tool_calls';
}

/** Sentences of reasoning by effort. */
const EFFORT_SENTENCES: Readonly<Record<string, number>> = {
  minimal: 1,
  low: 2,
  medium: 4,
  high: 8,
  xhigh: 12,
  max: 16,
};

/**
 * Composes an answer. The same request and draws give the same answer.
 * @throws SchemaError if a schema in the request can be satisfied by nothing.
 */
export function composeAnswer(request: ChatRequest, random: Random): Answer {
  const topic = readTopic(request.prompt);
  const effort = EFFORT_SENTENCES[request.reasoningEffort] ?? 0;
  const reasoning = effort === 0 ? [] : splitTokens(writeThoughts(random, topic, effort));
  const calls = planToolCalls(request, topic, random);
  const whole: Answer =
    calls.length > 0
      ? { reasoning, content: [], calls: calls.map(answerCall), finishReason: 'tool_calls' }
      : {
          reasoning,
          content: splitTokens(stopText(composeText(request, topic, random), request)),
          calls: [],
          finishReason: 'stop',
        };
  return request.maxTokens === undefined ? whole : limitAnswer(whole, request.maxTokens);
}

/** Tokens of an answer's output, reasoning included. */
export function countOutputTokens({ reasoning, content, calls }: Answer): number {
  return reasoning.length + content.length + calls.reduce((sum, { tokens }) => sum + tokens.length, 0);
}

function answerCall(call: PlannedCall): AnsweredCall {
  return { call, tokens: splitTokens(call.input) };
}

function composeText(request: ChatRequest, topic: Topic, random: Random): string {
  if (request.format === 'json_schema') return JSON.stringify(drawValue(request.schema, random, topic));
  const text = request.toolResults.length > 0 ? reportResults(request.toolResults) : writeAnswer(random, topic);
  if (request.format === 'text') return text;
  return JSON.stringify({ answer: text, topics: topic.keywords, confidence: Math.round(random() * 100) / 100 });
}

/** An answer from what tools gave back. */
function reportResults(results: readonly string[]): string {
  const [first = '', ...rest] = results.map(describeResult);
  return [`According to the tools, ${first}.`, ...rest.map((result) => `The next result says that ${result}.`)].join(
    ' ',
  );
}

const MAX_RESULT_CHARACTERS = 300;

function describeResult(result: string): string {
  const value = result.length > 100_000 ? undefined : tryParseJson(result);
  const text = isJsonObject(value) ? describeMembers(value) : (describeScalar(value) ?? result.trim());
  return (
    text
      .slice(0, MAX_RESULT_CHARACTERS)
      .toWellFormed()
      .replace(/[.\s]+$/, '') || 'there is nothing to report'
  );
}

function describeMembers(value: Readonly<Record<string, unknown>>): string {
  const members = Object.entries(value).slice(0, 6);
  return members
    .map(([name, member]) => `${name.replaceAll('_', ' ')} is ${describeScalar(member) ?? JSON.stringify(member)}`)
    .join(' and ');
}

function describeScalar(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return asList(value).length > 0 && asObject(value) === undefined ? JSON.stringify(value) : undefined;
}

/** The text up to the first stop sequence in it. */
function stopText(text: string, { stopSequences }: ChatRequest): string {
  const places = stopSequences.map((stop) => text.indexOf(stop)).filter((place) => place >= 0);
  return places.length === 0 ? text : text.slice(0, Math.min(...places));
}

function limitAnswer(answer: Answer, maxTokens: number): Answer {
  if (countOutputTokens(answer) <= maxTokens) return answer;
  let left = maxTokens;
  const take = (tokens: readonly string[]) => {
    const taken = tokens.slice(0, left);
    left -= taken.length;
    return taken;
  };
  const reasoning = take(answer.reasoning);
  const content = take(answer.content);
  const calls: AnsweredCall[] = [];
  for (const { call, tokens } of answer.calls) if (left > 0) calls.push({ call, tokens: take(tokens) });
  return { reasoning, content, calls, finishReason: 'length' };
}
