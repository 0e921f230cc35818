/** What the tests of the cohere dialect are made of. */
import { StreamFold } from '@kanmon/client/fold';
import {
  type Citation,
  Generation,
  type Part,
  Role,
  type StreamEvent,
  type StreamFinished,
} from '../../../server/model/wire.ts';
import { cohereV2 } from '../../../server/providers/cohere/index.ts';
import type { Decoded, Encoded, Target } from '../../../server/providers/dialect.ts';
import { decodeFrames } from '../../contract/dialect.ts';
import { makeTarget } from '../../support/targets.ts';

export const TARGET = makeTarget('cohere.v2', { upstreamModel: 'command-test' });

export type Draft = Parameters<typeof Generation.fromPartial>[0];
export type Content = NonNullable<Part['content']>;

/** Encodes a generation that asks one question, unless it is given other messages. */
export function encode(draft: Draft, target: Partial<Target> = {}, stream = false): Encoded {
  const generation = Generation.fromPartial({ model: 'chat', messages: [user('Hello')], ...draft });
  return cohereV2.encodeComplete(generation, { ...TARGET, ...target }, stream);
}

/** What a request says in its messages. */
export function messagesOf({ body }: Encoded): unknown {
  return JSON.parse(JSON.stringify(body.messages));
}

/** The adaptations of a request, one line each: what was done to which field. */
export function adaptationsOf({ adaptations }: Encoded): readonly string[] {
  return adaptations.map(({ action, field }) => `${action.replace('ADAPTATION_ACTION_', '')} ${field}`);
}

/** Messages; a string is one text part. */
export function user(...contents: readonly (Content | string)[]) {
  return turn(Role.USER, contents);
}

export function assistant(...contents: readonly (Content | string)[]) {
  return turn(Role.ASSISTANT, contents);
}

export function system(...contents: readonly (Content | string)[]) {
  return turn(Role.SYSTEM, contents);
}

export function tool(...contents: readonly Content[]) {
  return turn(Role.TOOL, contents);
}

export function text(value: string, citations: readonly Citation[] = []): Content {
  return { $case: 'text', value: { text: value, citations, logprobs: [] } };
}

export function thought(value: string): Content {
  return { $case: 'reasoning', value: { text: value } };
}

export function call(id: string, json: string, name = 'look'): Content {
  return { $case: 'toolCall', value: { id, name, input: { $case: 'argumentsJson', value: json } } };
}

/** A document of text. */
export function document(value: string, rest: { title?: string; filename?: string; cite?: boolean } = {}): Content {
  const source = { $case: 'data', value: new TextEncoder().encode(value) } as const;
  return {
    $case: 'document',
    value: { source, mediaType: 'text/plain', title: '', filename: '', cite: true, ...rest },
  };
}

/** A function tool. */
export function functionTool(name: string, strict?: boolean) {
  const parametersJson = '{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}';
  return {
    kind: { $case: 'function', value: { name, parametersJson, ...(strict !== undefined && { strict }) } },
  } as const;
}

/** A whole reply. */
export function reply(message: object, finish: unknown = 'COMPLETE', more: object = {}): object {
  return { id: 'reply-1', message: { role: 'assistant', ...message }, finish_reason: finish, ...more };
}

export function decode(value: unknown): Decoded {
  return cohereV2.decodeComplete(value, TARGET);
}

/** What a stream is folded to. */
export interface Streamed {
  readonly parts: readonly Part[];
  readonly finished: StreamFinished;
  readonly events: readonly StreamEvent[];
}

/** Decodes events as they are. */
export function stream(...events: readonly (object | string)[]): Streamed {
  const frames = events.map((data) => ({ event: '', data: typeof data === 'string' ? data : JSON.stringify(data) }));
  const decoded = decodeFrames(cohereV2, TARGET, frames);
  const fold = new StreamFold();
  fold.pushAll(decoded);
  const finished = fold.finished();
  if (finished === undefined) throw new Error('the stream has no end');
  return { parts: fold.message().parts, finished, events: decoded };
}

/** The contents of parts. */
export function contents(parts: readonly Part[]): readonly unknown[] {
  return parts.map(({ content }) => content);
}

export const start = { id: 'reply-1', type: 'message-start', delta: { message: { role: 'assistant' } } };

export function end(finish: unknown = 'COMPLETE', more: object = {}): object {
  return { type: 'message-end', delta: { finish_reason: finish, ...more } };
}

/** An event that begins or goes on with content. */
export function content(type: 'start' | 'delta', index: number, piece: object, more: object = {}): object {
  return { type: `content-${type}`, index, delta: { message: { content: piece } }, ...more };
}

export function contentEnd(index: number): object {
  return { type: 'content-end', index };
}

/** Events of a tool call whose arguments come in pieces. */
export function callEvents(index: number, id: string, ...pieces: readonly string[]): object[] {
  const head = { id, type: 'function', function: { name: 'look', arguments: '' } };
  return [
    { type: 'tool-call-start', index, delta: { message: { tool_calls: head } } },
    ...pieces.map((piece) => callDelta(index, piece)),
    { type: 'tool-call-end', index },
  ];
}

export function callDelta(index: number, piece: string): object {
  return { type: 'tool-call-delta', index, delta: { message: { tool_calls: { function: { arguments: piece } } } } };
}

export function citationEvent(citation: object, index = 0): object {
  return { type: 'citation-start', index, delta: { message: { citations: citation } } };
}

function turn(role: Role, parts: readonly (Content | string)[]) {
  return { role, parts: parts.map((part) => ({ content: typeof part === 'string' ? text(part) : part })) };
}
