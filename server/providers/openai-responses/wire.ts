/**
 * What responses look like on the wire: only what is read, all of it optional and unchecked, as hosts differ.
 * https://developers.openai.com/api/reference/resources/responses and the types of OpenAI's SDK 6.49.0 (seen 2026-11-24);
 * https://www.openresponses.org/reference for other hosts; the recordings where they differ.
 */

/** Identifier of the dialect. */
export const DIALECT_ID = 'openai.responses';

/** A whole reply, or the `response` of an event. */
export interface WireResponse {
  readonly status?: unknown;
  readonly incomplete_details?: unknown;
  readonly error?: unknown;
  readonly model?: unknown;
  readonly output?: unknown;
  readonly service_tier?: unknown;
  readonly usage?: unknown;
}

/** One item of the output: the members of all types that are read. */
export interface WireItem {
  readonly type?: unknown;
  readonly id?: unknown;
  readonly status?: unknown;
  /** Of messages and of reasoning: a list. */
  readonly content?: unknown;
  /** Of reasoning: a list. */
  readonly summary?: unknown;
  readonly encrypted_content?: unknown;
  /** Of calls. */
  readonly call_id?: unknown;
  readonly name?: unknown;
  readonly arguments?: unknown;
  readonly input?: unknown;
  /** Of a web search: what it did. */
  readonly action?: unknown;
}

/** One piece of an item's content or summary. */
export interface WireContent {
  readonly type?: unknown;
  readonly text?: unknown;
  readonly refusal?: unknown;
  readonly annotations?: unknown;
  readonly logprobs?: unknown;
}

/** One event of a stream: the members of all types that are read. */
export interface WireEvent {
  readonly type?: unknown;
  readonly response?: unknown;
  readonly output_index?: unknown;
  readonly item_id?: unknown;
  readonly item?: unknown;
  readonly content_index?: unknown;
  readonly summary_index?: unknown;
  readonly part?: unknown;
  readonly delta?: unknown;
  readonly logprobs?: unknown;
  readonly annotation?: unknown;
  readonly text?: unknown;
  readonly refusal?: unknown;
  readonly arguments?: unknown;
  readonly input?: unknown;
  readonly error?: unknown;
}

/** Counts of a reply. */
export interface WireUsage {
  readonly input_tokens?: unknown;
  readonly input_tokens_details?: unknown;
  readonly output_tokens?: unknown;
  readonly output_tokens_details?: unknown;
}

/**
 * Kinds of opaque state, which are the names of the members that they were: of the item, but for `type`, which says in
 * which list of a reasoning item the text stands (summary_text or reasoning_text).
 */
export const STATE = {
  id: 'id',
  status: 'status',
  phase: 'phase',
  namespace: 'namespace',
  caller: 'caller',
  encryptedContent: 'encrypted_content',
  entryType: 'type',
} as const;

/** The type of an entry of a reasoning item's `content`; those of its `summary` are summary_text. */
export const REASONING_TEXT = 'reasoning_text';

/** The type of an entry of a reasoning item's `summary`. */
export const SUMMARY_TEXT = 'summary_text';

/**
 * Types of items that are kept as opaque ones and can be sent back (ResponseInputItem of OpenAI's SDK 6.49.0, seen
 * 2026-11-24). Not item_reference, which names what is stored, and not additional_tools and tool_search_output, which carry
 * definitions of tools: those pass by the list of provider tools alone.
 */
export const REPLAYABLE_ITEMS: ReadonlySet<string> = new Set([
  'web_search_call',
  'file_search_call',
  'code_interpreter_call',
  'image_generation_call',
  'computer_call',
  'computer_call_output',
  'local_shell_call',
  'local_shell_call_output',
  'shell_call',
  'shell_call_output',
  'apply_patch_call',
  'apply_patch_call_output',
  'mcp_list_tools',
  'mcp_call',
  'mcp_approval_request',
  'mcp_approval_response',
  'tool_search_call',
  'compaction',
  'program',
  'program_output',
]);

/**
 * Members of a request that the encoder sets or could set, and those that would tie the call to what the provider has stored
 * for somebody (previous_response_id and conversation are not bound to a client of the gateway).
 */
export const OWNED_MEMBERS: ReadonlySet<string> = new Set([
  'input',
  'instructions',
  'include',
  'previous_response_id',
  'conversation',
  'truncation',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'text',
  'reasoning',
  'max_output_tokens',
  'temperature',
  'top_p',
  'top_logprobs',
  'service_tier',
  'user',
  'safety_identifier',
  'prompt_cache_key',
]);
