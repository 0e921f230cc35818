/** What a provider answers in each language: one text, in one piece and as a stream; a vector; that it is asked too often. */
import { encodeBase64 } from '../../../server/providers/shared/base64.ts';
import { writeEvent } from './event-frames.ts';

/** The answer of every whole reply and every stream. */
export const ANSWER = 'Hello 世界';

/** Tokens of every answer. */
export const INPUT_TOKENS = 5;
export const OUTPUT_TOKENS = 2;

/** Replies in one language. */
export interface HostReplies {
  /** A generation, or vectors where the language has nothing else. */
  readonly whole: unknown;
  /** Undefined: the language has no streams. */
  readonly stream?: { readonly contentType: string; readonly body: string | Uint8Array };
}

const CHAT_USAGE = { prompt_tokens: INPUT_TOKENS, completion_tokens: OUTPUT_TOKENS, total_tokens: 7 };
const CHAT: HostReplies = {
  whole: {
    id: 'c',
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content: ANSWER }, finish_reason: 'stop' }],
    usage: CHAT_USAGE,
  },
  stream: sse([
    {
      id: 'c',
      model: 'm',
      choices: [{ index: 0, delta: { role: 'assistant', content: ANSWER }, finish_reason: null }],
    },
    { id: 'c', model: 'm', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
    { id: 'c', model: 'm', choices: [], usage: CHAT_USAGE },
    '[DONE]',
  ]),
};

const RESPONSES_ITEM = {
  type: 'message',
  id: 'i',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text: ANSWER, annotations: [] }],
};
const RESPONSE = {
  id: 'r',
  object: 'response',
  status: 'completed',
  model: 'm',
  output: [RESPONSES_ITEM],
  usage: { input_tokens: INPUT_TOKENS, output_tokens: OUTPUT_TOKENS, total_tokens: 7 },
};
const RESPONSES: HostReplies = {
  whole: RESPONSE,
  stream: sse([
    { type: 'response.created', response: { ...RESPONSE, status: 'in_progress', output: [], usage: null } },
    { type: 'response.output_item.added', output_index: 0, item: { ...RESPONSES_ITEM, content: [] } },
    {
      type: 'response.content_part.added',
      item_id: 'i',
      output_index: 0,
      content_index: 0,
      part: { type: 'output_text', text: '', annotations: [] },
    },
    { type: 'response.output_text.delta', item_id: 'i', output_index: 0, content_index: 0, delta: ANSWER },
    { type: 'response.output_text.done', item_id: 'i', output_index: 0, content_index: 0, text: ANSWER },
    { type: 'response.output_item.done', output_index: 0, item: RESPONSES_ITEM },
    { type: 'response.completed', response: RESPONSE },
  ]),
};

const CLAUDE_USAGE = { input_tokens: INPUT_TOKENS, output_tokens: OUTPUT_TOKENS };
const CLAUDE_MESSAGE = { id: 'm', type: 'message', role: 'assistant', model: 'm', content: [], usage: CLAUDE_USAGE };
const CLAUDE_EVENTS = [
  { type: 'message_start', message: CLAUDE_MESSAGE },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: ANSWER } },
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: OUTPUT_TOKENS } },
  { type: 'message_stop' },
];
const CLAUDE: HostReplies = {
  whole: { ...CLAUDE_MESSAGE, content: [{ type: 'text', text: ANSWER }], stop_reason: 'end_turn' },
  stream: sse(CLAUDE_EVENTS),
};

const GEMINI_REPLY = {
  candidates: [{ content: { role: 'model', parts: [{ text: ANSWER }] }, finishReason: 'STOP' }],
  usageMetadata: { promptTokenCount: INPUT_TOKENS, candidatesTokenCount: OUTPUT_TOKENS, totalTokenCount: 7 },
};

const BEDROCK_USAGE = { inputTokens: INPUT_TOKENS, outputTokens: OUTPUT_TOKENS, totalTokens: 7 };
const BEDROCK: HostReplies = {
  whole: {
    output: { message: { role: 'assistant', content: [{ text: ANSWER }] } },
    stopReason: 'end_turn',
    usage: BEDROCK_USAGE,
  },
  stream: frames([
    ['messageStart', { role: 'assistant' }],
    ['contentBlockDelta', { contentBlockIndex: 0, delta: { text: ANSWER } }],
    ['contentBlockStop', { contentBlockIndex: 0 }],
    ['messageStop', { stopReason: 'end_turn' }],
    ['metadata', { usage: BEDROCK_USAGE }],
  ]),
};

const COHERE_USAGE = {
  billed_units: { input_tokens: 5, output_tokens: 2 },
  tokens: { input_tokens: 5, output_tokens: 2 },
};
const COHERE: HostReplies = {
  whole: {
    id: 'c',
    message: { role: 'assistant', content: [{ type: 'text', text: ANSWER }] },
    finish_reason: 'COMPLETE',
    usage: COHERE_USAGE,
  },
  stream: sse([
    { type: 'message-start', id: 'c', delta: { message: { role: 'assistant' } } },
    { type: 'content-start', index: 0, delta: { message: { content: { type: 'text', text: '' } } } },
    { type: 'content-delta', index: 0, delta: { message: { content: { text: ANSWER } } } },
    { type: 'content-end', index: 0 },
    { type: 'message-end', delta: { finish_reason: 'COMPLETE', usage: COHERE_USAGE } },
  ]),
};

/** A vector of chat completions' language; Voyage's is the same. */
export const VECTORS = {
  object: 'list',
  model: 'm',
  data: [{ object: 'embedding', index: 0, embedding: [0.6, 0.8] }],
  usage: { prompt_tokens: INPUT_TOKENS, total_tokens: INPUT_TOKENS },
};

/** By id of the dialect. */
export const REPLIES: ReadonlyMap<string, HostReplies> = new Map([
  ['openai.chat', CHAT],
  ['openai.responses', RESPONSES],
  ['anthropic.messages', CLAUDE],
  ['google.gemini', { whole: GEMINI_REPLY, stream: sse([GEMINI_REPLY]) }],
  ['bedrock.converse', BEDROCK],
  ['cohere.v2', COHERE],
  ['voyage.embeddings', { whole: VECTORS }],
]);

/** Claude's stream as Bedrock wraps it. */
export const WRAPPED_CLAUDE = frames(
  CLAUDE_EVENTS.map((event) => ['chunk', { bytes: encodeBase64(new TextEncoder().encode(JSON.stringify(event))) }]),
);

/** An error reply that every language understands. */
export const TOO_OFTEN = { error: { message: 'Slow down', type: 'rate_limit_error' }, message: 'Slow down' };

function sse(events: readonly unknown[]): NonNullable<HostReplies['stream']> {
  const data = events.map((event) => (typeof event === 'string' ? event : JSON.stringify(event)));
  return { contentType: 'text/event-stream', body: data.map((line) => `data: ${line}\n\n`).join('') };
}

function frames(events: readonly (readonly [event: string, payload: unknown])[]): NonNullable<HostReplies['stream']> {
  const body = Buffer.concat(events.map(([event, payload]) => writeEvent(event, JSON.stringify(payload))));
  return { contentType: 'application/vnd.amazon.eventstream', body };
}
