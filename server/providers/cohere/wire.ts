/**
 * What Cohere's Chat API v2 looks like on the wire: only what is read, all of it optional and unchecked.
 * https://docs.cohere.com/v2/reference/chat and /chat-stream, and the types of its TypeScript SDK 8.1.0, read 2026-11-24;
 * usage as the recordings have it.
 */

/** Identifier of the dialect. */
export const DIALECT_ID = 'cohere.v2';

/** A whole reply. */
export interface WireReply {
  readonly id?: unknown;
  readonly message?: unknown;
  readonly finish_reason?: unknown;
  readonly usage?: unknown;
  readonly logprobs?: unknown;
  /** What went wrong, where finish_reason says that something did. */
  readonly error?: unknown;
}

/** A message of the model, or what an event of a stream adds to it: then content, calls and citations are single. */
export interface WireMessage {
  readonly content?: unknown;
  /** What the model means to do with its tools. */
  readonly tool_plan?: unknown;
  readonly tool_calls?: unknown;
  readonly citations?: unknown;
}

/** A content block, or a fragment of one. */
export interface WireContent {
  readonly type?: unknown;
  readonly text?: unknown;
  readonly thinking?: unknown;
}

/** A call of a tool, or a fragment of one. */
export interface WireToolCall {
  readonly id?: unknown;
  readonly function?: unknown;
}

/** A citation: a piece of the answer and what supports it. */
export interface WireCitation {
  readonly start?: unknown;
  readonly end?: unknown;
  readonly text?: unknown;
  readonly sources?: unknown;
  /** Place of the cited block in the content; absent: the text. */
  readonly content_index?: unknown;
  /** TEXT_CONTENT, THINKING_CONTENT or PLAN; absent: of the text. */
  readonly type?: unknown;
}

/** Counts: what the model worked on, and what is charged for, which is far less. */
export interface WireUsage {
  readonly tokens?: unknown;
  readonly billed_units?: unknown;
  /** Part of tokens.input_tokens. */
  readonly cached_tokens?: unknown;
}

/** One event of a stream. */
export interface WireEvent {
  readonly type?: unknown;
  readonly id?: unknown;
  readonly index?: unknown;
  readonly delta?: unknown;
  readonly logprobs?: unknown;
}

/** The delta of an event; the last three are message-end's. */
export interface WireDelta {
  readonly message?: unknown;
  readonly finish_reason?: unknown;
  readonly usage?: unknown;
  readonly error?: unknown;
}

/** What a call without arguments is given. */
export const NO_ARGUMENTS = '{}';

/** How Cohere says that a call has no arguments: JSON's null as the text of the arguments, or nothing. */
export const ABSENT_ARGUMENTS: ReadonlySet<string> = new Set(['', 'null']);

/**
 * Members of a request that the encoder sets or could set, and those that stand for a field of the contract. What has none
 * stays with provider options: safety_mode, citation_options, priority.
 */
export const OWNED_MEMBERS: ReadonlySet<string> = new Set([
  'messages',
  'documents',
  'tools',
  'tool_choice',
  'strict_tools',
  'response_format',
  'max_tokens',
  'temperature',
  'p',
  'k',
  'frequency_penalty',
  'presence_penalty',
  'seed',
  'stop_sequences',
  'logprobs',
  'thinking',
]);
