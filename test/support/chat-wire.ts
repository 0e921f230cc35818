/** Bytes of OpenAI's chat completions over HTTP/1.1, as a misbehaving provider sends them. */
import { CHUNKED, httpChunk, httpReply } from './raw-server.ts';

const JSON_TYPE = 'content-type: application/json\r\n';

/** A whole reply of one text. */
export function chatReply(text: string, more: Readonly<Record<string, unknown>> = {}): string {
  return httpReply(JSON.stringify(chatBody(text, more)), JSON_TYPE);
}

/** Its JSON. */
export function chatBody(text: string, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    model: 'upstream-1',
    choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 },
    ...more,
  };
}

/** An error reply. */
export function errorReply(status: number, error: unknown, headers = ''): string {
  const body = typeof error === 'string' ? error : JSON.stringify(error);
  return httpReply(body, JSON_TYPE + headers, `${status} Status`);
}

/** The head of a stream: what follows is in chunks. */
export const STREAM_HEAD = CHUNKED;

/** One event of a stream as a chunk of HTTP. */
export function event(data: unknown): string {
  return httpChunk(`data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`);
}

/** An event with a piece of text. */
export function textEvent(content: string): string {
  return event(chunkOf({ content }));
}

/** The chunk object of a delta. */
export function chunkOf(delta: unknown, finish: string | null = null): Record<string, unknown> {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    model: 'upstream-1',
    choices: [{ index: 0, delta, finish_reason: finish }],
  };
}

/** The events with which a stream ends well: finish reason, usage, [DONE]. */
export const STREAM_END = [
  event(chunkOf({}, 'stop')),
  event({ ...chunkOf({}), choices: [], usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 } }),
  event('[DONE]'),
  '0\r\n\r\n',
].join('');

/** A stream that is whole. */
export function chatStream(...pieces: readonly string[]): string {
  return STREAM_HEAD + pieces.map(textEvent).join('') + STREAM_END;
}
