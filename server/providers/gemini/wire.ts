/**
 * What Gemini's generateContent looks like on the wire: only what is read, all of it optional and unchecked.
 * https://ai.google.dev/api/generate-content and https://ai.google.dev/api/caching#Part, Vertex's
 * https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference, and the types of @google/genai
 * (googleapis.github.io/js-genai), all seen 2026-11-24; partial arguments and traffic types as the recordings have them.
 */

import type { JsonObject } from '../shared/json.ts';

/** Identifier of the dialect. */
export const DIALECT_ID = 'google.gemini';

/** OpaqueState.kind of a part's thoughtSignature: base64, kept as the text that it is. */
export const THOUGHT_SIGNATURE = 'thought_signature';

/** A whole reply, or one piece of a stream: both have the same form. */
export interface WireReply {
  readonly candidates?: unknown;
  /** blockReason: why the prompt was refused; there are no candidates then. */
  readonly promptFeedback?: unknown;
  readonly usageMetadata?: unknown;
  readonly modelVersion?: unknown;
  readonly responseId?: unknown;
  readonly error?: unknown;
}

/** One candidate; only the first one is asked for. */
export interface WireCandidate {
  readonly index?: unknown;
  readonly content?: unknown;
  readonly finishReason?: unknown;
  readonly groundingMetadata?: unknown;
  readonly citationMetadata?: unknown;
  readonly urlContextMetadata?: unknown;
  readonly logprobsResult?: unknown;
}

/** One part of a candidate's content. */
export interface WirePart {
  readonly text?: unknown;
  /** Whether the part is a summary of what was thought. */
  readonly thought?: unknown;
  readonly thoughtSignature?: unknown;
  readonly functionCall?: unknown;
  readonly inlineData?: unknown;
  readonly fileData?: unknown;
  readonly executableCode?: unknown;
}

/** A call of a function, or a piece of it. */
export interface WireFunctionCall {
  /** The Gemini API names its calls; Vertex does not. */
  readonly id?: unknown;
  readonly name?: unknown;
  readonly args?: unknown;
  /** Vertex, with streamFunctionCallArguments: arguments leaf by leaf. */
  readonly partialArgs?: unknown;
  readonly willContinue?: unknown;
}

/** One leaf of a call's arguments, or a piece of a text that is one. */
export interface WirePartialArg {
  readonly jsonPath?: unknown;
  readonly stringValue?: unknown;
  readonly numberValue?: unknown;
  readonly boolValue?: unknown;
  readonly nullValue?: unknown;
  readonly willContinue?: unknown;
}

/** Counts of a reply. */
export interface WireUsage {
  /** Cached tokens included; what tools of the provider brought in is not. */
  readonly promptTokenCount?: unknown;
  readonly cachedContentTokenCount?: unknown;
  readonly toolUsePromptTokenCount?: unknown;
  /** Thoughts excluded; left out where it is zero. */
  readonly candidatesTokenCount?: unknown;
  readonly thoughtsTokenCount?: unknown;
  readonly totalTokenCount?: unknown;
  /** Lists of {modality, tokenCount}. */
  readonly promptTokensDetails?: unknown;
  readonly toolUsePromptTokensDetails?: unknown;
  readonly candidatesTokensDetails?: unknown;
  /** Vertex: ON_DEMAND, PROVISIONED_THROUGHPUT and the like. */
  readonly trafficType?: unknown;
  /** The Gemini API: standard, flex, priority. */
  readonly serviceTier?: unknown;
}

/** What an error says of itself: google.rpc.Status. */
export interface WireError {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly status?: unknown;
  readonly details?: unknown;
}

/** Types of items that are kept as opaque parts and can be sent back: each is the name of the part's own member. */
export const REPLAYABLE_ITEMS: ReadonlySet<string> = new Set([
  'executableCode',
  'codeExecutionResult',
  'toolCall',
  'toolResponse',
  'thought',
]);

/** Members of a request that the encoder sets or could set. */
export const OWNED_MEMBERS: ReadonlySet<string> = everySpelling(
  'contents',
  'systemInstruction',
  'tools',
  'toolConfig',
  'generationConfig',
  'serviceTier',
);

/**
 * Names of members in all their spellings: Google's JSON takes every name in snake_case too
 * (https://protobuf.dev/programming-guides/json, seen 2026-11-24); callers' names are compared in lower case.
 */
export function everySpelling(...names: readonly string[]): ReadonlySet<string> {
  const snakeCase = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return new Set(names.flatMap((name) => [name, name.toLowerCase(), snakeCase(name)]));
}

/** Path of a method of a model, as the Gemini API has it; Vertex puts its own prefix before it. */
export function modelPath(upstreamModel: string, method: string): string {
  return `/${modelName(upstreamModel).split('/').map(encodeURIComponent).join('/')}:${method}`;
}

/** Resource name of a model: tuned models and those of other publishers are configured with theirs. */
export function modelName(upstreamModel: string): string {
  return upstreamModel.includes('/') ? upstreamModel : `models/${upstreamModel}`;
}

/** The member that says what a part is; undefined if it has only members that say something of it. */
export function typeOfPart(part: JsonObject): string | undefined {
  const type = Object.keys(part).find((member) => !ASIDES.has(member));
  return type !== undefined && part.thought === true && type !== 'text' ? 'thought' : type;
}

/** Members of a part that do not say what it is. */
const ASIDES: ReadonlySet<string> = new Set([
  'thought',
  'thoughtSignature',
  'videoMetadata',
  'partMetadata',
  'metadata',
]);
