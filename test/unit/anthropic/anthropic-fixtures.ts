/** What the tests of the anthropic dialect are made of: targets, generations, parts, streams. */
import { StreamFold } from '@kanmon/client/fold';
import type { GatewayError } from '../../../server/model/errors.ts';
import type { Capabilities } from '../../../server/model/target.ts';
import { type ChatMessage, Generation, type Part, Role, type StreamEvent } from '../../../server/model/wire.ts';
import { anthropicMessages } from '../../../server/providers/anthropic/index.ts';
import type { Encoded, Target } from '../../../server/providers/dialect.ts';
import { makeTarget as makeAnyTarget, makeCapabilities } from '../../support/targets.ts';

/** What of a target a test sets. */
export type TargetWishes = Partial<Omit<Target, 'capabilities'>> & { readonly capabilities?: Partial<Capabilities> };

/** A deployment of Claude of which nothing special is known. */
export function makeTarget({ capabilities, ...wishes }: TargetWishes = {}): Target {
  return makeAnyTarget('anthropic.messages', {
    provider: 'claude',
    upstreamModel: 'claude-test',
    stateDomain: 'claude',
    capabilities: makeCapabilities(capabilities),
    defaultMaxOutputTokens: 1000,
    onForeignState: 'fail',
    ...wishes,
  });
}

/** A generation of one user message, unless it is given others. */
export function makeGeneration(wishes: Parameters<typeof Generation.fromPartial>[0] = {}): Generation {
  return Generation.fromPartial({ model: 'chat', maxOutputTokens: 500, messages: [user('Hi')], ...wishes });
}

/** Encodes for a unary reply. */
export function encode(wishes: Parameters<typeof Generation.fromPartial>[0], target: TargetWishes = {}): Encoded {
  return anthropicMessages.encodeComplete(makeGeneration(wishes), makeTarget(target), false);
}

/** The adaptations of a request, one line each: what was done to which field. */
export function adaptationsOf({ adaptations }: Encoded): readonly string[] {
  return adaptations.map(({ action, field }) => `${action.replace('ADAPTATION_ACTION_', '')} ${field}`);
}

/** What a request to Anthropic says in its messages. */
export function messagesOf({ body }: Encoded): unknown {
  return JSON.parse(JSON.stringify(body.messages));
}

/** A part of any kind. */
export function makePart(content: NonNullable<Part['content']>, rest: Partial<Part> = {}): Part {
  return { content, cacheBreakpoint: undefined, opaqueState: [], ...rest };
}

/** A text part. */
export function text(value: string, rest: Partial<Part> = {}): Part {
  return makePart({ $case: 'text', value: { text: value, citations: [], logprobs: [] } }, rest);
}

/** A tool call with JSON arguments. */
export function toolCall(id: string, argumentsJson = '{}', name = 'look'): Part {
  return makePart({ $case: 'toolCall', value: { id, name, input: { $case: 'argumentsJson', value: argumentsJson } } });
}

/** A tool result of one text. */
export function toolResult(toolCallId: string, value: string, isError = false): Part {
  const content = [{ content: { $case: 'text', value } } as const];
  return makePart({ $case: 'toolResult', value: { toolCallId, content, isError } });
}

/** Messages; a string is one text part. */
export function user(...parts: readonly (Part | string)[]): ChatMessage {
  return makeMessage(Role.USER, parts);
}

export function assistant(...parts: readonly (Part | string)[]): ChatMessage {
  return makeMessage(Role.ASSISTANT, parts);
}

export function system(...parts: readonly (Part | string)[]): ChatMessage {
  return makeMessage(Role.SYSTEM, parts);
}

export function tool(...parts: readonly Part[]): ChatMessage {
  return makeMessage(Role.TOOL, parts);
}

/** What a stream gave. */
export interface StreamResult {
  readonly events: readonly StreamEvent[];
  readonly parts: readonly Part[];
  readonly upstreamModel: string;
}

/** Feeds payloads to a fresh decoder, ends it and folds what came. */
export function decodeStream(payloads: readonly (object | string)[], target = makeTarget()): StreamResult {
  const decoder = anthropicMessages.openStream(target);
  const events = payloads.flatMap((payload) => {
    const data = typeof payload === 'string' ? payload : JSON.stringify(payload);
    return decoder.push({ event: '', data });
  });
  events.push(...decoder.end());
  return { events, parts: foldParts(events), upstreamModel: decoder.upstreamModel };
}

/** The parts that events add up to. */
export function foldParts(events: readonly StreamEvent[]): readonly Part[] {
  const fold = new StreamFold();
  fold.pushAll(events);
  return fold.message().parts;
}

/** The last event's value. */
export function finishedOf(events: readonly StreamEvent[]) {
  const last = events.at(-1)?.event;
  if (last?.$case !== 'finished') throw new Error(`the last event is ${last?.$case}`);
  return last.value;
}

/** Events of a stream around its blocks. */
export const start = {
  type: 'message_start',
  message: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    content: [],
    model: 'claude-test-20260101',
    stop_reason: null,
    usage: { input_tokens: 10, output_tokens: 1 },
  },
};

export const ends = [
  { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 7 } },
  { type: 'message_stop' },
];

/** A whole block of a stream. */
export function block(index: number, content_block: object, ...deltas: readonly object[]): object[] {
  return [
    { type: 'content_block_start', index, content_block },
    ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
    { type: 'content_block_stop', index },
  ];
}

/** The paths of the violations of an error. */
export function fieldsOf(error: GatewayError): readonly string[] {
  return (error.details.violations ?? []).map(({ field }) => field);
}

function makeMessage(role: Role, parts: readonly (Part | string)[]): ChatMessage {
  return { role, parts: parts.map((part) => (typeof part === 'string' ? text(part) : part)) };
}
