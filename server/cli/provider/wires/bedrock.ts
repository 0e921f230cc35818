/** Bedrock's Converse. */
import { type Told, type Wire, type WireEvent, words } from './wire.ts';

const BEDROCK_STOPS = { stop: 'end_turn', length: 'max_tokens', tool_calls: 'tool_use' } as const;

/** The language. */
export const BEDROCK: Wire = {
  dialectId: 'bedrock.converse',
  path: /\/converse(?:-stream)?$/,
  reply: ({ text, calls, finish, usage }) => ({
    output: {
      message: {
        role: 'assistant',
        content: [
          ...(text === '' ? [] : [{ text }]),
          ...calls.map(({ id: toolUseId, name, arguments: input }) => ({ toolUse: { toolUseId, name, input } })),
        ],
      },
    },
    stopReason: BEDROCK_STOPS[finish],
    ...(usage && { usage: bedrockUsage(usage) }),
  }),
  stream: ({ text, calls, finish, usage }) => [
    { event: 'messageStart', json: { role: 'assistant' } },
    ...(text === ''
      ? []
      : bedrockBlock(
          0,
          undefined,
          words(text).map((word) => ({ text: word })),
        )),
    ...calls.flatMap(({ id: toolUseId, name, arguments: input }, index) =>
      bedrockBlock(index + (text === '' ? 0 : 1), { toolUse: { toolUseId, name } }, [
        { toolUse: { input: JSON.stringify(input) } },
      ]),
    ),
    { event: 'messageStop', json: { stopReason: BEDROCK_STOPS[finish] } },
    ...(usage ? [{ event: 'metadata', json: { usage: bedrockUsage(usage), metrics: { latencyMs: 1 } } }] : []),
  ],
  error: (_status, message) => ({ message }),
  streamError: (message) => ({ event: 'exception:modelStreamErrorException', json: { message } }),
};

function bedrockUsage({ input, output }: NonNullable<Told['usage']>): object {
  return { inputTokens: input, outputTokens: output, totalTokens: input + output };
}

function bedrockBlock(
  contentBlockIndex: number,
  start: object | undefined,
  deltas: readonly object[],
): readonly WireEvent[] {
  return [
    ...(start === undefined ? [] : [{ event: 'contentBlockStart', json: { contentBlockIndex, start } }]),
    ...deltas.map((delta) => ({ event: 'contentBlockDelta', json: { contentBlockIndex, delta } })),
    { event: 'contentBlockStop', json: { contentBlockIndex } },
  ];
}
