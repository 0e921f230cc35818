/** Chat completions: an answer in openai-chat's wire, whole or as a stream of chunks. */

import type { JsonObject } from '../shared/json.ts';
import { type Answer, composeAnswer, countOutputTokens } from './answer.ts';
import { logprobOf } from './logprobs.ts';
import { hashText, seededRandom } from './random.ts';
import { jsonScript, type Script, type ScriptChunk, sseScript } from './script.ts';
import type { SimulatorSettings } from './settings.ts';
import type { PlannedCall } from './tool-calls.ts';
import { type ChatRequest, readChatRequest } from './wire.ts';

/** Seconds since 1970 of every answer: it repeats with the rest. 2026-01-01. */
export const CREATED = 1_767_225_600;

/** Everything that the words of the wire are made from. */
interface Reply {
  readonly request: ChatRequest;
  readonly answer: Answer;
  /** Hexadecimal; distinguishes replies to different requests. */
  readonly key: string;
  readonly settings: SimulatorSettings;
}

/**
 * The script of a chat completion. A request has the same answer whether it is streamed or not.
 * @throws RequestError, SchemaError
 */
export function chatScript(body: JsonObject, settings: SimulatorSettings): Script {
  const request = readChatRequest(body);
  const { stream: _stream, stream_options: _options, ...asked } = body;
  const hash = hashText(JSON.stringify(asked), settings.seed);
  const answer = composeAnswer(request, seededRandom(hash));
  const reply = { request, answer, key: hash.toString(16).padStart(8, '0'), settings };
  if (request.stream) return sseScript(streamChunks(reply));
  const lastTokenMs = Math.max(0, countOutputTokens(answer) - 1) * settings.tokenMs;
  return jsonScript(200, completion(reply), settings.firstTokenMs + lastTokenMs);
}

function completion({ request, answer, key }: Reply): unknown {
  const content = answer.calls.length > 0 ? null : answer.content.join('');
  return {
    id: `chatcmpl-${key}`,
    object: 'chat.completion',
    created: CREATED,
    model: request.model,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content,
          refusal: null,
          ...(answer.reasoning.length > 0 && { reasoning_content: answer.reasoning.join('') }),
          ...(answer.calls.length > 0 && {
            tool_calls: answer.calls.map(({ call, tokens }, index) =>
              wireCall(call, callId(key, index), tokens.join('')),
            ),
          }),
        },
        logprobs: request.logprobs
          ? { content: answer.content.map((token, place) => logprobOf(token, place, request.topLogprobs)) }
          : null,
        finish_reason: answer.finishReason,
      },
    ],
    usage: usageOf(request, answer),
    system_fingerprint: FINGERPRINT,
  };
}

const FINGERPRINT = 'fp_simulator';

function wireCall({ tool: { kind, name } }: PlannedCall, id: string, input: string): JsonObject {
  return kind === 'custom'
    ? { id, type: kind, custom: { name, input } }
    : { id, type: kind, function: { name, arguments: input } };
}

function callId(key: string, index: number): string {
  return `call_${key}${index}`;
}

function usageOf({ promptTokens }: ChatRequest, answer: Answer): unknown {
  const completionTokens = countOutputTokens(answer);
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: answer.reasoning.length, audio_tokens: 0 },
  };
}

function* streamChunks(reply: Reply): Iterable<ScriptChunk> {
  const { request, answer, key, settings } = reply;
  const head = `data: {"id":"chatcmpl-${key}","object":"chat.completion.chunk","created":${CREATED},"model":${JSON.stringify(request.model)},"system_fingerprint":"${FINGERPRINT}",`;
  let atMs = settings.firstTokenMs;
  yield { atMs, text: chunk(head, '{"role":"assistant","content":"","refusal":null}') };
  let count = 0;
  for (const { delta, logprobs } of deltas(reply)) {
    if (count++ > 0) atMs += settings.tokenMs;
    yield { atMs, text: chunk(head, delta, logprobs) };
  }
  yield { atMs, text: chunk(head, '{}', 'null', `"${answer.finishReason}"`) };
  if (request.includeUsage)
    yield { atMs, text: `${head}"choices":[],"usage":${JSON.stringify(usageOf(request, answer))}}\n\n` };
  yield { atMs, text: 'data: [DONE]\n\n' };
}

/** Written by hand: a chunk a token is what an undelayed simulator spends its time on. All arguments are JSON. */
function chunk(head: string, delta: string, logprobs = 'null', finishReason = 'null'): string {
  return `${head}"choices":[{"index":0,"delta":${delta},"logprobs":${logprobs},"finish_reason":${finishReason}}]}\n\n`;
}

/** The answer token by token. All members are JSON. */
function* deltas({ request, answer, key }: Reply): Iterable<{ readonly delta: string; readonly logprobs?: string }> {
  for (const token of answer.reasoning) yield { delta: `{"reasoning_content":${JSON.stringify(token)}}` };
  for (const [place, token] of answer.content.entries()) {
    const delta = `{"content":${JSON.stringify(token)}}`;
    if (!request.logprobs) yield { delta };
    else yield { delta, logprobs: `{"content":[${JSON.stringify(logprobOf(token, place, request.topLogprobs))}]}` };
  }
  for (const [index, { call, tokens }] of answer.calls.entries()) {
    yield { delta: JSON.stringify({ tool_calls: [{ index, ...wireCall(call, callId(key, index), '') }] }) };
    for (const token of tokens) {
      const piece = call.tool.kind === 'custom' ? { custom: { input: token } } : { function: { arguments: token } };
      yield { delta: JSON.stringify({ tool_calls: [{ index, ...piece }] }) };
    }
  }
}
