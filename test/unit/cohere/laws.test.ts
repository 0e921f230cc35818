/** The laws of every dialect, tried on Cohere's Chat API v2. */
import type { Generation, Part } from '../../../server/model/wire.ts';
import { cohereV2 } from '../../../server/providers/cohere/index.ts';
import { OWNED_MEMBERS } from '../../../server/providers/cohere/wire.ts';
import type { Frame } from '../../../server/providers/dialect.ts';
import { describeDialectLaws } from '../../contract/dialect.ts';
import { anyGeneration } from '../../support/generations.ts';

const USAGE = {
  billed_units: { input_tokens: 12, output_tokens: 7 },
  tokens: { input_tokens: 507, output_tokens: 10 },
  cached_tokens: 448,
};

const citation = {
  start: 0,
  end: 5,
  text: 'Tōkyō',
  sources: [
    { type: 'document', id: 'document:1', document: { id: 'document:1', title: 'Cities', url: 'https://x.example' } },
    { type: 'tool', id: 'weather_1:0', tool_output: { sky: 'clear' } },
  ],
  type: 'TEXT_CONTENT',
};

interface Message {
  readonly content?: readonly { readonly type: string; readonly text?: string; readonly thinking?: string }[];
  readonly tool_plan?: string;
  readonly tool_calls?: readonly { readonly id: string; readonly name: string; readonly arguments: string }[];
  readonly citations?: readonly object[];
}

const MESSAGES: Readonly<Record<string, readonly [message: Message, finish: string]>> = {
  text: [{ content: [{ type: 'text', text: 'Tōkyō 🗼' }], citations: [citation] }, 'COMPLETE'],
  thinking: [
    {
      content: [
        { type: 'thinking', thinking: 'Two 世界.' },
        { type: 'text', text: '' },
      ],
    },
    'MAX_TOKENS',
  ],
  calls: [
    {
      tool_plan: 'I will look it up 🗼.',
      tool_calls: [
        { id: 'weather_1', name: 'weather', arguments: '{"city":"Tōkyō"}' },
        { id: 'now_2', name: 'now', arguments: 'null' },
        { id: 'now_3', name: 'now', arguments: '' },
        { id: 'nothing_4', name: 'nothing', arguments: '{}' },
      ],
    },
    'TOOL_CALL',
  ],
  unheard: [
    {
      content: [
        { type: 'text', text: 'See:' },
        { type: 'hologram', text: 'x' },
      ],
    },
    'STOP_SEQUENCE',
  ],
};

const REPLIES = Object.fromEntries(
  Object.entries(MESSAGES).map(([name, [message, finish]]) => [name, reply(message, finish)]),
);

describeDialectLaws({
  dialect: cohereV2,
  streams: Object.fromEntries(
    Object.entries(MESSAGES).map(([name, [message, finish]]) => [name, stream(message, finish)]),
  ),
  replies: REPLIES,
  twins: Object.keys(REPLIES).map((name) => [name, name] as const),
  owned: [...OWNED_MEMBERS],
  generations: anyGeneration.map(withTextDocuments),
});

/** Cohere refuses documents that are no text, in either mode. */
function withTextDocuments(generation: Generation): Generation {
  const messages = generation.messages.map((message) => ({ ...message, parts: message.parts.map(withTextDocument) }));
  return { ...generation, messages };
}

function withTextDocument(part: Part): Part {
  if (part.content?.$case !== 'document') return part;
  return { ...part, content: { $case: 'document', value: { ...part.content.value, mediaType: 'text/plain' } } };
}

function reply({ tool_calls, ...message }: Message, finish: string): object {
  const calls = tool_calls?.map(({ id, name, arguments: json }) => wireCall(id, name, json));
  const whole = { role: 'assistant', ...message, ...(calls && { tool_calls: calls }) };
  return { id: 'reply-1', message: whole, finish_reason: finish, usage: USAGE };
}

function wireCall(id: string, name: string, json: string): object {
  return { id, type: 'function', function: { name, arguments: json } };
}

/** The message as Cohere streams it. */
function stream({ content = [], tool_plan = '', tool_calls = [], citations = [] }: Message, finish: string): Frame[] {
  const events = [
    { id: 'reply-1', type: 'message-start', delta: { message: { role: 'assistant', content: [], tool_plan: '' } } },
    ...content.flatMap((block, index) => streamContent(block, index, index === 0 ? citations : [])),
    ...halve(tool_plan).map((piece) => ({ type: 'tool-plan-delta', delta: { message: { tool_plan: piece } } })),
    ...tool_calls.flatMap(({ id, name, arguments: json }, index) => [
      { type: 'tool-call-start', index, delta: { message: { tool_calls: wireCall(id, name, '') } } },
      ...halve(json).map((piece) => ({
        type: 'tool-call-delta',
        index,
        delta: { message: { tool_calls: { function: { arguments: piece } } } },
      })),
      { type: 'tool-call-end', index },
    ]),
    { type: 'message-end', delta: { finish_reason: finish, usage: USAGE } },
  ];
  const frames = events.map((event): Frame => ({ event: event.type, data: JSON.stringify(event) }));
  return [...frames, { event: '', data: '[DONE]' }];
}

function streamContent(
  block: { type: string; text?: string; thinking?: string },
  index: number,
  citations: readonly object[],
) {
  const member = block.type === 'thinking' ? 'thinking' : 'text';
  const isKnown = block.type !== 'hologram';
  const start = { ...block, ...(isKnown && { [member]: '' }) };
  const pieces = isKnown ? halve(block[member] ?? '') : [];
  return [
    { type: 'content-start', index, delta: { message: { content: start } } },
    ...pieces.map((piece) => ({ type: 'content-delta', index, delta: { message: { content: { [member]: piece } } } })),
    { type: 'content-end', index },
    ...citations.flatMap((one, place) => [
      { type: 'citation-start', index: place, delta: { message: { citations: one } } },
      { type: 'citation-end', index: place },
    ]),
  ];
}

/** Halves in UTF-16, which may tear a character, as JSON escapes can. */
function halve(text: string): readonly string[] {
  const middle = text.length >> 1;
  return [text.slice(0, middle), text.slice(middle)].filter((piece) => piece !== '');
}
