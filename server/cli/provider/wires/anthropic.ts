/** Anthropic's messages. */
import { ID, typed, type Wire, type WireEvent, words } from './wire.ts';

const ANTHROPIC_STOPS = { stop: 'end_turn', length: 'max_tokens', tool_calls: 'tool_use' } as const;

/** The language. */
export const ANTHROPIC: Wire = {
  dialectId: 'anthropic.messages',
  path: /\/messages$/,
  reply: ({ text, calls, finish, usage, model }) => ({
    id: ID,
    type: 'message',
    role: 'assistant',
    model,
    content: [
      ...(text === '' ? [] : [{ type: 'text', text }]),
      ...calls.map(({ id, name, arguments: input }) => ({ type: 'tool_use', id, name, input })),
    ],
    stop_reason: ANTHROPIC_STOPS[finish],
    stop_sequence: null,
    ...(usage && { usage: { input_tokens: usage.input, output_tokens: usage.output } }),
  }),
  stream: ({ text, calls, finish, usage, model }) => [
    typed('message_start', {
      message: {
        id: ID,
        type: 'message',
        role: 'assistant',
        model,
        content: [],
        stop_reason: null,
        ...(usage && { usage: { input_tokens: usage.input, output_tokens: 1 } }),
      },
    }),
    ...(text === ''
      ? []
      : anthropicBlock(
          0,
          { type: 'text', text: '' },
          words(text).map((word) => ({ type: 'text_delta', text: word })),
        )),
    ...calls.flatMap(({ id, name, arguments: input }, index) =>
      anthropicBlock(index + (text === '' ? 0 : 1), { type: 'tool_use', id, name, input: {} }, [
        { type: 'input_json_delta', partial_json: JSON.stringify(input) },
      ]),
    ),
    typed('message_delta', {
      delta: { stop_reason: ANTHROPIC_STOPS[finish], stop_sequence: null },
      ...(usage && { usage: { output_tokens: usage.output } }),
    }),
    typed('message_stop', {}),
  ],
  error: (status, message) => ({
    type: 'error',
    error: { type: status === 429 ? 'rate_limit_error' : 'api_error', message },
  }),
  streamError: (message) => typed('error', { error: { type: 'overloaded_error', message } }),
};

function anthropicBlock(index: number, content_block: object, deltas: readonly object[]): readonly WireEvent[] {
  return [
    typed('content_block_start', { index, content_block }),
    ...deltas.map((delta) => typed('content_block_delta', { index, delta })),
    typed('content_block_stop', { index }),
  ];
}
