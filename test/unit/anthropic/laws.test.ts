/** The laws of all dialects, on samples of our own; and the twins that only this dialect has. */
import { OWNED_MEMBERS } from '../../../server/providers/anthropic/encode.ts';
import { anthropicMessages } from '../../../server/providers/anthropic/index.ts';
import type { Frame } from '../../../server/providers/dialect.ts';
import { describeDialectLaws } from '../../contract/dialect.ts';
import { makeAllowances } from '../../support/targets.ts';

const USAGE = {
  input_tokens: 21,
  cache_creation_input_tokens: 30,
  cache_read_input_tokens: 4,
  cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 },
  output_tokens: 55,
  service_tier: 'standard',
  inference_geo: 'us',
};

const citation = {
  type: 'page_location',
  cited_text: 'It is so.',
  document_index: 0,
  document_title: 'Report',
  file_id: null,
  start_page_number: 1,
  end_page_number: 2,
};
const caller = { type: 'code_execution_20260120', tool_id: 'srvtoolu_2' };
const searchResult = {
  type: 'web_search_tool_result',
  tool_use_id: 'srvtoolu_1',
  content: [{ type: 'web_search_result', url: 'https://x.example', title: 'X', encrypted_content: 'EqgfCio=' }],
};

const REPLIES: Readonly<Record<string, object>> = {
  text: reply([{ type: 'text', text: 'Grüße, 世界 😀', citations: null }], { stop_reason: 'end_turn' }),
  citations: reply(
    [
      { type: 'text', text: 'As said: ' },
      { type: 'text', text: 'it is so.', citations: [citation, { ...citation, cited_text: 'Truly.' }] },
    ],
    { stop_reason: 'stop_sequence', stop_sequence: '###' },
  ),
  tools: reply(
    [
      { type: 'thinking', thinking: 'Two cities.', signature: 'EpAECkYICxgC/+=' },
      { type: 'redacted_thinking', data: 'EmwKAhgBEgy3va3pzix/LafPsn4=' },
      { type: 'thinking', thinking: '', signature: 'only-a-signature' },
      { type: 'text', text: 'Looking.' },
      { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Tōkyō', days: [1, 2] } },
      { type: 'tool_use', id: 'toolu_2', name: 'now', input: {}, caller, toolset_name: 'clock' },
    ],
    { stop_reason: 'tool_use' },
  ),
  search: reply(
    [
      { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'x' } },
      searchResult,
      { type: 'text', text: 'Found.' },
    ],
    { stop_reason: 'pause_turn', usage: { ...USAGE, server_tool_use: { web_search_requests: 1 } } },
  ),
  refusal: reply([], { stop_reason: 'refusal', stop_details: { type: 'refusal', explanation: 'Not this.' } }),
};

const STREAMS: Readonly<Record<string, readonly Frame[]>> = Object.fromEntries(
  Object.entries(REPLIES).map(([name, whole]) => [name, stream(whole as Reply)]),
);

describeDialectLaws({
  dialect: anthropicMessages,
  streams: STREAMS,
  replies: REPLIES,
  twins: Object.keys(REPLIES).map((name) => [name, name] as const),
  owned: [...OWNED_MEMBERS],
  target: {
    allowances: makeAllowances({ opaqueItems: new Set(['server_tool_use', 'web_search_tool_result']) }),
  },
});

interface Block {
  readonly type: string;
  readonly [member: string]: unknown;
}

interface Reply {
  readonly content: readonly Block[];
  readonly stop_reason: string;
  readonly [member: string]: unknown;
}

function reply(content: readonly Block[], rest: object): object {
  return { id: 'msg_1', type: 'message', role: 'assistant', model: 'model-1-2026', content, usage: USAGE, ...rest };
}

/** The reply as Anthropic streams it: pings, fragments, deltas that restate the counts. */
function stream({ content, ...message }: Reply): readonly Frame[] {
  const { stop_reason, stop_sequence, stop_details, usage } = message;
  const counts = { ...(usage as object), output_tokens: 1 };
  const events = [
    {
      type: 'message_start',
      message: { ...message, content: [], stop_reason: null, stop_details: null, usage: counts },
    },
    { type: 'ping' },
    ...content.flatMap((block, index) => streamBlock(block, index)),
    {
      type: 'message_delta',
      delta: { stop_reason, stop_sequence, stop_details },
      usage: { input_tokens: 21, output_tokens: 55 },
    },
    { type: 'message_stop' },
  ];
  return events.map((event) => ({ event: event.type, data: JSON.stringify(event) }));
}

function streamBlock(block: Block, index: number): readonly { type: string }[] {
  const { opening, deltas } = splitBlock(block);
  return [
    { type: 'content_block_start', index, content_block: opening },
    ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
    { type: 'ping' },
    { type: 'content_block_stop', index },
  ] as { type: string }[];
}

function splitBlock(block: Block): { opening: object; deltas: readonly object[] } {
  const { text, thinking, signature, citations, input, ...opening } = block;
  if (block.type === 'text') {
    const cited = (citations as object[] | null | undefined) ?? [];
    const pieces = halve(String(text)).map((piece) => ({ type: 'text_delta', text: piece }));
    return {
      opening: { ...opening, text: '' },
      deltas: [...pieces, ...cited.map((one) => ({ type: 'citations_delta', citation: one }))],
    };
  }
  if (block.type === 'thinking') {
    const pieces = halve(String(thinking)).map((piece) => ({ type: 'thinking_delta', thinking: piece }));
    return {
      opening: { ...opening, thinking: '', signature: '' },
      deltas: [...pieces, { type: 'signature_delta', signature }],
    };
  }
  if (input === undefined) return { opening: block, deltas: [] };
  const json = Object.keys(input as object).length === 0 ? '' : JSON.stringify(input);
  const pieces = ['', ...halve(json)].map((partial_json) => ({ type: 'input_json_delta', partial_json }));
  return { opening: { ...block, input: {} }, deltas: pieces };
}

/** Halves in UTF-16, which may tear a character, as JSON escapes can. */
function halve(text: string): readonly string[] {
  const middle = text.length >> 1;
  return [text.slice(0, middle), text.slice(middle)];
}
