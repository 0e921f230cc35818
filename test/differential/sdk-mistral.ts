/** Mistral's SDK. It names in camel case what the wire names with underscores, and a schema `schemaDefinition`. */
import type { Mistral } from '@mistralai/mistralai';
import type {
  ChatCompletionRequest,
  ChatCompletionResponse,
  ChatCompletionStreamRequest,
  CompletionEvent,
  UsageInfo,
} from '@mistralai/mistralai/models/components';
import { HOSTS } from '../../server/providers/catalog.ts';
import { openaiChat } from '../../server/providers/openai-chat/index.ts';
import type { Recording } from '../support/recordings.ts';
import { makeTarget } from '../support/targets.ts';
import { CHAT } from '../support/wire/languages.ts';
import { toCamelCase } from './camel-case.ts';
import { collect, parseInput, type Said, type SaidCall, type Sdk } from './sdk.ts';
import { servedIn } from './sdk-openai.ts';

/** Chat completions of Mistral. */
export const MISTRAL_CHAT: Sdk = {
  package: '@mistralai/mistralai',
  call: 'chat.complete',
  folder: 'mistral',
  dialect: openaiChat,
  target: makeTarget('openai.chat', { quirks: HOSTS.get('mistral')?.quirks ?? {} }),
  toArgument: (body) =>
    toCamelCase(body, { free: new Set(['parameters', 'schema']), renamed: { schema: 'schemaDefinition' } }),
  argumentType: (stream) =>
    `import('@mistralai/mistralai/models/components').ChatCompletion${stream ? 'Stream' : ''}Request`,
  async send(baseUrl, argument, stream) {
    const { chat } = await openMistral(baseUrl);
    if (stream) return chat.stream(argument as unknown as ChatCompletionStreamRequest);
    return chat.complete(argument as unknown as ChatCompletionRequest);
  },
  served: (recording) => (isMistral(recording) ? servedIn(CHAT, recording) : undefined),
  async read(baseUrl, stream) {
    const { chat } = await openMistral(baseUrl);
    const request = { model: 'model-1', messages: [] };
    if (!stream) return sayReply(await chat.complete(request));
    return sayEvents(await collect(await chat.stream(request)));
  },
};

/** Told by the models' names. */
function isMistral({ text }: Recording): boolean {
  return /"model":\s*"(?:open-)?(?:mistral|magistral|ministral|codestral|devstral|pixtral|voxtral)/.test(text);
}

/** A client of a server. */
export async function openMistral(serverURL: string): Promise<Mistral> {
  const { Mistral: Client } = await import('@mistralai/mistralai');
  return new Client({ apiKey: 'none', serverURL, retryConfig: { strategy: 'none' } });
}

function sayReply({ choices = [], usage }: ChatCompletionResponse): Said {
  const [choice] = choices;
  return {
    text: sayContent(choice?.message?.content),
    calls: sayCalls(choice?.message?.toolCalls),
    finish: choice?.finishReason ?? '',
    ...sayUsage(usage),
  };
}

function sayEvents(events: readonly CompletionEvent[]): Said {
  const choices = events.flatMap(({ data }) => data.choices[0] ?? []);
  return {
    text: choices.map(({ delta }) => sayContent(delta.content)).join(''),
    calls: choices.flatMap(({ delta }) => sayCalls(delta.toolCalls)),
    finish: choices.findLast(({ finishReason }) => finishReason)?.finishReason ?? '',
    ...sayUsage(events.findLast(({ data }) => data.usage !== undefined)?.data.usage),
  };
}

type Content = string | readonly { readonly type?: string; readonly text?: string }[] | null | undefined;

function sayContent(content: unknown): string {
  const known = content as Content;
  if (typeof known === 'string') return known;
  return (known ?? []).map(({ type, text = '' }) => (type === 'text' ? text : '')).join('');
}

type Calls = NonNullable<NonNullable<ChatCompletionResponse['choices']>[number]['message']>['toolCalls'];

/** Each comes whole, in a stream too. */
function sayCalls(calls: Calls): readonly SaidCall[] {
  return (calls ?? []).map(({ id, function: { name, arguments: input } }) => {
    return { id, name, input: typeof input === 'string' ? parseInput(input) : input };
  });
}

function sayUsage(usage: UsageInfo | undefined): Pick<Said, 'inputTokens' | 'outputTokens'> {
  return { inputTokens: usage?.promptTokens, outputTokens: usage?.completionTokens };
}
