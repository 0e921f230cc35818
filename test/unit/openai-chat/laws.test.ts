/** The laws of every dialect, tried on chat completions: OpenAI's own and what others add to them. */
import type { Frame } from '../../../server/providers/dialect.ts';
import { openaiChat } from '../../../server/providers/openai-chat/index.ts';
import { OWNED_MEMBERS } from '../../../server/providers/openai-chat/wire.ts';
import { describeDialectLaws } from '../../contract/dialect.ts';

const USAGE = {
  prompt_tokens: 20,
  completion_tokens: 9,
  total_tokens: 29,
  prompt_tokens_details: { cached_tokens: 4 },
  completion_tokens_details: { reasoning_tokens: 5 },
};

const REPLIES = {
  text: reply({ content: 'Tōkyō 🗼' }, 'stop'),
  calls: reply(
    {
      content: null,
      reasoning_content: 'Two cities.',
      tool_calls: [
        { id: 'call_a', type: 'function', function: { name: 'weather', arguments: '{"city":"Tōkyō"}' } },
        { id: 'call_b', type: 'custom', custom: { name: 'note', input: 'rain' } },
        {
          id: 'call_c',
          type: 'function',
          function: { name: 'now', arguments: '' },
          extra_content: { google: { thought_signature: 'c2lnbmF0dXJl' } },
        },
      ],
    },
    'tool_calls',
  ),
  refusal: reply({ content: null, refusal: 'I cannot.' }, 'stop'),
  details: reply(
    {
      content: 'Yes.',
      reasoning: 'Hm, well.',
      reasoning_details: [
        { type: 'reasoning.text', text: 'Hm, well.', signature: 'c2ln/+=', index: 0 },
        { type: 'reasoning.encrypted', data: 'gAAAA+/=', id: 'rs_1', index: 1 },
      ],
    },
    'stop',
  ),
  chunks: reply(
    {
      content: [
        { type: 'thinking', thinking: [{ type: 'text', text: 'Look it up.' }] },
        { type: 'text', text: 'It is so' },
        { type: 'reference', reference_ids: [3] },
        { type: 'text', text: '.' },
        { type: 'tool_reference', tool: 'web_search', title: 'A page' },
      ],
    },
    'stop',
  ),
  audio: reply({ content: null, audio: { id: 'audio_1', data: 'UklGRgAB', transcript: 'Hello' } }, 'stop'),
};

const STREAMS = {
  text: stream([
    { role: 'assistant', content: '', refusal: null },
    { content: 'Tō' },
    { content: 'kyō ' },
    { content: '\ud83d' },
    { content: '\uddfc' },
  ]),
  calls: stream(
    [
      { role: 'assistant', content: null },
      { reasoning_content: 'Two ' },
      { reasoning_content: 'cities.', content: '' },
      { tool_calls: [fragment(0, 'call_a', 'weather', '')] },
      { tool_calls: [{ index: 1, id: 'call_b', type: 'custom', custom: { name: 'note', input: 'ra' } }] },
      { tool_calls: [fragment(0, null, null, '{"city":'), { index: 1, custom: { input: 'in' } }] },
      { tool_calls: [fragment(0, '', '', '"Tōkyō"}')] },
      {
        tool_calls: [
          { ...fragment(2, 'call_c', 'now', ''), extra_content: { google: { thought_signature: 'c2lnbmF0dXJl' } } },
        ],
      },
    ],
    'tool_calls',
  ),
  refusal: stream([{ role: 'assistant', refusal: 'I ' }, { refusal: 'cannot.' }]),
  details: stream([
    { reasoning: 'Hm, ', reasoning_details: [{ type: 'reasoning.text', text: 'Hm, ', signature: null, index: 0 }] },
    { reasoning: 'well.', reasoning_details: [{ type: 'reasoning.text', text: 'well.', index: 0 }] },
    { reasoning: null, reasoning_details: [{ type: 'reasoning.text', signature: 'c2ln/+=', index: 0 }] },
    { reasoning: null, reasoning_details: [{ type: 'reasoning.text', text: null, signature: null, index: 0 }] },
    { reasoning: null, reasoning_details: [{ type: 'reasoning.encrypted', data: 'gAAAA+/=', id: 'rs_1', index: 1 }] },
    { content: 'Yes.' },
  ]),
  chunks: stream([
    { content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'Look ' }] }] },
    { content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'it up.' }] }] },
    { content: 'It is so' },
    { content: [{ type: 'reference', reference_ids: [3] }] },
    { content: '.' },
    { content: [{ type: 'tool_reference', tool: 'web_search', title: 'A page' }] },
  ]),
  audio: stream([
    { audio: { id: 'audio_1', transcript: 'Hel' } },
    { audio: { data: 'UklGRg==' } },
    { audio: { data: 'AAE=', transcript: 'lo' } },
  ]),
};

describeDialectLaws({
  dialect: openaiChat,
  streams: STREAMS,
  replies: REPLIES,
  twins: Object.keys(REPLIES).map((name) => [name, name] as const),
  owned: [...OWNED_MEMBERS],
});

function reply(message: object, finish: string): unknown {
  const choices = [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: finish, logprobs: null }];
  return { id: 'chatcmpl-1', object: 'chat.completion', model: 'model-1-2026', choices, usage: USAGE };
}

function stream(deltas: readonly object[], finish = 'stop'): readonly Frame[] {
  const chunks = [
    ...deltas.map((delta) => ({ choices: [{ index: 0, delta, finish_reason: null }], usage: null, obfuscation: 'x' })),
    { choices: [{ index: 0, delta: {}, finish_reason: finish }] },
    { choices: [], usage: USAGE },
  ];
  const payloads = chunks.map((chunk) => JSON.stringify({ id: 'chatcmpl-1', model: 'model-1-2026', ...chunk }));
  return [...payloads, '[DONE]'].map((data) => ({ event: '', data }));
}

function fragment(index: number, id: string | null, name: string | null, input: string) {
  return { index, id, type: 'function', function: { name, arguments: input } };
}
