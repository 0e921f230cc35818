/** What Voyage's Embeddings API looks like: https://docs.voyageai.com/reference/embeddings-api, read 2026-11-24. */

/** Identifier of the dialect. */
export const DIALECT_ID = 'voyage.embeddings';

/** A whole reply: {data: [{index, embedding}]}, as OpenAI lists them. */
export interface WireReply {
  readonly data?: unknown;
  readonly model?: unknown;
  readonly usage?: unknown;
}

/** Counts; of mixed inputs, text_tokens and image_pixels too, which the total holds. */
export interface WireUsage {
  readonly total_tokens?: unknown;
}

/** Members that the encoder sets; truncation, which it presets, an allowed option may change. */
export const OWNED_MEMBERS: ReadonlySet<string> = new Set([
  'input',
  'inputs',
  'input_type',
  'output_dimension',
  'output_dtype',
  'encoding_format',
]);
