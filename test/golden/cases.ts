/**
 * The canonical requests, one thing each, that every dialect encodes. What each makes of them is in one folder a dialect
 * beside this file; goldens.ts says how they are written and read.
 */
import {
  Generation,
  GrammarSyntax,
  ImageDetail,
  OutputModality,
  ReasoningEffort,
  Role,
  ToolChoiceMode,
  Verbosity,
} from '../../server/model/wire.ts';
import type { Target } from '../../server/providers/dialect.ts';
import { makeAllowances } from '../support/targets.ts';

/** One request. */
export interface GoldenCase {
  /** Name of the file. */
  readonly name: string;
  readonly generation: Generation;
  /** What differs from a target that lacks nothing and allows nothing. */
  readonly target?: Partial<Target>;
  /** Whether a stream is asked for. Default: no. */
  readonly stream?: boolean;
}

type Draft = Parameters<typeof Generation.fromPartial>[0];
type PartDraft = NonNullable<NonNullable<NonNullable<Draft['messages']>[number]['parts']>[number]['content']>;

const PIXEL = Uint8Array.of(0x89, 0x50, 0x4e, 0x47);
const PDF = new TextEncoder().encode('%PDF-1.7');
const WAVE = new TextEncoder().encode('RIFF');

const WEATHER = {
  kind: {
    $case: 'function',
    value: {
      name: 'weather',
      description: 'The weather of a city.',
      parametersJson:
        '{"type":"object","properties":{"city":{"type":"string"}},"required":["city"],"additionalProperties":false}',
      strict: true,
    },
  },
} as const;
const NOW = { kind: { $case: 'function', value: { name: 'now' } } } as const;
const PATCH = {
  kind: {
    $case: 'custom',
    value: {
      name: 'patch',
      description: 'Applies a patch.',
      grammar: { syntax: GrammarSyntax.LARK, definition: 'start: /.+/' },
    },
  },
} as const;
const SCHEMA =
  '{"type":"object","properties":{"city":{"type":"string"},"population":{"type":"integer","maximum":12345678901234567890}}}';

