/** The laws of every dialect, tried on chat completions as Mistral speaks them. */
import type { Frame } from '../../../server/providers/dialect.ts';
import { openaiChat } from '../../../server/providers/openai-chat/index.ts';
import { OWNED_MEMBERS } from '../../../server/providers/openai-chat/wire.ts';
import { describeDialectLaws } from '../../contract/dialect.ts';
import { lacking } from '../../support/targets.ts';
import { MISTRAL } from './mistral-host.ts';

const USAGE = {
  prompt_tokens: 20,
  completion_tokens: 9,
  total_tokens: 29,
  prompt_token_details: { cached_tokens: 4 },
  service_tier: 'standard',
};

const call = { id: 'gSIMJiOkT', function: { name: 'weather', arguments: '{"city": "Tōkyō"}' } };

const REPLIES = {
  text: reply({ content: 'Tōkyō 🗼', tool_calls: null }, 'stop'),
  signed: reply(
    {
      content: [
        { type: 'thinking', thinking: [{ type: 'text', text: 'Two cities.' }], signature: 'c2ln/+=', closed: true },
        { type: 'text', text: 'See:' },
      ],
    },
    'model_length',
  ),
  calls: reply({ content: '', tool_calls: [call] }, 'tool_calls'),
};

const STREAMS = {
  text: stream([{ role: 'assistant', content: '' }, { content: 'Tō' }, { content: 'kyō 🗼' }], 'stop'),
  signed: stream(
    [
      { content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'Two ' }], closed: false }] },
      { content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'cities.' }] }] },
      { content: [{ type: 'thinking', thinking: [], signature: 'c2ln/+=', closed: true }] },
      { content: [{ type: 'text', text: 'See' }] },
      { content: ':' },
    ],
    'model_length',
  ),
  calls: stream(
    [
      { role: 'assistant', content: '' },
      { content: null, tool_calls: [call] },
    ],
    'tool_calls',
  ),
};

describe('mistral', () => {
  describeDialectLaws({
    dialect: openaiChat,
    streams: STREAMS,
    replies: REPLIES,
    twins: Object.keys(REPLIES).map((name) => [name, name] as const),
    owned: [...OWNED_MEMBERS],
    target: { quirks: MISTRAL.quirks, capabilities: lacking(...MISTRAL.lacks) },
  });
});

function reply(message: object, finish: string): unknown {
  const choices = [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: finish }];
  return { id: 'b3999b8c', object: 'chat.completion', model: 'mistral-small-2603', choices, usage: USAGE };
}

/** Usage comes with the last piece; no [DONE] is demanded. */
function stream(deltas: readonly object[], finish: string): readonly Frame[] {
  const last = deltas.length - 1;
  return deltas.map((delta, place) => {
    const choices = [{ index: 0, delta, finish_reason: place === last ? finish : null, logprobs: null }];
    const chunk = { id: 'b3999b8c', model: 'mistral-small-2603', choices, ...(place === last && { usage: USAGE }) };
    return { event: '', data: JSON.stringify(chunk) };
  });
}
