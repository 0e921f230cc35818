/** The TypeScript client of Kanmon: calls with deadlines, retries and typed errors over the generated contract. */

export type { KanmonCallOptions } from './attempts.ts';
export {
  assistantText,
  documentPart,
  embedText,
  functionTool,
  imagePart,
  systemText,
  textOf,
  textPart,
  toolResults,
  userParts,
  userText,
} from './build.ts';
export type { ConnectionOptions, PemSource } from './channel.ts';
export {
  type ClientOptions,
  type CompleteInput,
  type CountTokensInput,
  createClient,
  type EmbedCallInput,
  type EmbedResult,
  type KanmonClient,
  type StreamInput,
} from './client.ts';
export { StreamFold } from './fold.ts';
export * from './gen/index.ts';
export type { GenerationStream } from './generation-stream.ts';
export type { ServingStatus } from './health.ts';
export { KanmonError, type KanmonReason, type StatusCode } from './kanmon-error.ts';
export type { RetryOptions } from './retry.ts';
export type { FieldViolation, HelpLink, QuotaViolation } from './status-details.ts';
