/** The languages of recordings that the gateway's dialects speak: which one a recording is in, told by its content alone. */
import { firstJson, type Recording } from '../recordings.ts';
import type { Expectation, WireKind } from './expectation.ts';
import { type AnthropicWire, readAnthropicReply, readAnthropicStream } from './read-anthropic.ts';
import { type BedrockWire, readBedrockReply, readBedrockStream } from './read-bedrock.ts';
import { type ChatWire, hasFinish, readChat } from './read-chat.ts';
import { type CohereWire, readCohereReply, readCohereStream } from './read-cohere.ts';
import { LAST_WORDS, type ResponsesWire, readResponsesReply, readResponsesStream } from './read-responses.ts';
import { payloadsOf } from './read-sse.ts';

/** One language. */
export interface WireLanguage {
  readonly dialectId: 'openai.chat' | 'openai.responses' | 'anthropic.messages' | 'bedrock.converse' | 'cohere.v2';
  /** What a recording is; undefined: not in this language. */
  readonly kindOf: (recording: Recording) => WireKind | undefined;
  /** What a stream or reply says. */
  readonly read: (recording: Recording) => Expectation;
  /** Place among the payloads of a whole stream of the last that has to come: cut before its end, the stream is no answer. */
  readonly lastWord: (recording: Recording) => number;
}

/** Chat completions and embeddings, as OpenAI and the many others speak them. */
export const CHAT: WireLanguage = {
  dialectId: 'openai.chat',
  kindOf(recording) {
    if (recording.form === 'reply') return kindOfChatReply(firstJson(recording));
    const payloads = payloadsOf(recording).map(parseObject);
    return payloads.length === 0 ? undefined : kindOfChatStream(recording, payloads);
  },
  read: (recording) => readChat(jsonOf<ChatWire>(recording)),
  lastWord: (recording) => jsonOf<ChatWire>(recording).findIndex(hasFinish),
};

/** Anthropic's Messages API. */
export const ANTHROPIC: WireLanguage = {
  dialectId: 'anthropic.messages',
  kindOf(recording) {
    if (recording.form === 'reply') return kindOfAnthropicReply(firstJson(recording) as AnthropicWire | undefined);
    return kindOfAnthropicStream(payloadsOf(recording).map((text) => parseObject(text) as AnthropicWire | undefined));
  },
  read(recording) {
    const wires = jsonOf<AnthropicWire>(recording);
    return recording.form === 'reply' ? readAnthropicReply(wires[0] ?? {}) : readAnthropicStream(wires);
  },
  lastWord: (recording) => jsonOf<AnthropicWire>(recording).findIndex(({ type }) => type === 'message_stop'),
};

/** OpenAI's Responses API, as OpenAI and others speak it. */
export const RESPONSES: WireLanguage = {
  dialectId: 'openai.responses',
  kindOf(recording) {
    if (recording.form !== 'reply') return kindOfResponses(payloadsOf(recording).map(parseObject));
    const json = firstJson(recording) as ResponsesWire | undefined;
    if (json?.object !== 'response' || !Array.isArray(json.output)) return undefined;
    return json.status === 'failed' ? 'error' : 'reply';
  },
  read(recording) {
    const wires = jsonOf<ResponsesWire>(recording);
    return recording.form === 'reply' ? readResponsesReply(wires[0] ?? {}) : readResponsesStream(wires);
  },
  lastWord: (recording) => jsonOf<ResponsesWire>(recording).findIndex(({ type }) => LAST_WORDS.has(type)),
};

/** Bedrock's Converse. A stream's payloads are objects whose only member is the event (wire/README.md). */
export const BEDROCK: WireLanguage = {
  dialectId: 'bedrock.converse',
  kindOf(recording) {
    if (recording.form === 'chunks') return kindOfBedrockStream(recording.chunks.map(parseObject));
    const json = recording.form === 'reply' ? (firstJson(recording) as BedrockWire | undefined) : undefined;
    return Array.isArray(json?.output?.message?.content) && typeof json.stopReason === 'string' ? 'reply' : undefined;
  },
  read(recording) {
    const wires = jsonOf<BedrockWire>(recording);
    return recording.form === 'reply' ? readBedrockReply(wires[0] ?? {}) : readBedrockStream(wires);
  },
  lastWord: (recording) => jsonOf<BedrockWire>(recording).findIndex(({ messageStop }) => messageStop !== undefined),
};

/** Cohere's Chat and Embed API v2. */
export const COHERE: WireLanguage = {
  dialectId: 'cohere.v2',
  kindOf(recording) {
    if (recording.form === 'reply') return kindOfCohereReply((firstJson(recording) ?? {}) as Json);
    return kindOfCohereStream(payloadsOf(recording).map(parseObject));
  },
  read(recording) {
    const wires = jsonOf<CohereWire>(recording);
    return recording.form === 'reply' ? readCohereReply(wires[0] ?? {}) : readCohereStream(wires);
  },
  lastWord: (recording) => jsonOf<CohereWire>(recording).findIndex(({ type }) => type === 'message-end'),
};

/** The JSON of a recording's payloads, or of its one reply. The language was told before: the members are looked for only. */
export function jsonOf<T>(recording: Recording): readonly T[] {
  const texts = recording.form === 'reply' ? [recording.text] : payloadsOf(recording);
  return texts.map((text) => JSON.parse(text) as T);
}

