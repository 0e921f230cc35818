/** Differences between hosts of one dialect, as data. A host's row sets what differs from the dialect's own default. */

/** All quirks; absent: the dialect's default. */
export interface Quirks {
  /** openai.chat: name of the limit of output tokens. Default: max_completion_tokens. */
  readonly maxTokensField?: 'max_tokens' | 'max_completion_tokens';
  /** openai.chat, openai.responses: role of system messages. Default: system; of responses, developer. */
  readonly systemRole?: 'system' | 'developer';
  /** openai.chat: whether stream_options.include_usage may be sent. Default: true. */
  readonly streamUsage?: boolean;
  /** openai.chat: name of the seed. Default: seed. */
  readonly seedField?: 'seed' | 'random_seed';
  /** openai.chat: the word for "must call a tool". Default: required. */
  readonly toolChoiceRequired?: 'required' | 'any';
  /**
   * openai.chat: field in which earlier reasoning is replayed; `content`: as thinking chunks of the content. Undefined: it is
   * not, but for what is signed.
   */
  readonly reasoningReplayField?: 'reasoning_content' | 'reasoning' | 'content';
  /** openai.chat: whether a turn of the model at the end has to be marked as the beginning of the answer. Default: false. */
  readonly prefixMark?: boolean;
  /** openai.chat: whether content takes refusals back. Default: true. */
  readonly refusalContent?: boolean;
  /** openai.chat: form of documents: OpenAI's file, or a document_url. Default: file. */
  readonly documentForm?: 'file' | 'document_url';
  /** openai.chat: form of sound: OpenAI's object of data and format, or base64 alone. Default: object. */
  readonly audioForm?: 'object' | 'base64';
  /** openai.chat: whether every whole stream ends with [DONE]. Default: false, the finish reason suffices. */
  readonly doneMarker?: boolean;
  /** openai.chat, openai.responses: field of the hashed end user. Default: safety_identifier. */
  readonly endUserField?: 'safety_identifier' | 'user';
  /** openai.chat, openai.responses: whether tool_choice takes a list of allowed tools. Default: true. */
  readonly allowedTools?: boolean;
  /** Most stop sequences. Default: openai.chat has no limit of the gateway's own, google.gemini 5. */
  readonly maxStopSequences?: number;
  /** openai.chat: form of the ids of tool calls that the host accepts back. Default: any. */
  readonly toolCallIds?: 'any' | 'alphanumeric9';
  /** openai.chat: whether reasoning stands in <think> tags at the head of the text. Default: false. */
  readonly thinkTags?: boolean;
  /** openai.chat: whether encoding_format may be sent with embeddings. Default: true. */
  readonly embeddingFormat?: boolean;
  /** openai.chat: name of the length of vectors. Default: dimensions. */
  readonly dimensionsField?: 'dimensions' | 'output_dimension';
  /** openai.chat: whether vectors of bytes and bits can be asked for (output_dtype). Default: false. */
  readonly quantisedEmbeddings?: boolean;
  /** Most inputs of one embedding request. Default: the dialect's. */
  readonly maxEmbedInputs?: number;
  /** google.gemini: in which language schemas are sent: as they are, or as Google's subset of OpenAPI. Default: json-schema. */
  readonly schemaDialect?: 'json-schema' | 'openapi';
  /** google.gemini: whether function calls and their results carry ids. Default: true. */
  readonly functionCallIds?: boolean;
  /** google.gemini: whether arguments of function calls are asked for piece by piece in streams. Default: false. */
  readonly streamedArguments?: boolean;
  /** google.gemini: method that embeds. Default: embedContent (and its batch form). */
  readonly embedMethod?: 'embedContent' | 'predict';
  /** google.gemini: whether countTokens takes the request within generateContentRequest or its members. Default: wrapped. */
  readonly countTokensForm?: 'wrapped' | 'flat';
  /** Whether the host has the counter of tokens that its dialect knows. Default: true; without it counts are estimates. */
  readonly tokenCounter?: boolean;
}
