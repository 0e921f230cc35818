/** Cohere's SDK. It names in camel case what the wire names with underscores, but not what lies in schemas and documents. */
import type { Cohere, CohereClient } from 'cohere-ai';
import { cohereV2 } from '../../server/providers/cohere/index.ts';
import { makeTarget } from '../support/targets.ts';
import { COHERE } from '../support/wire/languages.ts';
import { toCamelCase } from './camel-case.ts';
import { collect, parseInput, type Said, type Sdk } from './sdk.ts';
import { servedIn } from './sdk-openai.ts';

/** Chat of the API v2. */
export const COHERE_CHAT: Sdk = {
  package: 'cohere-ai',
  call: 'v2.chat',
  folder: 'cohere',
  dialect: cohereV2,
  target: makeTarget('cohere.v2'),
  toArgument({ stream: _chosenByTheCall, ...body }) {
    return toCamelCase(body, { free: new Set(['parameters', 'json_schema', 'data']) });
  },
  argumentType: (stream) => `import('cohere-ai').Cohere.V2Chat${stream ? 'Stream' : ''}Request`,
  async send(baseUrl, argument, stream) {
    const { v2 } = await openCohere(baseUrl);
    if (stream) return v2.chatStream(argument as unknown as Cohere.V2ChatStreamRequest);
    return v2.chat(argument as unknown as Cohere.V2ChatRequest);
  },
  served: (recording) => servedIn(COHERE, recording),
  async read(baseUrl, stream) {
    const { v2 } = await openCohere(baseUrl);
    const request = { model: 'model-1', messages: [] };
    if (!stream) return sayReply(await v2.chat(request));
    return sayEvents(await collect(await v2.chatStream(request)));
  },
};

/** A client of a server. */
export async function openCohere(baseUrl: string): Promise<CohereClient> {
  const { CohereClient: Client } = await import('cohere-ai');
  return new Client({ token: 'none', environment: baseUrl, maxRetries: 0 });
}

function sayReply({ message, finishReason, usage }: Cohere.V2ChatResponse): Said {
  return {
    text: (message.content ?? []).map((block) => (block.type === 'text' ? block.text : '')).join(''),
    calls: (message.toolCalls ?? []).map((call) => ({
      id: call.id,
      name: call.function?.name ?? '',
      input: parseInput(call.function?.arguments ?? ''),
    })),
    finish: finishReason,
    ...sayUsage(usage),
  };
}

function sayUsage(usage: Cohere.Usage | undefined): Pick<Said, 'inputTokens' | 'outputTokens'> {
  return { inputTokens: usage?.tokens?.inputTokens, outputTokens: usage?.tokens?.outputTokens };
}

function sayEvents(events: readonly Cohere.V2ChatStreamResponse[]): Said {
  const calls: { id: string | undefined; name: string; json: string }[] = [];
  let text = '';
  let end: Cohere.ChatMessageEndEventDelta | undefined;
  for (const event of events) {
    if (event.type === 'content-delta') text += event.delta?.message?.content?.text ?? '';
    if (event.type === 'tool-call-start') {
      const call = event.delta?.message?.toolCalls;
      calls.push({ id: call?.id, name: call?.function?.name ?? '', json: call?.function?.arguments ?? '' });
    }
    const call = calls.at(-1);
    if (event.type === 'tool-call-delta' && call)
      call.json += event.delta?.message?.toolCalls?.function?.arguments ?? '';
    if (event.type === 'message-end') end = event.delta;
  }
  return {
    text,
    calls: calls.map(({ id, name, json }) => ({ id, name, input: parseInput(json) })),
    finish: end?.finishReason ?? '',
    ...sayUsage(end?.usage),
  };
}
