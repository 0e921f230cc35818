/**
 * What is known of providers' models, by their names. A table of prefixes: the longest that fits wins, and what fits none
 * is unknown, which means that nothing is held against it. Numbers of tokens are from the model pages of the providers;
 * OpenAI's as gpt-tokenizer 4.0.0 keeps them, Anthropic's from https://platform.claude.com/docs/en/about-claude/models,
 * both seen 2026-11-24.
 */
import type { Capabilities, Feature } from '../model/target.ts';
import type { ModelRow } from './model-row.ts';
import { OTHER_MAKERS } from './other-makers.ts';

/** What a model's name tells. */
export interface ModelTraits {
  readonly capabilities: Capabilities;
  /** Whether the name is in the table: if not, the capabilities are only the absence of knowledge. */
  readonly known: boolean;
  /** Whether the model makes vectors and not text. */
  readonly makesVectors: boolean;
}

// "Reasoning models generally allow no sampling parameters": https://platform.openai.com/docs/guides/reasoning, seen
// 2026-11-24. From gpt-5.1 on they are allowed with effort none only, which a static table cannot say: a deployment that
// is always used so lists them under `honours`.
const NO_SAMPLING: readonly Feature[] = ['temperature', 'topP', 'frequencyPenalty', 'presencePenalty', 'logprobs'];
const NO_SOUND: readonly Feature[] = ['audioInput', 'audioOutput'];
const OPENAI_REASONING: readonly Feature[] = [...NO_SAMPLING, ...NO_SOUND];
/** Before gpt-5.1 reasoning could be made short, but not turned off; stop was refused by o3 and later. */
const OPENAI_ALWAYS_REASONING: readonly Feature[] = [...OPENAI_REASONING, 'reasoningEffortNone'];
const O_SERIES: readonly Feature[] = [...OPENAI_ALWAYS_REASONING, 'verbosity', 'customTools'];
const PLAIN: readonly Feature[] = ['reasoning', 'verbosity', 'customTools', ...NO_SOUND];

const OPENAI: readonly ModelRow[] = [
  { prefix: 'o1', window: 200_000, output: 100_000, reasoningBy: 'effort', lacks: [...O_SERIES, 'parallelToolCalls'] },
  { prefix: 'o1-mini', window: 128_000, output: 65_536, lacks: [...O_SERIES, ...o1PreviewLacks()] },
  { prefix: 'o1-preview', window: 128_000, output: 32_768, lacks: [...O_SERIES, ...o1PreviewLacks()] },
  { prefix: 'o3', window: 200_000, output: 100_000, reasoningBy: 'effort', lacks: [...O_SERIES, 'stopSequences'] },
  {
    prefix: 'o3-mini',
    window: 200_000,
    output: 100_000,
    reasoningBy: 'effort',
    lacks: [...O_SERIES, 'parallelToolCalls', 'imageInput', 'documentInput'],
  },
  { prefix: 'o4-mini', window: 200_000, output: 100_000, reasoningBy: 'effort', lacks: [...O_SERIES, 'stopSequences'] },
  { prefix: 'gpt-5', window: 400_000, output: 128_000, reasoningBy: 'effort', lacks: gpt5Lacks() },
  { prefix: 'gpt-5.1', window: 400_000, output: 128_000, reasoningBy: 'effort', lacks: OPENAI_REASONING },
  { prefix: 'gpt-5.2', window: 400_000, output: 128_000, reasoningBy: 'effort', lacks: OPENAI_REASONING },
  { prefix: 'gpt-5.3', window: 400_000, output: 128_000, reasoningBy: 'effort', lacks: OPENAI_REASONING },
  { prefix: 'gpt-5.4', window: 1_050_000, output: 128_000, reasoningBy: 'effort', lacks: OPENAI_REASONING },
  { prefix: 'gpt-5.4-mini', window: 400_000, output: 128_000, reasoningBy: 'effort', lacks: OPENAI_REASONING },
  { prefix: 'gpt-5.4-nano', window: 400_000, output: 128_000, reasoningBy: 'effort', lacks: OPENAI_REASONING },
  { prefix: 'gpt-5.5', window: 1_050_000, output: 128_000, reasoningBy: 'effort', lacks: OPENAI_REASONING },
  { prefix: 'gpt-5.6', window: 1_050_000, output: 128_000, reasoningBy: 'effort', lacks: OPENAI_REASONING },
  { prefix: 'gpt-5.6-cyber', window: 400_000, output: 128_000, reasoningBy: 'effort', lacks: OPENAI_REASONING },
  { prefix: 'gpt-5-chat', window: 128_000, output: 16_384, lacks: PLAIN },
  { prefix: 'gpt-5.1-chat', window: 128_000, output: 16_384, lacks: PLAIN },
  { prefix: 'gpt-5.2-chat', window: 128_000, output: 16_384, lacks: PLAIN },
  { prefix: 'gpt-5.3-chat', window: 128_000, output: 16_384, lacks: PLAIN },
  { prefix: 'chat-latest', window: 400_000, output: 128_000, lacks: PLAIN },
  { prefix: 'gpt-4.1', window: 1_047_576, output: 32_768, lacks: PLAIN },
  { prefix: 'gpt-4o', window: 128_000, output: 16_384, lacks: PLAIN },
  { prefix: 'gpt-4o-2024-05-13', window: 128_000, output: 4_096, lacks: [...PLAIN, 'jsonSchema', 'strictTools'] },
  { prefix: 'gpt-4o-audio', window: 128_000, output: 16_384, lacks: audioModelLacks() },
  { prefix: 'gpt-4o-mini-audio', window: 128_000, output: 16_384, lacks: audioModelLacks() },
  { prefix: 'gpt-audio', window: 128_000, output: 16_384, lacks: audioModelLacks() },
  { prefix: 'chatgpt-4o', window: 128_000, output: 16_384, lacks: [...PLAIN, 'tools', 'jsonSchema'] },
  { prefix: 'gpt-4-turbo', window: 128_000, output: 4_096, lacks: [...PLAIN, 'jsonSchema', 'strictTools'] },
  { prefix: 'gpt-4', window: 8_192, output: 8_192, lacks: textOnlyLacks() },
  { prefix: 'gpt-4-1106', window: 128_000, output: 4_096, lacks: textOnlyLacks() },
  { prefix: 'gpt-4-0125', window: 128_000, output: 4_096, lacks: textOnlyLacks() },
  { prefix: 'gpt-4-32k', window: 32_768, output: 8_192, lacks: textOnlyLacks() },
  { prefix: 'gpt-3.5-turbo', window: 16_385, output: 4_096, lacks: textOnlyLacks() },
  { prefix: 'gpt-oss', window: 131_072, output: 131_072, reasoningBy: 'effort', lacks: [...NO_SOUND, 'imageInput'] },
  { prefix: 'text-embedding-3-small', window: 8_192, vectors: true },
  { prefix: 'text-embedding-3-large', window: 8_192, vectors: true },
  { prefix: 'text-embedding-ada-002', window: 8_192, vectors: true, dimensions: [1536] },
];

