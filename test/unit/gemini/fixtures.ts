/** What the tests of the gemini dialect are made of: targets, generations, parts, replies, streams. */
import { StreamFold } from '@kanmon/client/fold';
import { type ChatMessage, Generation, type Part, Role, type StreamEvent } from '../../../server/model/wire.ts';
import type { Encoded, Frame, Target } from '../../../server/providers/dialect.ts';
import { googleGemini } from '../../../server/providers/gemini/index.ts';
import type { Quirks } from '../../../server/providers/quirks.ts';
import { deepFreeze, makeTarget } from '../../support/targets.ts';

/** A target that lacks nothing and allows nothing. */
export const TARGET: Target = makeTarget('google.gemini', { upstreamModel: 'gemini-test', onForeignState: 'fail' });

/** The target with quirks. */
export function quirky(quirks: Quirks): Target {
  return { ...TARGET, quirks };
}

/** A generation of one user message, unless it is given others; frozen. */
export function generation(draft: Parameters<typeof Generation.fromPartial>[0] = {}): Generation {
  return deepFreeze(Generation.fromPartial({ model: 'chat', messages: [user('Hi')], ...draft }));
}

/** Encodes for a whole reply. */
export function encode(draft: Parameters<typeof Generation.fromPartial>[0], target = TARGET): Encoded {
  return googleGemini.encodeComplete(generation(draft), target, false);
}

/** The body as it is sent. */
export function bodyOf({ body }: Encoded): Readonly<Record<string, unknown>> {
  return JSON.parse(JSON.stringify(body)) as Record<string, unknown>;
}

/** The turns of a body. */
export function contentsOf(encoded: Encoded): unknown {
  return bodyOf(encoded).contents;
}

/** generationConfig of a body. */
export function configOf(encoded: Encoded): unknown {
  return bodyOf(encoded).generationConfig;
}

/** The adaptations of a request, one line each: what was done to which field. */
export function adaptationsOf({ adaptations }: Encoded): readonly string[] {
  return adaptations.map(({ action, field }) => `${action.replace('ADAPTATION_ACTION_', '')} ${field}`);
}

/** A part of any kind. */
export function part(content: NonNullable<Part['content']>, rest: Partial<Part> = {}): Part {
  return { content, cacheBreakpoint: undefined, opaqueState: [], ...rest };
}

/** A text part. */
export function text(value: string, rest: Partial<Part> = {}): Part {
  return part({ $case: 'text', value: { text: value, citations: [], logprobs: [] } }, rest);
}

/** A tool call with JSON arguments. */
export function toolCall(id: string, argumentsJson = '{}', name = 'look', rest: Partial<Part> = {}): Part {
  return part(
    { $case: 'toolCall', value: { id, name, input: { $case: 'argumentsJson', value: argumentsJson } } },
    rest,
  );
}

/** A tool result of one text. */
export function toolResult(toolCallId: string, value: string, isError = false): Part {
  return part({
    $case: 'toolResult',
    value: { toolCallId, content: [{ content: { $case: 'text', value } }], isError },
  });
}

/** A state of the target's own. */
export function signed(signature: string, target = TARGET): Partial<Part> {
  const { dialectId: dialect, upstreamModel, stateDomain } = target;
  const data = new TextEncoder().encode(signature);
  return { opaqueState: [{ origin: { dialect, upstreamModel, stateDomain }, kind: 'thought_signature', data }] };
}

function message(role: Role, parts: readonly (Part | string)[]): ChatMessage {
  return { role, parts: parts.map((one) => (typeof one === 'string' ? text(one) : one)) };
}

/** Messages; a string is one text part. */
export const user = (...parts: readonly (Part | string)[]) => message(Role.USER, parts);
export const assistant = (...parts: readonly (Part | string)[]) => message(Role.ASSISTANT, parts);
export const system = (...parts: readonly (Part | string)[]) => message(Role.SYSTEM, parts);
export const tool = (...parts: readonly Part[]) => message(Role.TOOL, parts);

/** A reply of one candidate. */
export function reply(parts: readonly object[], candidate: object = {}, rest: object = {}): object {
  return {
    candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP', index: 0, ...candidate }],
    usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 5, totalTokenCount: 14, trafficType: 'ON_DEMAND' },
    modelVersion: 'gemini-test-001',
    responseId: 'r-1',
    ...rest,
  };
}

/** A piece of a stream: parts without a finish reason. */
export function piece(...parts: readonly object[]): object {
  return reply(parts, { finishReason: undefined }, { usageMetadata: { trafficType: 'ON_DEMAND' } });
}

/** What a stream gave. */
export interface StreamResult {
  readonly events: readonly StreamEvent[];
  /** Case of each event. */
  readonly kinds: readonly (string | undefined)[];
  readonly parts: readonly Part[];
  readonly fold: StreamFold;
}

/** Feeds replies to a fresh decoder, ends it and folds what came. */
export function decodeStream(replies: readonly object[], target = TARGET): StreamResult {
  const decoder = googleGemini.openStream(target);
  const frames = replies.map((one): Frame => ({ event: '', data: JSON.stringify(one) }));
  const events = [...frames.flatMap((frame) => decoder.push(frame)), ...decoder.end()];
  const fold = new StreamFold();
  fold.pushAll(events);
  return { events, kinds: events.map(({ event }) => event?.$case), parts: fold.message().parts, fold };
}

/** Texts of a part's states. */
export function statesOf({ opaqueState }: Part): readonly string[] {
  return opaqueState.map(({ data }) => new TextDecoder().decode(data));
}

/** The content of parts, without what belongs to every part. */
export function contents(parts: readonly Part[]): unknown {
  return parts.map(({ content }) => content);
}
