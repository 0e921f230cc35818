/** Builders of stream events: one object each, nothing else. Every event of a kind has the same shape. */
import type {
  Citation,
  FinishReason,
  OpaqueState,
  Part,
  StreamEvent,
  TokenLogprob,
  ToolInputKind,
  Usage,
} from '../../model/wire.ts';

/** No events, shared, so that frames that give nothing allocate nothing. */
export const NO_EVENTS: readonly StreamEvent[] = Object.freeze([]);

/** No state of a provider. */
export const NO_STATE: readonly OpaqueState[] = Object.freeze([]);

/** No log probabilities. */
export const NO_LOGPROBS: readonly TokenLogprob[] = Object.freeze([]);

/** A text part begins. */
export function textStart(partIndex: number): StreamEvent {
  return { event: { $case: 'textStart', value: { partIndex } } };
}

/** Text is added to a part. */
export function textDelta(partIndex: number, text: string, logprobs = NO_LOGPROBS): StreamEvent {
  return { event: { $case: 'textDelta', value: { partIndex, text, logprobs } } };
}

/** A text part is whole. */
export function textEnd(partIndex: number, opaqueState: readonly OpaqueState[] = NO_STATE): StreamEvent {
  return { event: { $case: 'textEnd', value: { partIndex, opaqueState } } };
}

/** A citation is added to a text part. */
export function citationAdded(partIndex: number, citation: Citation): StreamEvent {
  return { event: { $case: 'citation', value: { partIndex, citation } } };
}

/** A part of reasoning begins. */
export function reasoningStart(partIndex: number): StreamEvent {
  return { event: { $case: 'reasoningStart', value: { partIndex } } };
}

/** Text is added to a part of reasoning. */
export function reasoningDelta(partIndex: number, text: string): StreamEvent {
  return { event: { $case: 'reasoningDelta', value: { partIndex, text } } };
}

/** A part of reasoning is whole. */
export function reasoningEnd(partIndex: number, opaqueState: readonly OpaqueState[] = NO_STATE): StreamEvent {
  return { event: { $case: 'reasoningEnd', value: { partIndex, opaqueState } } };
}

/** A refusal begins. */
export function refusalStart(partIndex: number): StreamEvent {
  return { event: { $case: 'refusalStart', value: { partIndex } } };
}

/** Text is added to a refusal. */
export function refusalDelta(partIndex: number, text: string): StreamEvent {
  return { event: { $case: 'refusalDelta', value: { partIndex, text } } };
}

/** A refusal is whole. */
export function refusalEnd(partIndex: number, opaqueState: readonly OpaqueState[] = NO_STATE): StreamEvent {
  return { event: { $case: 'refusalEnd', value: { partIndex, opaqueState } } };
}

/** What a tool call is begun with. */
export interface ToolCallHead {
  readonly id: string;
  readonly name: string;
  readonly kind: ToolInputKind;
}

/** A tool call begins. */
export function toolCallStart(partIndex: number, { id, name, kind }: ToolCallHead): StreamEvent {
  return { event: { $case: 'toolCallStart', value: { partIndex, id, name, kind } } };
}

/** A piece of a tool call's input. */
export function toolCallDelta(partIndex: number, fragment: string): StreamEvent {
  return { event: { $case: 'toolCallDelta', value: { partIndex, fragment } } };
}

/** A tool call is whole. */
export function toolCallEnd(partIndex: number, opaqueState: readonly OpaqueState[] = NO_STATE): StreamEvent {
  return { event: { $case: 'toolCallEnd', value: { partIndex, opaqueState } } };
}

/** A whole part. */
export function partAdded(partIndex: number, part: Part): StreamEvent {
  return { event: { $case: 'part', value: { partIndex, part, dataFollows: false } } };
}

/** The answer is whole: as far as a dialect knows. */
export function finished(finishReason: FinishReason, usage: Usage): StreamEvent {
  const value = { finishReason, usage, cost: undefined, cacheStatus: undefined, adaptations: [], receipt: undefined };
  return { event: { $case: 'finished', value } };
}