// How Claude models think: https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking; what the newer ones
// refuse: the migration guides of the model pages, for instance .../models/opus-5-5/migration-guide. Seen 2026-11-24.
const CLAUDE_NO_SAMPLING: readonly Feature[] = ['temperature', 'topP', 'topK'];
const CLAUDE_5_5: readonly Feature[] = [...CLAUDE_NO_SAMPLING, 'reasoningEffortNone', 'forcedToolChoice'];
const BEFORE_SCHEMAS: readonly Feature[] = ['jsonSchema', 'strictTools'];

const ANTHROPIC: readonly ModelRow[] = [
  { prefix: 'claude-3-haiku', window: 200_000, output: 4_096, lacks: ['reasoning', ...BEFORE_SCHEMAS] },
  { prefix: 'claude-3-opus', window: 200_000, output: 4_096, lacks: ['reasoning', ...BEFORE_SCHEMAS] },
  { prefix: 'claude-3-5', window: 200_000, output: 8_192, lacks: ['reasoning', ...BEFORE_SCHEMAS] },
  { prefix: 'claude-3-7-sonnet', window: 200_000, output: 64_000, reasoningBy: 'budget', lacks: BEFORE_SCHEMAS },
  { prefix: 'claude-opus-4', window: 200_000, output: 32_000, reasoningBy: 'budget', lacks: BEFORE_SCHEMAS },
  { prefix: 'claude-opus-4-0', window: 200_000, output: 32_000, reasoningBy: 'budget', lacks: BEFORE_SCHEMAS },
  { prefix: 'claude-opus-4-1', window: 200_000, output: 32_000, reasoningBy: 'budget' },
  { prefix: 'claude-opus-4-5', window: 200_000, output: 64_000, reasoningBy: 'budget' },
  { prefix: 'claude-opus-4-6', window: 1_000_000, output: 128_000, reasoningBy: 'adaptive' },
  { prefix: 'claude-opus-4-7', window: 1_000_000, output: 128_000, reasoningBy: 'adaptive', lacks: CLAUDE_NO_SAMPLING },
  { prefix: 'claude-opus-4-8', window: 1_000_000, output: 128_000, reasoningBy: 'adaptive', lacks: CLAUDE_NO_SAMPLING },
  { prefix: 'claude-opus-5', window: 1_000_000, output: 128_000, reasoningBy: 'adaptive', lacks: CLAUDE_NO_SAMPLING },
  { prefix: 'claude-opus-5-5', window: 1_000_000, output: 128_000, reasoningBy: 'adaptive', lacks: CLAUDE_5_5 },
  { prefix: 'claude-sonnet-4', window: 200_000, output: 64_000, reasoningBy: 'budget', lacks: BEFORE_SCHEMAS },
  { prefix: 'claude-sonnet-4-0', window: 200_000, output: 64_000, reasoningBy: 'budget', lacks: BEFORE_SCHEMAS },
  { prefix: 'claude-sonnet-4-5', window: 200_000, output: 64_000, reasoningBy: 'budget' },
  { prefix: 'claude-sonnet-4-6', window: 1_000_000, output: 64_000, reasoningBy: 'adaptive' },
  { prefix: 'claude-sonnet-5', window: 1_000_000, output: 128_000, reasoningBy: 'adaptive', lacks: CLAUDE_NO_SAMPLING },
  { prefix: 'claude-sonnet-5-5', window: 1_000_000, output: 128_000, reasoningBy: 'adaptive', lacks: CLAUDE_5_5 },
  { prefix: 'claude-haiku-4-5', window: 200_000, output: 64_000, reasoningBy: 'budget' },
  {
    prefix: 'claude-haiku-5-5',
    window: 1_000_000,
    output: 128_000,
    reasoningBy: 'adaptive',
    lacks: CLAUDE_NO_SAMPLING,
  },
  {
    prefix: 'claude-fable-5',
    window: 1_000_000,
    output: 128_000,
    reasoningBy: 'adaptive',
    lacks: [...CLAUDE_NO_SAMPLING, 'reasoningEffortNone'],
  },
  { prefix: 'claude-fable-5-1', window: 1_000_000, output: 128_000, reasoningBy: 'adaptive', lacks: CLAUDE_5_5 },
  { prefix: 'claude-fable-5-2', window: 1_000_000, output: 128_000, reasoningBy: 'adaptive', lacks: CLAUDE_5_5 },
];

