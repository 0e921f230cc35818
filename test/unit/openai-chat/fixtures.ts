/** Small pieces of chat completions, and short ways to decode them. */
import { StreamFold } from '@kanmon/client/fold';
import { Generation, type Part, Role, type StreamEvent, type StreamFinished } from '../../../server/model/wire.ts';
import type { Decoded, Encoded, Frame, Target } from '../../../server/providers/dialect.ts';
import { openaiChat } from '../../../server/providers/openai-chat/index.ts';
import type { Quirks } from '../../../server/providers/quirks.ts';
import { decodeFrames } from '../../contract/dialect.ts';
import { makeTarget } from '../../support/targets.ts';

export const TARGET = makeTarget('openai.chat');

/** A target with quirks. */
export function quirky(quirks: Quirks): Target {
  return { ...TARGET, quirks };
}

export type Draft = Parameters<typeof Generation.fromPartial>[0];
export type Content = NonNullable<Part['content']>;

/** Encodes a generation that asks one question and whatever is given. */
export function encode(draft: Draft, target: Target = TARGET, stream = false): Encoded {
  const generation = Generation.fromPartial({ model: 'chat', messages: [userTurn(text('Hello'))], ...draft });
  return openaiChat.encodeComplete(generation, target, stream);
}

/** The messages of an encoded body. */
export function messagesOf({ body }: Encoded): readonly Record<string, unknown>[] {
  return body.messages as Record<string, unknown>[];
}

export function userTurn(...contents: readonly Content[]) {
  return turn(Role.USER, ...contents);
}

export function turn(role: Role, ...contents: readonly Content[]) {
  return { role, parts: contents.map((content) => makePart(content)) };
}

export function makePart(content: Content, opaqueState: Part['opaqueState'] = []): Part {
  return { content, cacheBreakpoint: undefined, opaqueState };
}

export function text(value: string): Content {
  return { $case: 'text', value: { text: value, citations: [], logprobs: [] } };
}

/** A whole reply with one choice. */
export function reply(message: object, finish: unknown = 'stop', more: object = {}) {
  return { id: 'chatcmpl-1', model: 'm', choices: [{ index: 0, message, finish_reason: finish }], ...more };
}

export function decode(value: unknown, target: Target = TARGET): Decoded {
  return openaiChat.decodeComplete(value, target);
}

/** A chunk with one choice. */
export function chunk(delta: object | undefined, finish: unknown = null, more: object = {}): object {
  return { id: 'chatcmpl-1', model: 'm', choices: [{ index: 0, delta, finish_reason: finish }], ...more };
}

/** Frames of chunks; strings stay as they are. */
export function frames(...chunks: readonly (object | string)[]): readonly Frame[] {
  return chunks.map((data) => ({ event: '', data: typeof data === 'string' ? data : JSON.stringify(data) }));
}

/** What a stream of chunks, ended by a stop and [DONE], is folded to. */
export interface Streamed {
  readonly parts: readonly Part[];
  readonly finished: StreamFinished;
  readonly events: readonly StreamEvent[];
}

/** Decodes chunks as they are. */
export function streamOf(target: Target, ...chunks: readonly (object | string)[]): Streamed {
  const events = decodeFrames(openaiChat, target, frames(...chunks));
  const fold = new StreamFold();
  fold.pushAll(events);
  const finished = fold.finished();
  if (finished === undefined) throw new Error('the stream has no end');
  return { parts: fold.message().parts, finished, events };
}

/** Decodes chunks that a stop and [DONE] follow. */
export function stream(...chunks: readonly (object | string)[]): Streamed {
  return streamOf(TARGET, ...chunks, chunk({}, 'stop'), '[DONE]');
}

/** The contents of parts. */
export function contents(parts: readonly Part[]): readonly (Content | undefined)[] {
  return parts.map(({ content }) => content);
}

/** A tool call with JSON, as a part holds it. */
export function jsonCall(id: string, name: string, json: string): Content {
  return { $case: 'toolCall', value: { id, name, input: { $case: 'argumentsJson', value: json } } };
}

/** A tool call with text, as a part holds it. */
export function textCall(id: string, name: string, input: string): Content {
  return { $case: 'toolCall', value: { id, name, input: { $case: 'text', value: input } } };
}
