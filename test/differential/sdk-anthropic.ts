/** Anthropic's SDK. Its arguments are the wire itself. */
import type Anthropic from '@anthropic-ai/sdk';
import { anthropicMessages } from '../../server/providers/anthropic/index.ts';
import { makeTarget } from '../support/targets.ts';
import { ANTHROPIC } from '../support/wire/languages.ts';
import type { Said, Sdk } from './sdk.ts';
import { servedIn } from './sdk-openai.ts';

/** Messages. */
export const ANTHROPIC_MESSAGES: Sdk = {
  package: '@anthropic-ai/sdk',
  call: 'messages',
  folder: 'anthropic',
  dialect: anthropicMessages,
  target: makeTarget('anthropic.messages'),
  toArgument: (body) => body,
  argumentType: () => "import('@anthropic-ai/sdk').Anthropic.MessageCreateParams",
  async send(baseUrl, argument) {
    const client = await open(baseUrl);
    return client.messages.create(argument as unknown as Anthropic.MessageCreateParams);
  },
  served: (recording) => servedIn(ANTHROPIC, recording),
  async read(baseUrl, stream) {
    const client = await open(baseUrl);
    const request = { model: 'model-1', max_tokens: 1, messages: [] };
    if (!stream) return sayMessage(await client.messages.create(request));
    return sayMessage(await client.messages.stream(request).finalMessage());
  },
};

async function open(baseURL: string): Promise<Anthropic> {
  const { default: Client } = await import('@anthropic-ai/sdk');
  return new Client({ apiKey: 'none', baseURL, maxRetries: 0 });
}

/** What was read is in three counts: https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching, read 2026-11-24. */
function sayMessage({ content, stop_reason, usage }: Anthropic.Message): Said {
  return {
    text: content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
    calls: content.flatMap((block) => {
      return block.type === 'tool_use' ? { id: block.id, name: block.name, input: block.input } : [];
    }),
    finish: stop_reason ?? '',
    inputTokens: usage.input_tokens + (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0),
    outputTokens: usage.output_tokens,
  };
}
