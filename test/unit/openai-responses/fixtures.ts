/** Small pieces of responses, and short ways to encode and decode them. */
import { StreamFold } from '@kanmon/client/fold';
import { Generation, type Part, Role, type StreamEvent, type StreamFinished } from '../../../server/model/wire.ts';
import type { Decoded, Encoded, Frame, Target } from '../../../server/providers/dialect.ts';
import { openaiResponses } from '../../../server/providers/openai-responses/index.ts';
import { makeOpaqueState } from '../../../server/providers/shared/opaque-state.ts';
import { decodeFrames } from '../../contract/dialect.ts';
import { makeTarget } from '../../support/targets.ts';

export const TARGET = makeTarget('openai.responses');

export type Draft = Parameters<typeof Generation.fromPartial>[0];
export type Content = NonNullable<Part['content']>;
type Json = Readonly<Record<string, unknown>>;

/** Encodes a generation that asks one question and whatever is given. */
export function encode(draft: Draft, target: Target = TARGET, stream = false): Encoded {
  const generation = Generation.fromPartial({ model: 'chat', messages: [userTurn(text('Hello'))], ...draft });
  return openaiResponses.encodeComplete(generation, target, stream);
}

/** The items of an encoded body. */
export function inputOf({ body }: Encoded): readonly Json[] {
  return body.input as Json[];
}

/** The items that a turn of the model becomes, between two of the user. */
export function replay(parts: readonly Part[], target: Target = TARGET): readonly Json[] {
  const messages = [userTurn(text('Hello')), { role: Role.ASSISTANT, parts }, userTurn(text('Go on.'))];
  return inputOf(encode({ messages }, target)).slice(1, -1);
}

export function userTurn(...contents: readonly Content[]) {
  return turn(Role.USER, ...contents);
}

export function turn(role: Role, ...contents: readonly Content[]) {
  return { role, parts: contents.map((content) => makePart(content)) };
}

/** A part with state of the target, by kind. */
export function makePart(content: Content, state: Readonly<Record<string, string>> = {}, target = TARGET): Part {
  const opaqueState = Object.entries(state).map(([kind, data]) => makeOpaqueState(target, kind, data));
  return { content, cacheBreakpoint: undefined, opaqueState };
}

export function text(value: string): Content {
  return { $case: 'text', value: { text: value, citations: [], logprobs: [] } };
}

export function reasoning(value: string): Content {
  return { $case: 'reasoning', value: { text: value } };
}

export function call(id: string, name: string, json: string): Content {
  return { $case: 'toolCall', value: { id, name, input: { $case: 'argumentsJson', value: json } } };
}

export function textCall(id: string, name: string, input: string): Content {
  return { $case: 'toolCall', value: { id, name, input: { $case: 'text', value: input } } };
}

/** A result of one text. */
export function result(toolCallId: string, value: string): Content {
  const content = [{ content: { $case: 'text', value } as const }];
  return { $case: 'toolResult', value: { toolCallId, content, isError: false } };
}

/** A whole reply. */
export function reply(output: readonly object[], more: object = {}): Json {
  return { id: 'resp_1', object: 'response', status: 'completed', error: null, model: 'm', output, ...more };
}

export function decode(value: unknown, target: Target = TARGET): Decoded {
  return openaiResponses.decodeComplete(value, target);
}

/** A message of one text. */
export function message(value: string, more: object = {}): Json {
  const content = [{ type: 'output_text', text: value, annotations: [] }];
  return { id: 'msg_1', type: 'message', role: 'assistant', status: 'completed', content, ...more };
}

/** An event of a stream. */
export function event(type: string, members: object = {}): Json {
  return { type, ...members };
}

export function added(output_index: number, item: object): Json {
  return event('response.output_item.added', { output_index, item });
}

export function done(output_index: number, item: object): Json {
  return event('response.output_item.done', { output_index, item });
}

/** The last event of a whole stream. */
export function completed(more: object = {}): Json {
  return event('response.completed', { response: reply([], more) });
}

export function frames(...events: readonly (Json | string)[]): readonly Frame[] {
  return events.map((data) => ({ event: '', data: typeof data === 'string' ? data : JSON.stringify(data) }));
}

/** What a stream is folded to. */
export interface Streamed {
  readonly parts: readonly Part[];
  readonly finished: StreamFinished;
  readonly events: readonly StreamEvent[];
}

/** Decodes events, ended by a completed response. */
export function stream(...events: readonly (Json | string)[]): Streamed {
  return streamOf(...events, completed());
}

/** Decodes events as they are. */
export function streamOf(...wires: readonly (Json | string)[]): Streamed {
  const events = decodeFrames(openaiResponses, TARGET, frames(...wires));
  const fold = new StreamFold();
  fold.pushAll(events);
  const finished = fold.finished();
  if (finished === undefined) throw new Error('the stream has not finished');
  return { parts: fold.message().parts, finished, events };
}

/** The state of a part, by kind. */
export function stateOf(part: Part | undefined): Readonly<Record<string, string>> {
  const entries = (part?.opaqueState ?? []).map(({ kind, data }) => [kind, new TextDecoder().decode(data)] as const);
  return Object.fromEntries(entries);
}
