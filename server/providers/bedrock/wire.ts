/**
 * What Bedrock's Converse API sends, as far as it is read. Every member is optional and of unknown type, and checked where it
 * is read. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html, and the types of its JavaScript SDK
 * (@aws-sdk/client-bedrock-runtime 3.1164.0), read 2026-11-24.
 */

/** A whole reply. */
export interface WireReply {
  /** message: {role, content} */
  readonly output?: unknown;
  readonly stopReason?: unknown;
  readonly usage?: unknown;
  readonly serviceTier?: unknown;
  readonly trace?: unknown;
  readonly additionalModelResponseFields?: unknown;
}

/** A content block of a reply: an object with one member, which names its kind. */
export interface WireBlock {
  readonly text?: unknown;
  readonly reasoningContent?: unknown;
  readonly toolUse?: unknown;
  readonly citationsContent?: unknown;
  readonly image?: unknown;
}

/** toolUse of a block, or of the start of one. */
export interface WireToolUse {
  readonly toolUseId?: unknown;
  readonly name?: unknown;
  readonly input?: unknown;
  /** "server_tool_use": the provider itself runs it. */
  readonly type?: unknown;
}

/** Counts of a reply or of a metadata event. The parts of the input do not overlap. */
export interface WireUsage {
  /** Neither read from nor written to the cache. */
  readonly inputTokens?: unknown;
  readonly outputTokens?: unknown;
  readonly cacheReadInputTokens?: unknown;
  readonly cacheWriteInputTokens?: unknown;
  /** What was written by lifetime: [{ttl: "5m" | "1h", inputTokens}]. */
  readonly cacheDetails?: unknown;
  readonly serverToolUsage?: unknown;
}

/** The payload of any event of a stream; its name stands beside it. */
export interface WireEvent {
  readonly contentBlockIndex?: unknown;
  /** contentBlockStart: {toolUse} or {image}; text and reasoning begin without one. */
  readonly start?: unknown;
  /** contentBlockDelta */
  readonly delta?: unknown;
  /** messageStop */
  readonly stopReason?: unknown;
  readonly additionalModelResponseFields?: unknown;
  /** metadata */
  readonly usage?: unknown;
  readonly serviceTier?: unknown;
  readonly trace?: unknown;
}

/** The delta of a block: one member, which names its kind. */
export interface WireDelta {
  readonly text?: unknown;
  /** {text}, {signature} or {redactedContent} */
  readonly reasoningContent?: unknown;
  /** {input}: a fragment of JSON */
  readonly toolUse?: unknown;
  readonly citation?: unknown;
  /** {source: {bytes}} */
  readonly image?: unknown;
}

/** OpaqueState.kind of the signature of what was thought. */
export const SIGNATURE = 'signature';

/** OpaqueState.kind of thoughts that the provider keeps to itself, as the base64 that it sent. */
export const REDACTED_CONTENT = 'redacted_content';

/** OpaquePart.item_type of a tool call that the provider itself runs. */
export const SERVER_TOOL_USE = 'server_tool_use';
