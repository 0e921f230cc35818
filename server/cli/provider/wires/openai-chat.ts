/** Chat completions. */
import { ID, type Told, untyped, type Wire, words } from './wire.ts';

/** The language. */
export const CHAT: Wire = {
  dialectId: 'openai.chat',
  path: /\/chat\/completions$/,
  reply: ({ text, calls, finish, usage, model }) => ({
    id: ID,
    object: 'chat.completion',
    model,
    choices: [
      { index: 0, message: { role: 'assistant', content: text || null, ...chatCalls(calls) }, finish_reason: finish },
    ],
    ...(usage && { usage: chatUsage(usage) }),
  }),
  stream: ({ text, calls, finish, usage, model }) => {
    const chunk = (delta: object, finish_reason: string | null = null) =>
      untyped({ id: ID, object: 'chat.completion.chunk', model, choices: [{ index: 0, delta, finish_reason }] });
    return [
      chunk({ role: 'assistant', content: '' }),
      ...words(text).map((content) => chunk({ content })),
      ...calls.map((call, index) => chunk({ tool_calls: [{ index, ...chatCall(call) }] })),
      chunk({}, finish),
      ...(usage
        ? [untyped({ id: ID, object: 'chat.completion.chunk', model, choices: [], usage: chatUsage(usage) })]
        : []),
      untyped('[DONE]'),
    ];
  },
  error: (status, message) => ({
    error: { message, type: status >= 500 ? 'server_error' : 'invalid_request_error', code: null },
  }),
  streamError: (message) => untyped({ error: { message, type: 'server_error', code: 500 } }),
};

/** A tool call, as Cohere writes it too. */
export function chatCall({ id, name, arguments: args }: Told['calls'][number]): object {
  return { id, type: 'function', function: { name, arguments: JSON.stringify(args) } };
}

/** All calls, where there are some. */
export function chatCalls(calls: Told['calls']): object {
  return calls.length === 0 ? {} : { tool_calls: calls.map(chatCall) };
}

function chatUsage({ input, output }: NonNullable<Told['usage']>): object {
  return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
}
