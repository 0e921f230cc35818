/**
 * Models of Google, Cohere and xAI, as far as their makers' pages say it. Those of Mistral, DeepSeek, Alibaba and others are
 * mostly called by names that move to other models (`-latest`, deepseek-chat), of which a fixed table would soon tell lies: the
 * configuration of a deployment can say what holds for it.
 */
import type { Feature } from '../model/target.ts';
import type { ModelRow } from './model-row.ts';

const MEBI = 1_048_576;

/** Models of one name that make pictures, speak or hold conversations have other limits. */
const OTHER_KINDS = /-(image|tts|live|native-audio|audio|computer-use|robotics|customtools)/;
const TEXT_OUT: readonly Feature[] = ['audioOutput', 'imageOutput'];

// Pages of the models: https://ai.google.dev/gemini-api/docs/models/gemini-2.0-flash and -3.8-flash,
// https://docs.cloud.google.com/vertex-ai/generative-ai/docs/models/gemini/3-flash and
// https://docs.cloud.google.com/gemini-enterprise-agent-platform/models/guides/gemini-3-5-flash. How they think: budgets in the
// generation 2.5, of which Pro cannot do without, and levels from 3 on: https://ai.google.dev/gemini-api/docs/thinking. Seen
// 2026-11-24.
const GEMINI: readonly ModelRow[] = [
  { prefix: 'gemini-2.0-flash', window: MEBI, output: 8_192, lacks: ['reasoning', ...TEXT_OUT] },
  {
    prefix: 'gemini-2.5-pro',
    window: MEBI,
    output: 65_536,
    reasoningBy: 'budget',
    lacks: ['reasoningEffortNone', ...TEXT_OUT],
  },
  ...['gemini-2.5-flash', 'gemini-2.5-flash-lite'].map((prefix): ModelRow => {
    return { prefix, window: MEBI, output: 65_536, reasoningBy: 'budget', lacks: TEXT_OUT };
  }),
  ...[
    'gemini-3-pro',
    'gemini-3-flash',
    'gemini-3.1-pro',
    'gemini-3.1-flash-lite',
    'gemini-3.5-flash',
    'gemini-3.8-flash',
  ].map((prefix): ModelRow => {
    return { prefix, window: MEBI, output: 65_536, reasoningBy: 'effort', lacks: ['reasoningEffortNone', ...TEXT_OUT] };
  }),
];

const GOOGLE: readonly ModelRow[] = GEMINI.map((row) => ({ ...row, except: OTHER_KINDS }));

// https://docs.cohere.com/docs/command-a-reasoning and https://docs.cohere.com/docs/models, seen 2026-11-24.
const COHERE: readonly ModelRow[] = [
  { prefix: 'command-a-03-2025', window: 256_000, output: 8_000, lacks: ['reasoning', 'imageInput', ...TEXT_OUT] },
  {
    prefix: 'command-a-reasoning-08-2025',
    window: 256_000,
    output: 32_000,
    reasoningBy: 'budget',
    lacks: ['imageInput', ...TEXT_OUT],
  },
  { prefix: 'command-a-vision-07-2025', window: 128_000, output: 8_000, lacks: ['reasoning', ...TEXT_OUT] },
  ...['command-r-08-2024', 'command-r-plus-08-2024', 'command-r7b-12-2024'].map((prefix): ModelRow => {
    return { prefix, window: 128_000, output: 4_000, lacks: ['reasoning', 'imageInput', ...TEXT_OUT] };
  }),
  { prefix: 'embed-v4.0', window: 128_000, vectors: true, dimensions: [256, 512, 1024, 1536] },
];

// "presencePenalty, frequencyPenalty and stop parameters are not supported by reasoning models": https://docs.x.ai/docs/models;
// efforts: https://docs.x.ai/developers/model-capabilities/text/reasoning. Seen 2026-11-24.
const GROK_REASONING: readonly Feature[] = ['frequencyPenalty', 'presencePenalty', 'stopSequences', ...TEXT_OUT];

const XAI: readonly ModelRow[] = [
  {
    prefix: 'grok-3-mini',
    window: 131_072,
    reasoningBy: 'effort',
    lacks: [...GROK_REASONING, 'imageInput', 'reasoningEffortNone'],
  },
  // It always thinks, and cannot be told how much.
  {
    prefix: 'grok-4',
    except: /fast|code|multi|non-reasoning/,
    window: 256_000,
    lacks: [...GROK_REASONING, 'reasoning'],
  },
  { prefix: 'grok-4.3', window: 1_000_000, reasoningBy: 'effort', lacks: GROK_REASONING },
];

/** Rows of these makers. */
export const OTHER_MAKERS: readonly ModelRow[] = [...GOOGLE, ...COHERE, ...XAI];
