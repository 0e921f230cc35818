/** OpenAI's SDK: chat completions and responses. Its arguments are the wire itself. */
import type OpenAI from 'openai';
import { openaiChat } from '../../server/providers/openai-chat/index.ts';
import { openaiResponses } from '../../server/providers/openai-responses/index.ts';
import type { Recording } from '../support/recordings.ts';
import { makeTarget } from '../support/targets.ts';
import { CHAT, RESPONSES, type WireLanguage } from '../support/wire/languages.ts';
import { parseInput, type Said, type Sdk } from './sdk.ts';

/** Chat completions, of OpenAI and of all who speak like it. */
export const OPENAI_CHAT: Sdk = {
  package: 'openai',
  call: 'chat.completions',
  folder: 'openai-chat',
  dialect: openaiChat,
  target: makeTarget('openai.chat'),
  toArgument: (body) => body,
  argumentType: () => "import('openai').OpenAI.ChatCompletionCreateParams",
  async send(baseUrl, argument) {
    const client = await openOpenai(baseUrl);
    return client.chat.completions.create(argument as unknown as OpenAI.ChatCompletionCreateParams);
  },
  served: (recording) => servedIn(CHAT, recording),
  async read(baseUrl, stream) {
    const client = await openOpenai(baseUrl);
    const request = { model: 'model-1', messages: [] };
    if (!stream) return sayCompletion(await client.chat.completions.create(request));
    return sayCompletion(await client.chat.completions.stream(request).finalChatCompletion());
  },
};

/** Responses. */
export const OPENAI_RESPONSES: Sdk = {
  package: 'openai',
  call: 'responses',
  folder: 'openai-responses',
  dialect: openaiResponses,
  target: makeTarget('openai.responses'),
  toArgument: (body) => body,
  argumentType: () => "import('openai').OpenAI.Responses.ResponseCreateParams",
  async send(baseUrl, argument) {
    const client = await openOpenai(baseUrl);
    return client.responses.create(argument as unknown as OpenAI.Responses.ResponseCreateParams);
  },
  served: (recording) => servedIn(RESPONSES, recording),
  async read(baseUrl, stream) {
    const client = await openOpenai(baseUrl);
    const request = { model: 'model-1', input: '' };
    if (!stream) return sayResponse(await client.responses.create(request));
    return sayResponse(await client.responses.stream(request).finalResponse());
  },
};

const ANSWERS: ReadonlySet<unknown> = new Set(['stream', 'reply', 'cut stream', 'failing stream', 'broken stream']);

/** A recording that is an answer in a language, whole or not. */
export function servedIn(language: WireLanguage, recording: Recording): Recording | undefined {
  return ANSWERS.has(language.kindOf(recording)) ? recording : undefined;
}

/** A client of a server. */
export async function openOpenai(baseUrl: string): Promise<OpenAI> {
  const { default: Client } = await import('openai');
  return new Client({ apiKey: 'none', baseURL: `${baseUrl}/v1`, maxRetries: 0, logLevel: 'off' });
}

function sayCompletion({ choices, usage }: OpenAI.ChatCompletion): Said {
  const [choice] = choices;
  return {
    text: choice?.message.content ?? '',
    calls: (choice?.message.tool_calls ?? []).map((call) =>
      call.type === 'custom'
        ? { id: call.id, name: call.custom.name, input: call.custom.input }
        : { id: call.id, name: call.function.name, input: parseInput(call.function.arguments) },
    ),
    finish: choice?.finish_reason ?? '',
    inputTokens: usage?.prompt_tokens,
    outputTokens: usage?.completion_tokens,
  };
}

function sayResponse({ output_text, output, status, incomplete_details, usage }: OpenAI.Responses.Response): Said {
  return {
    text: output_text,
    calls: output.flatMap((item) => {
      if (item.type === 'custom_tool_call') return { id: item.call_id, name: item.name, input: item.input };
      if (item.type !== 'function_call') return [];
      return { id: item.call_id, name: item.name, input: parseInput(item.arguments) };
    }),
    finish: incomplete_details?.reason ?? status ?? '',
    inputTokens: usage?.input_tokens,
    outputTokens: usage?.output_tokens,
  };
}
