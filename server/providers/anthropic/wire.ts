/**
 * What Anthropic's Messages API sends, as far as it is read. Every member is optional and of unknown type: replies come
 * from relays and proxies too, and are checked where they are read.
 * https://platform.claude.com/docs/en/api/messages, and the types of its TypeScript SDK 1.12.0, read 2026-11-24.
 */

/** A whole reply, and the message of a message_start event. */
export interface WireMessage {
  /** "message"; "error" where the reply is an error with status 200. */
  readonly type?: unknown;
  readonly id?: unknown;
  readonly model?: unknown;
  readonly content?: unknown;
  readonly stop_reason?: unknown;
  readonly stop_sequence?: unknown;
  readonly stop_details?: unknown;
  readonly usage?: unknown;
  readonly error?: unknown;
}

/** A content block of any type. */
export interface WireBlock {
  readonly type?: unknown;
  /** text */
  readonly text?: unknown;
  readonly citations?: unknown;
  /** thinking */
  readonly thinking?: unknown;
  readonly signature?: unknown;
  /** redacted_thinking */
  readonly data?: unknown;
  /** tool_use */
  readonly id?: unknown;
  readonly name?: unknown;
  readonly input?: unknown;
  readonly caller?: unknown;
  readonly toolset_name?: unknown;
}

/** Counts of a reply, of message_start or of message_delta. The parts of the input do not overlap. */
export interface WireUsage {
  /** Neither read from nor written to the cache. */
  readonly input_tokens?: unknown;
  readonly cache_read_input_tokens?: unknown;
  readonly cache_creation_input_tokens?: unknown;
  /** cache_creation_input_tokens by lifetime: ephemeral_5m_input_tokens, ephemeral_1h_input_tokens. */
  readonly cache_creation?: unknown;
  readonly output_tokens?: unknown;
  /** thinking_tokens: part of output_tokens. */
  readonly output_tokens_details?: unknown;
  /** web_search_requests and the like. */
  readonly server_tool_use?: unknown;
  readonly service_tier?: unknown;
  readonly inference_geo?: unknown;
}

/** One event of a stream. */
export interface WireEvent {
  readonly type?: unknown;
  readonly index?: unknown;
  /** message_start */
  readonly message?: unknown;
  /** content_block_start */
  readonly content_block?: unknown;
  /** content_block_delta, message_delta */
  readonly delta?: unknown;
  /** message_delta */
  readonly usage?: unknown;
  /** error */
  readonly error?: unknown;
}

/** The delta of a content_block_delta or message_delta event. */
export interface WireDelta {
  readonly type?: unknown;
  readonly text?: unknown;
  readonly thinking?: unknown;
  readonly signature?: unknown;
  readonly partial_json?: unknown;
  readonly citation?: unknown;
  readonly stop_reason?: unknown;
  readonly stop_sequence?: unknown;
  readonly stop_details?: unknown;
}

/** An error, in a reply or in a stream. */
export interface WireError {
  readonly type?: unknown;
  readonly message?: unknown;
  /** error_code: the narrower name of some errors. */
  readonly details?: unknown;
}

/** Type of server-side reasoning state: OpaqueState.kind of a thinking block's signature. */
export const SIGNATURE = 'signature';

/** OpaqueState.kind of a redacted_thinking block's data. */
export const REDACTED_THINKING = 'redacted_thinking';

/** OpaqueState.kind of who called a tool where it was not the model itself, as JSON. */
export const CALLER = 'caller';

/** OpaqueState.kind of the family of a toolset's tool. */
export const TOOLSET_NAME = 'toolset_name';