/** Longest prefix first, so that the first that fits is the most particular. */
const ROWS: readonly ModelRow[] = [...OPENAI, ...ANTHROPIC, ...OTHER_MAKERS].sort(
  (a, b) => b.prefix.length - a.prefix.length,
);

/** Names under which open models that make vectors are served. */
const VECTOR_NAME = /(^|[^a-z])(embed|embedding|embeddings|bge|gte|e5|minilm)([^a-z]|$)/i;

const UNKNOWN: Capabilities = {
  contextWindowTokens: undefined,
  maxOutputTokens: undefined,
  lacks: new Set(),
  reasoningBy: undefined,
  dimensions: [],
};

/**
 * Bedrock's names: perhaps an ARN, perhaps a region, the maker, and the name at home
 * (https://docs.aws.amazon.com/bedrock/latest/userguide/models-supported.html, seen 2026-11-24).
 */
const ON_BEDROCK = /^(?:arn:[^/]*\/)?(?:[a-z-]{2,6}\.|global\.)?(?:anthropic|cohere|openai)\.(?=[a-z])/;

/** What is known of a model by the provider's name for it. Unknown models lack nothing. Pure. */
export function modelTraits(upstreamModel: string): ModelTraits {
  const name = upstreamModel.replace(ON_BEDROCK, '');
  const row = ROWS.find(({ prefix, except }) => fits(name, prefix) && except?.test(name) !== true);
  if (row === undefined) {
    return { capabilities: UNKNOWN, known: false, makesVectors: VECTOR_NAME.test(upstreamModel) };
  }
  const capabilities: Capabilities = {
    contextWindowTokens: row.window,
    maxOutputTokens: row.output,
    lacks: new Set(row.lacks),
    reasoningBy: row.reasoningBy,
    dimensions: row.dimensions ?? [],
  };
  return { capabilities, known: true, makesVectors: row.vectors === true };
}

/**
 * Whether a name is the prefix, or goes on after it with a new word: o1 fits o1-2024-12-17, and not o10. A further number
 * of one or two digits is a later version, of which nothing is known: claude-opus-4 does not fit claude-opus-4-9.
 */
function fits(name: string, prefix: string): boolean {
  return name.startsWith(prefix) && !/^([a-z0-9.]|-\d{1,2}(?![a-z0-9]))/i.test(name.slice(prefix.length));
}

function o1PreviewLacks(): readonly Feature[] {
  return ['systemRole', 'tools', 'jsonObject', 'jsonSchema', 'imageInput', 'documentInput', 'reasoning'];
}

function gpt5Lacks(): readonly Feature[] {
  return [...OPENAI_ALWAYS_REASONING, 'stopSequences'];
}

function audioModelLacks(): readonly Feature[] {
  return ['reasoning', 'verbosity', 'customTools', 'imageInput', 'documentInput', 'jsonSchema'];
}

function textOnlyLacks(): readonly Feature[] {
  return [...PLAIN, 'imageInput', 'documentInput', 'jsonSchema', 'strictTools'];
}
