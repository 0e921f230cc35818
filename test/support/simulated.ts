/** Asks the simulator's script without a clock, and reads what it says. */
import { parseSimulatorSettings, type Script, simulate } from '../../server/providers/simulator/index.ts';

/** A user's message as a request. */
export function ask(content: string, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { model: 'sim', messages: [{ role: 'user', content }], ...more };
}

/** The script that answers a body. */
export function scriptOf(
  body: unknown,
  { settings = {}, path = '/v1/chat/completions', callIndex = 0 }: ScriptOptions = {},
): Script {
  return simulate({ method: 'POST', path, body, callIndex }, parseSimulatorSettings(settings));
}

/** What else may matter for a script. */
export interface ScriptOptions {
  /** As they are written in a configuration. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly path?: string;
  readonly callIndex?: number;
}

/** The whole body of a script. */
export function textOf(script: Script): string {
  return [...script.chunks].map(({ text }) => text).join('');
}

/** The JSON of the events of a stream, without [DONE]. */
export function eventsOf(script: Script): readonly ChatChunk[] {
  const events = textOf(script).split('\n\n').slice(0, -1);
  const texts = events.map((event) => event.replace(/^data: /, '')).filter((text) => text !== '[DONE]');
  return texts.map((text) => JSON.parse(text) as ChatChunk); // The simulator's own words; wrong ones fail the test.
}

/** What tests read of a chat completion. */
export interface ChatReply {
  readonly id: string;
  readonly choices: readonly [
    { readonly message: ChatMessage; readonly finish_reason: string; readonly logprobs: Logprobs | null },
  ];
  readonly usage: ChatUsage;
}

/** What tests read of a stream's chunk. */
export interface ChatChunk {
  readonly choices: readonly {
    readonly delta: Partial<ChatMessage>;
    readonly finish_reason: string | null;
    readonly logprobs: Logprobs | null;
  }[];
  readonly usage?: ChatUsage;
}

/** A message, or a piece of one. */
export interface ChatMessage {
  readonly content: string | null;
  readonly reasoning_content?: string;
  readonly tool_calls?: readonly ChatToolCall[];
}

/** A tool call, or a piece of one. */
export interface ChatToolCall {
  readonly index?: number;
  readonly id?: string;
  readonly type?: string;
  readonly function?: { readonly name?: string; readonly arguments: string };
  readonly custom?: { readonly name?: string; readonly input: string };
}

interface ChatUsage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly completion_tokens_details: { readonly reasoning_tokens: number };
}

interface Logprobs {
  readonly content: readonly {
    readonly token: string;
    readonly logprob: number;
    readonly top_logprobs: readonly { readonly token: string }[];
  }[];
}

/** The unary answer to a body. */
export function replyTo(body: unknown, options?: ScriptOptions): ChatReply {
  return JSON.parse(textOf(scriptOf(body, options))) as ChatReply;
}
