/** The laws of all dialects, on samples of our own. */

import { OWNED_MEMBERS } from '../../../server/providers/bedrock/encode.ts';
import { bedrockConverse } from '../../../server/providers/bedrock/index.ts';
import type { Frame } from '../../../server/providers/dialect.ts';
import { describeDialectLaws } from '../../contract/dialect.ts';
import { makeAllowances } from '../../support/targets.ts';

const USAGE = {
  inputTokens: 21,
  outputTokens: 55,
  totalTokens: 110,
  cacheReadInputTokens: 4,
  cacheWriteInputTokens: 30,
  cacheDetails: [
    { ttl: '1h', inputTokens: 20 },
    { ttl: '5m', inputTokens: 10 },
  ],
};

const citation = {
  title: 'Report',
  sourceContent: [{ text: 'It is so.' }],
  location: { documentPage: { documentIndex: 0, start: 1, end: 2 } },
};

const serverToolResult = {
  toolResult: { toolUseId: 'srv_1', type: 'nova_grounding_result', status: 'success', content: [{ text: 'Found.' }] },
};

const REPLIES = {
  text: reply([{ text: 'Grüße, 世界 😀' }], 'end_turn'),
  citations: reply(
    [
      { text: 'As said: ' },
      {
        citationsContent: { content: [{ text: 'it is so.' }], citations: [citation, { ...citation, title: 'Again' }] },
      },
    ],
    'stop_sequence',
    { additionalModelResponseFields: { stop_sequence: '###' } },
  ),
  tools: reply(
    [
      { reasoningContent: { reasoningText: { text: 'Two cities.', signature: 'EpAECkYICxgC/+=' } } },
      { reasoningContent: { redactedContent: 'EmwKAhgBEgy3va3pzix/LafPsn4=' } },
      { reasoningContent: { reasoningText: { text: '', signature: 'only-a-signature' } } },
      { text: 'Looking.' },
      { toolUse: { toolUseId: 'tooluse_1', name: 'weather', input: { city: 'Tōkyō', days: [1, 2] } } },
      { toolUse: { toolUseId: 'tooluse_2', name: 'now', input: {} } },
    ],
    'tool_use',
    { serviceTier: { type: 'flex' } },
  ),
  image: reply([{ text: 'Here:' }, { image: { format: 'png', source: { bytes: 'iVBORw==' } } }], 'end_turn'),
  search: reply(
    [
      { toolUse: { toolUseId: 'srv_1', name: 'nova_grounding', type: 'server_tool_use', input: { q: 'x' } } },
      serverToolResult,
      { text: 'Found.' },
    ],
    'end_turn',
  ),
} satisfies Record<string, Reply>;

type Block = Readonly<Record<string, unknown>>;

interface Reply {
  readonly [member: string]: unknown;
  readonly output: { readonly message: { readonly role: string; readonly content: readonly Block[] } };
  readonly stopReason: string;
}

function reply(content: readonly Block[], stopReason: string, rest: object = {}): Reply {
  return {
    output: { message: { role: 'assistant', content } },
    stopReason,
    usage: USAGE,
    metrics: { latencyMs: 9 },
    ...rest,
  };
}

/** The reply as Bedrock streams it: texts without a start, fragments, padding, usage after the stop. */
function stream({ output, stopReason, ...rest }: Reply): readonly Frame[] {
  const { stop_sequence } = (rest.additionalModelResponseFields ?? {}) as { stop_sequence?: string };
  const fields = stop_sequence === undefined ? null : { delta: { stop_sequence } };
  const events: readonly (readonly [event: string, payload: object])[] = [
    ['messageStart', { role: 'assistant' }],
    ...output.message.content.flatMap((block, index) => streamBlock(block, index)),
    ['messageStop', { stopReason, additionalModelResponseFields: fields }],
    ['metadata', { usage: rest.usage, metrics: { latencyMs: 9 }, serviceTier: rest.serviceTier }],
  ];
  return events.map(([event, payload]) => ({ event, data: JSON.stringify({ ...payload, p: 'abcdefgh' }) }));
}

function streamBlock(block: Block, contentBlockIndex: number): readonly (readonly [string, object])[] {
  const { start, deltas } = splitBlock(block);
  return [
    ...(start === undefined ? [] : [['contentBlockStart', { contentBlockIndex, start }] as const]),
    ...deltas.map((delta) => ['contentBlockDelta', { contentBlockIndex, delta }] as const),
    ['contentBlockStop', { contentBlockIndex }],
  ];
}

interface Split {
  readonly start?: object;
  readonly deltas: readonly object[];
}

function splitBlock(block: Block): Split {
  const [[kind, value] = ['', undefined]] = Object.entries(block);
  return SPLITTERS[kind]?.(value as never) ?? { deltas: [] };
}

const SPLITTERS: Readonly<Record<string, (value: never) => Split>> = {
  text: (text: string) => ({ deltas: halve(text).map((half) => ({ text: half })) }),
  citationsContent: ({ content, citations }: { content: { text: string }[]; citations: object[] }) => ({
    deltas: [...content, ...citations.map((one) => ({ citation: one }))],
  }),
  reasoningContent: (content: { redactedContent?: string; reasoningText?: { text: string; signature: string } }) => {
    const { redactedContent, reasoningText } = content;
    if (reasoningText === undefined) return { deltas: [{ reasoningContent: { redactedContent } }] };
    const { text, signature } = reasoningText;
    const pieces = halve(text).map((half) => ({ text: half }));
    return { deltas: [...pieces, { signature }].map((reasoningContent) => ({ reasoningContent })) };
  },
  toolUse: ({ input, ...toolUse }: { input: object }) => {
    const json = Object.keys(input).length === 0 ? [] : halve(JSON.stringify(input));
    return { start: { toolUse }, deltas: json.map((half) => ({ toolUse: { input: half } })) };
  },
  toolResult: ({ content, ...toolResult }: { content: readonly object[] }) => ({
    start: { toolResult },
    deltas: content.map((piece) => ({ toolResult: [piece] })),
  }),
  image: ({ format, source }: { format: string; source: { bytes: string } }) => ({
    start: { image: { format } },
    deltas: [{ image: { source } }],
  }),
};

/** Halves in UTF-16, which may tear a character, as JSON escapes can. */
function halve(text: string): readonly string[] {
  const middle = text.length >> 1;
  return [text.slice(0, middle), text.slice(middle)];
}

for (const upstreamModel of ['anthropic.claude-test-v1:0', 'amazon.nova-test-v1:0', 'meta.llama-test-v1:0']) {
  describe(upstreamModel, () => {
    describeDialectLaws({
      dialect: bedrockConverse,
      streams: Object.fromEntries(Object.entries(REPLIES).map(([name, whole]) => [name, stream(whole)])),
      replies: REPLIES,
      twins: Object.keys(REPLIES).map((name) => [name, name] as const),
      owned: [...OWNED_MEMBERS],
      target: {
        upstreamModel,
        allowances: makeAllowances({ opaqueItems: new Set(['server_tool_use', 'toolResult']) }),
      },
    });
  });
}