/** All cases. Names are unique. */
export const GOLDEN_CASES: readonly GoldenCase[] = [
  make('hello', {}),
  { ...make('hello-stream', {}), stream: true },
  make('system-message', { messages: [turn(Role.SYSTEM, text('Be brief.')), ask()] }),
  make('conversation', {
    messages: [ask(), turn(Role.ASSISTANT, text('Sunny.')), turn(Role.USER, text('And'), text('tomorrow?'))],
  }),
  make('sampling', {
    temperature: 0,
    topP: 0.5,
    topK: 40,
    frequencyPenalty: 0.25,
    presencePenalty: -0.25,
    seed: 7,
  }),
  make('temperature-above-one', { temperature: 1.5 }),
  make('max-output-tokens', { maxOutputTokens: 100 }),
  { ...make('max-output-tokens-of-the-deployment', {}), target: { defaultMaxOutputTokens: 512 } },
  make('stop-sequences', { stopSequences: ['a', 'b', 'c', 'd', 'e'] }),
  make('tools', { tools: [WEATHER, NOW, PATCH], parallelToolCalls: false }),
  make('tool-choice-required', { tools: [WEATHER], toolChoice: mode(ToolChoiceMode.REQUIRED) }),
  make('tool-choice-none', { tools: [WEATHER], toolChoice: mode(ToolChoiceMode.NONE) }),
  make('tool-choice-by-name', { tools: [WEATHER, NOW], toolChoice: { choice: { $case: 'name', value: 'now' } } }),
  make('tool-choice-allowed', {
    tools: [WEATHER, NOW],
    toolChoice: { choice: { $case: 'allowed', value: { mode: ToolChoiceMode.REQUIRED, names: ['now'] } } },
  }),
  make('tool-results', {
    tools: [WEATHER, NOW],
    messages: [
      ask(),
      turn(
        Role.ASSISTANT,
        text('Let me see.'),
        call('call_1', 'weather', '{"city":"Tōkyō"}'),
        call('call_2', 'now', ''),
      ),
      turn(Role.TOOL, result('call_1', '{"sky":"clear"}'), result('call_2', '"no clock"', true)),
    ],
  }),
  make('tool-result-with-image', {
    tools: [NOW],
    messages: [
      ask(),
      turn(Role.ASSISTANT, call('call_1', 'now', '{}')),
      turn(Role.TOOL, {
        $case: 'toolResult',
        value: {
          toolCallId: 'call_1',
          content: [
            { content: { $case: 'text', value: 'A clock:' } },
            { content: { $case: 'image', value: { source: { $case: 'data', value: PIXEL }, mediaType: 'image/png' } } },
          ],
        },
      }),
    ],
  }),
  make('json-object', { responseFormat: { format: { $case: 'jsonObject', value: {} } } }),
  make('json-schema', {
    responseFormat: { format: { $case: 'jsonSchema', value: { name: 'city', schemaJson: SCHEMA, strict: true } } },
  }),
  make('reasoning-effort', { reasoning: { effort: ReasoningEffort.HIGH } }),
  make('reasoning-none', { reasoning: { effort: ReasoningEffort.NONE } }),
  make('reasoning-budget', { maxOutputTokens: 8000, reasoning: { maxTokens: 4000, summary: true } }),
  make('reasoning-history', {
    messages: [ask(), turn(Role.ASSISTANT, { $case: 'reasoning', value: { text: 'Hm.' } }, text('Sunny.')), ask()],
  }),
  make('refusal-history', {
    messages: [ask(), turn(Role.ASSISTANT, { $case: 'refusal', value: { text: 'I cannot.' } }), ask()],
  }),
  make('verbosity', { verbosity: Verbosity.LOW }),
  make('logprobs', { logprobs: { top: 5 } }),
  make('service-tier', { serviceTier: 'flex' }),
  make('audio-output', { outputModalities: [OutputModality.TEXT, OutputModality.AUDIO] }),
  make('image', {
    messages: [
      turn(Role.USER, text('What is it?'), {
        $case: 'image',
        value: { source: { $case: 'data', value: PIXEL }, mediaType: 'image/png', detail: ImageDetail.LOW },
      }),
    ],
  }),
  {
    ...make('image-by-uri', {
      messages: [
        turn(Role.USER, text('What is it?'), {
          $case: 'image',
          value: { source: { $case: 'uri', value: 'https://example.com/a.png' } },
        }),
      ],
    }),
    target: { allowances: makeAllowances({ uris: true }) },
  },
  make('image-by-uri-refused', {
    messages: [
      turn(Role.USER, { $case: 'image', value: { source: { $case: 'uri', value: 'https://example.com/a.png' } } }),
    ],
  }),
  make('document', {
    messages: [
      turn(Role.USER, text('Summarise.'), {
        $case: 'document',
        value: { source: { $case: 'data', value: PDF }, mediaType: 'application/pdf', title: 'Report', cite: true },
      }),
    ],
  }),
  make('text-document', {
    messages: [
      turn(Role.USER, text('Summarise.'), {
        $case: 'document',
        value: {
          source: { $case: 'data', value: new TextEncoder().encode('Once upon a time.') },
          mediaType: 'text/plain',
          filename: 'tale.txt',
        },
      }),
    ],
  }),
  make('audio', {
    messages: [
      turn(Role.USER, text('What is said?'), {
        $case: 'audio',
        value: { source: { $case: 'data', value: WAVE }, mediaType: 'audio/wav' },
      }),
    ],
  }),
  make('video', {
    messages: [
      turn(Role.USER, text('What happens?'), {
        $case: 'video',
        value: { source: { $case: 'data', value: PIXEL }, mediaType: 'video/mp4' },
      }),
    ],
  }),
  make('cache-breakpoint', {
    messages: [
      {
        role: Role.SYSTEM,
        parts: [{ content: text('Long instructions.'), cacheBreakpoint: { ttl: { seconds: 3600, nanos: 0 } } }],
      },
      ask(),
    ],
  }),
  {
    ...make('end-user-and-session', {}),
    target: { endUserHash: 'e'.repeat(32), sessionKeyHash: '5'.repeat(32) },
  },
  {
    ...make('strict-refuses-everything-at-once', {
      temperature: 1.5,
      topK: 40,
      stopSequences: ['a', 'b', 'c', 'd', 'e'],
      reasoning: { effort: ReasoningEffort.HIGH, maxTokens: 4000, summary: true },
      verbosity: Verbosity.LOW,
      logprobs: {},
      seed: 7,
    }),
    target: { adaptation: 'strict' },
  },
];

function make(name: string, draft: Draft): GoldenCase {
  return { name, generation: Generation.fromPartial({ model: 'chat', messages: [ask()], ...draft }) };
}

function ask() {
  return turn(Role.USER, text('What is the weather in Tōkyō?'));
}

function turn(role: Role, ...contents: readonly PartDraft[]) {
  return { role, parts: contents.map((content) => ({ content })) };
}

function text(value: string): PartDraft {
  return { $case: 'text', value: { text: value } };
}

function call(id: string, name: string, json: string): PartDraft {
  return { $case: 'toolCall', value: { id, name, input: { $case: 'argumentsJson', value: json } } };
}

function result(toolCallId: string, json: string, isError = false): PartDraft {
  return {
    $case: 'toolResult',
    value: { toolCallId, content: [{ content: { $case: 'json', value: json } }], isError },
  };
}

function mode(value: ToolChoiceMode) {
  return { choice: { $case: 'mode', value } as const };
}