type Json = Readonly<Record<string, unknown>>;

function kindOfChatReply(value: unknown): WireKind | undefined {
  const json = (value ?? {}) as Json;
  if (isChat(json)) return json.error == null ? 'reply' : 'error';
  const [first] = Array.isArray(json.data) ? (json.data as readonly Json[]) : [];
  // Others embed in a like form, but count otherwise.
  const counts = json.usage as Json | undefined;
  if (first?.object === 'embedding' && counts?.prompt_tokens !== undefined) return 'embeddings';
  return isChatError(json) ? 'error' : undefined;
}

function kindOfChatStream({ form, text }: Recording, payloads: readonly (Json | undefined)[]): WireKind | undefined {
  const known = payloads.filter((json) => json !== undefined);
  if (known.length < payloads.length) return form === 'sse' && !/^event:/m.test(text) ? 'broken stream' : undefined;
  if (!known.every((json) => isChat(json) || isChatError(json) || Object.keys(json).length === 0)) return undefined;
  if (known.some((json) => json.error != null || isChatError(json) || hasFailedChoice(json))) return 'failing stream';
  if (!known.some(isChat)) return undefined;
  return known.some((json) => hasFinish(json)) ? 'stream' : 'cut stream';
}

/** Completions of plain text have choices too. */
function isChat({ choices, object }: Json): boolean {
  return Array.isArray(choices) && object !== 'text_completion' && !('text' in ((choices as Json[])[0] ?? {}));
}

/** {error: {message, type, code}}, {error: "…", code}, or {object: "error", message}; Google's have a status in words. */
function isChatError({ error, object, message, type, candidates }: Json): boolean {
  if (candidates !== undefined || type === 'error') return false;
  if (typeof error === 'string') return error !== '';
  if (typeof error !== 'object' || error === null) return object === 'error' && typeof message === 'string';
  return object === undefined && 'message' in error && !('status' in error);
}

/** Mistral and OpenRouter say so in the place of the finish reason. */
function hasFailedChoice({ choices }: Json): boolean {
  return ((choices ?? []) as readonly Json[]).some(
    ({ finish_reason, error }) => finish_reason === 'error' || error != null,
  );
}

function kindOfAnthropicReply(json: AnthropicWire | undefined): WireKind | undefined {
  if (json?.type === 'error' && isAnthropicError(json)) return 'error';
  return json?.type === 'message' && json.role === 'assistant' && Array.isArray(json.content) ? 'reply' : undefined;
}

/** OpenAI's Responses has events of the type error too, which are numbered. */
function kindOfAnthropicStream(events: readonly (AnthropicWire | undefined)[]): WireKind | undefined {
  const has = (type: string) => events.some((event) => event?.type === type);
  const fails = events.some((event) => event?.type === 'error' && isAnthropicError(event));
  if (!has('message_start') && !fails) return undefined;
  if (fails) return 'failing stream';
  return has('message_stop') ? 'stream' : 'cut stream';
}

function isAnthropicError(json: AnthropicWire): boolean {
  return typeof json.error?.type === 'string' && !('sequence_number' in json);
}

function kindOfResponses(events: readonly (Json | undefined)[]): WireKind | undefined {
  const types = events.map((event) => (typeof event?.type === 'string' ? event.type : ''));
  if (!types.some((type) => type.startsWith('response.'))) return undefined;
  if (types.includes('error') || types.includes('response.failed')) return 'failing stream';
  return types.some((type) => LAST_WORDS.has(type)) ? 'stream' : 'cut stream';
}

const BEDROCK_EVENT = /^(?:message(?:Start|Stop)|contentBlock(?:Start|Delta|Stop)|metadata|\w+Exception)$/;

function kindOfBedrockStream(events: readonly (Json | undefined)[]): WireKind | undefined {
  const names = events.map((event) => Object.keys(event ?? {}));
  const isOne = names.every(([name = '', ...others]) => others.length === 0 && BEDROCK_EVENT.test(name));
  if (events.length === 0 || !isOne) return undefined;
  const has = (pattern: RegExp) => names.flat().some((name) => pattern.test(name));
  if (has(/Exception$/)) return 'failing stream';
  return has(/^messageStop$/) ? 'stream' : 'cut stream';
}

/** Its errors, a message and nothing else, cannot be told from those of others. */
function kindOfCohereReply({ message, finish_reason, response_type }: Json): WireKind | undefined {
  if (response_type === 'embeddings_by_type') return 'embeddings';
  return typeof message === 'object' && typeof finish_reason === 'string' ? 'reply' : undefined;
}

function kindOfCohereStream(events: readonly (Json | undefined)[]): WireKind | undefined {
  if (events[0]?.type !== 'message-start') return undefined;
  const end = events.find((event) => event?.type === 'message-end')?.delta as Json | undefined;
  if (end === undefined) return 'cut stream';
  return end.finish_reason === 'ERROR' || end.finish_reason === 'TIMEOUT' ? 'failing stream' : 'stream';
}

function parseObject(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Json) : undefined;
  } catch {
    return undefined; // Not every recording is whole.
  }
}
