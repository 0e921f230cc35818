/** Builders of the parts of a reply. */
import {
  type Citation,
  ImageDetail,
  type ImagePart,
  type OpaqueState,
  type Part,
  type TokenLogprob,
  type ToolCall,
} from '../../model/wire.ts';
import { NO_LOGPROBS, NO_STATE } from './events.ts';

const NO_CITATIONS: readonly Citation[] = Object.freeze([]);

/** Any part of a reply. */
export function makePart(content: NonNullable<Part['content']>, opaqueState = NO_STATE): Part {
  return { content, cacheBreakpoint: undefined, opaqueState };
}

/** What belongs to a text. */
export interface TextExtras {
  readonly citations?: readonly Citation[];
  readonly logprobs?: readonly TokenLogprob[];
  readonly opaqueState?: readonly OpaqueState[];
}

/** A text. */
export function textPart(text: string, extras: TextExtras = {}): Part {
  const { citations = NO_CITATIONS, logprobs = NO_LOGPROBS, opaqueState } = extras;
  return makePart({ $case: 'text', value: { text, citations, logprobs } }, opaqueState);
}

/** What was thought. */
export function reasoningPart(text: string, opaqueState?: readonly OpaqueState[]): Part {
  return makePart({ $case: 'reasoning', value: { text } }, opaqueState);
}

/** A refusal. */
export function refusalPart(text: string): Part {
  return makePart({ $case: 'refusal', value: { text } });
}

/** A call of a tool. */
export function toolCallPart(call: ToolCall, opaqueState?: readonly OpaqueState[]): Part {
  return makePart({ $case: 'toolCall', value: call }, opaqueState);
}

/** An image. */
export function imagePart(source: NonNullable<ImagePart['source']>, mediaType: string): Part {
  return makePart({ $case: 'image', value: { source, mediaType, detail: ImageDetail.UNSPECIFIED } });
}
