/** What the tests of the bedrock dialect are made of. */
import { StreamFold } from '@kanmon/client/fold';
import { type ChatMessage, Generation, type Part, Role, type StreamEvent } from '../../../server/model/wire.ts';
import { bedrockConverse } from '../../../server/providers/bedrock/index.ts';
import type { Encoded, Target } from '../../../server/providers/dialect.ts';
import { makeTarget as makeAnyTarget } from '../../support/targets.ts';

/** A deployment of Claude on Bedrock of which nothing special is known. */
export function makeTarget(wishes: Partial<Target> = {}): Target {
  return makeAnyTarget('bedrock.converse', {
    provider: 'aws',
    upstreamModel: 'anthropic.claude-test-v1:0',
    stateDomain: 'aws',
    onForeignState: 'fail',
    ...wishes,
  });
}

type Draft = Parameters<typeof Generation.fromPartial>[0];

/** A generation of one user message, unless it is given others. */
export function makeGeneration(wishes: Draft = {}): Generation {
  return Generation.fromPartial({ model: 'chat', messages: [user('Hi')], ...wishes });
}

/** Encodes for a unary reply. */
export function encode(wishes: Draft, target: Partial<Target> = {}): Encoded {
  return bedrockConverse.encodeComplete(makeGeneration(wishes), makeTarget(target), false);
}

/** The body as it travels. */
export function bodyOf({ body }: Encoded): Record<string, unknown> {
  return JSON.parse(JSON.stringify(body)) as Record<string, unknown>;
}

/** The adaptations of a request, one line each: what was done to which field. */
export function adaptationsOf({ adaptations }: Encoded): readonly string[] {
  return adaptations.map(({ action, field }) => `${action.replace('ADAPTATION_ACTION_', '')} ${field}`);
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

/** A tool result of pieces; a string is JSON. */
export function toolResult(toolCallId: string, json = '{}', isError = false): Part {
  const content = json === '' ? [] : [{ content: { $case: 'json', value: json } } as const];
  return makePart({ $case: 'toolResult', value: { toolCallId, content, isError } });
}

/** A document of these bytes. */
export function pdf(title: string): Part {
  const source = { $case: 'data', value: Uint8Array.of(0x25) } as const;
  return makePart({
    $case: 'document',
    value: { source, mediaType: 'application/pdf', filename: '', title, cite: false },
  });
}

/** A tool of no parameters. */
export function tool(name: string, rest: object = {}) {
  return { kind: { $case: 'function', value: { name } }, ...rest } as const;
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

export function results(...parts: readonly Part[]): ChatMessage {
  return makeMessage(Role.TOOL, parts);
}

/** One event of a stream. */
export type WireEvent = readonly [event: string, payload: object];

/** What a stream gave. */
export interface StreamResult {
  readonly events: readonly StreamEvent[];
  readonly parts: readonly Part[];
}

/** Feeds events to a fresh decoder, ends it and folds what came. */
export function decodeStream(wires: readonly WireEvent[]): StreamResult {
  const decoder = bedrockConverse.openStream(makeTarget());
  const events = wires.flatMap(([event, payload]) => decoder.push({ event, data: JSON.stringify(payload) }));
  events.push(...decoder.end());
  const fold = new StreamFold();
  fold.pushAll(events);
  return { events, parts: fold.message().parts };
}

/** A delta of a block. */
export function delta(contentBlockIndex: number, piece: object): WireEvent {
  return ['contentBlockDelta', { contentBlockIndex, delta: piece }];
}

/** The end of a stream, its usage after its stop. */
export const ENDS: readonly WireEvent[] = [
  ['messageStop', { stopReason: 'end_turn' }],
  ['metadata', { usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15 } }],
];

/** The last event's value. */
export function finishedOf(events: readonly StreamEvent[]) {
  const last = events.at(-1)?.event;
  if (last?.$case !== 'finished') throw new Error(`the last event is ${last?.$case}`);
  return last.value;
}

function makeMessage(role: Role, parts: readonly (Part | string)[]): ChatMessage {
  return { role, parts: parts.map((part) => (typeof part === 'string' ? text(part) : part)) };
}
