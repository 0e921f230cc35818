/** Cohere's chat, version 2. */
import { chatCall, chatCalls } from './openai-chat.ts';
import { ID, type Told, typed, type Wire, words } from './wire.ts';

const COHERE_FINISHES = { stop: 'COMPLETE', length: 'MAX_TOKENS', tool_calls: 'TOOL_CALL' } as const;

/** The language. */
export const COHERE: Wire = {
  dialectId: 'cohere.v2',
  path: /\/v2\/chat$/,
  reply: ({ text, calls, finish, usage }) => ({
    id: ID,
    message: { role: 'assistant', ...(text !== '' && { content: [{ type: 'text', text }] }), ...chatCalls(calls) },
    finish_reason: COHERE_FINISHES[finish],
    ...(usage && { usage: cohereUsage(usage) }),
  }),
  stream: ({ text, calls, finish, usage }) => [
    typed('message-start', { id: ID, delta: { message: { role: 'assistant' } } }),
    ...(text === ''
      ? []
      : [typed('content-start', { index: 0, delta: { message: { content: { type: 'text', text: '' } } } })]),
    ...words(text).map((word) => typed('content-delta', { index: 0, delta: { message: { content: { text: word } } } })),
    ...(text === '' ? [] : [typed('content-end', { index: 0 })]),
    ...calls.flatMap((call, index) => [
      typed('tool-call-start', { index, delta: { message: { tool_calls: chatCall(call) } } }),
      typed('tool-call-end', { index }),
    ]),
    typed('message-end', {
      delta: { finish_reason: COHERE_FINISHES[finish], ...(usage && { usage: cohereUsage(usage) }) },
    }),
  ],
  error: (_status, message) => ({ message }),
  streamError: () => typed('message-end', { delta: { finish_reason: 'ERROR' } }),
};

function cohereUsage({ input, output }: NonNullable<Told['usage']>): object {
  const counts = { input_tokens: input, output_tokens: output };
  return { billed_units: counts, tokens: counts };
}
