/** The features that a configuration can name: model/target.ts's union as values, which must not miss one. */
import type { Feature } from '../model/target.ts';

const ALL: Readonly<Record<Feature, true>> = {
  temperature: true,
  topP: true,
  topK: true,
  frequencyPenalty: true,
  presencePenalty: true,
  seed: true,
  stopSequences: true,
  logprobs: true,
  tools: true,
  customTools: true,
  toolChoice: true,
  forcedToolChoice: true,
  parallelToolCalls: true,
  strictTools: true,
  jsonObject: true,
  jsonSchema: true,
  reasoning: true,
  reasoningEffortNone: true,
  verbosity: true,
  serviceTier: true,
  imageInput: true,
  audioInput: true,
  videoInput: true,
  documentInput: true,
  audioOutput: true,
  imageOutput: true,
  systemRole: true,
  cacheBreakpoint: true,
  endUser: true,
  sessionKey: true,
};

/** Every feature. */
// The record has exactly the union's names as keys, or it would not compile.
export const FEATURES = Object.keys(ALL) as Feature[];
