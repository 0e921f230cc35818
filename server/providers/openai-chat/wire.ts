/**
 * What chat completions look like on the wire: only what is read, all of it optional and unchecked, as hosts differ.
 * https://platform.openai.com/docs/api-reference/chat (seen 2026-11-24); custom tools in streams by
 * https://github.com/openai/openai-openapi/issues/576; reasoning, citations and usage as the recordings have them.
 */

/** Identifier of the dialect. */
export const DIALECT_ID = 'openai.chat';

/** A whole reply, or one chunk of a stream. */
export interface WireReply {
  readonly id?: unknown;
  readonly model?: unknown;
  readonly choices?: unknown;
  readonly usage?: unknown;
  readonly service_tier?: unknown;
  /** Groq: usage once more, in early streams only here. */
  readonly x_groq?: unknown;
  /** Perplexity: URLs that the text refers to as [1], [2], …, and what is known of them. */
  readonly citations?: unknown;
  readonly search_results?: unknown;
  readonly error?: unknown;
}

/** One choice; only the one with index 0 is asked for. */
export interface WireChoice {
  readonly index?: unknown;
  readonly message?: unknown;
  readonly delta?: unknown;
  readonly finish_reason?: unknown;
  readonly logprobs?: unknown;
  /** OpenRouter: what went wrong while the answer was generated. */
  readonly error?: unknown;
  /** vLLM and SGLang: the stop sequence, or the number of the token, that ended the answer. */
  readonly stop_reason?: unknown;
  readonly matched_stop?: unknown;
}

/** A message, or what a chunk adds to it. */
export interface WireMessage {
  /** Text, or (Mistral) a list of chunks. */
  readonly content?: unknown;
  readonly refusal?: unknown;
  /** DeepSeek, xAI, Alibaba, vLLM. */
  readonly reasoning_content?: unknown;
  /** Groq, OpenRouter. */
  readonly reasoning?: unknown;
  /** OpenRouter: the same with signatures and encrypted pieces. */
  readonly reasoning_details?: unknown;
  readonly tool_calls?: unknown;
  /** OpenAI before tools. */
  readonly function_call?: unknown;
  readonly annotations?: unknown;
  readonly audio?: unknown;
  /** OpenRouter: images that the model made. */
  readonly images?: unknown;
}

/** A tool call, or a fragment of it. */
export interface WireToolCall {
  readonly index?: unknown;
  readonly id?: unknown;
  readonly type?: unknown;
  readonly function?: unknown;
  readonly custom?: unknown;
  /** Gemini's compatible endpoint: thought signatures. */
  readonly extra_content?: unknown;
}

/** Counts of a reply. */
export interface WireUsage {
  readonly prompt_tokens?: unknown;
  readonly completion_tokens?: unknown;
  readonly total_tokens?: unknown;
  readonly prompt_tokens_details?: unknown;
  readonly completion_tokens_details?: unknown;
  /** Mistral: prompt_tokens_details under another name, the cached tokens once more, and the tier. */
  readonly prompt_token_details?: unknown;
  readonly num_cached_tokens?: unknown;
  readonly service_tier?: unknown;
  /** DeepSeek. */
  readonly prompt_cache_hit_tokens?: unknown;
  /** SGLang. */
  readonly reasoning_tokens?: unknown;
}

/** What an error says of itself. */
export interface WireError {
  readonly message?: unknown;
  readonly type?: unknown;
  readonly code?: unknown;
  readonly param?: unknown;
  /** Azure. */
  readonly innererror?: unknown;
  /** OpenRouter. */
  readonly metadata?: unknown;
}

/** Kinds of opaque state: what replies carry beside the contract's words, and where requests take it back. */
export const STATE = {
  reasoningDetails: 'reasoning_details',
  thinkingSignature: 'thinking_signature',
  extraContent: 'extra_content',
  audioId: 'audio_id',
} as const;

/** Types of content chunks that are kept as opaque items and can be sent back. */
export const REPLAYABLE_ITEMS: ReadonlySet<string> = new Set(['tool_reference']);

/** Members of a request that the encoder sets or could set, and older names of the same things. */
export const OWNED_MEMBERS: ReadonlySet<string> = new Set([
  'messages',
  'tools',
  'tool_choice',
  'functions',
  'function_call',
  'parallel_tool_calls',
  'response_format',
  'reasoning_effort',
  'verbosity',
  'logprobs',
  'top_logprobs',
  'modalities',
  'service_tier',
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'top_k',
  'frequency_penalty',
  'presence_penalty',
  'seed',
  'random_seed',
  'stop',
  'user',
  'safety_identifier',
  'prompt_cache_key',
]);
