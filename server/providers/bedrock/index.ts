/** The dialect bedrock.converse: Amazon Bedrock's Converse and ConverseStream, and InvokeModel for embeddings; pure. */
import type { Dialect } from '../dialect.ts';
import { parseExactJson } from '../shared/json.ts';
import { decodeTokenCount, encodeTokenCount } from './count-tokens.ts';
import { decodeConverse } from './decode.ts';
import { decodeEmbed, encodeEmbed, maxEmbedInputs } from './embed.ts';
import { encodeConverse } from './encode.ts';
import { decodeHttpError } from './error.ts';
import { openConverseStream } from './stream.ts';

export { claudeOverrides, shapeClaude, unwrapChunk } from './claude-host.ts';

/** Amazon Bedrock's runtime, version 2023-09-30. */
export const bedrockConverse: Dialect = {
  id: 'bedrock.converse',
  encodeComplete: encodeConverse,
  parseReply: parseExactJson,
  decodeComplete: decodeConverse,
  openStream: openConverseStream,
  decodeError: (status, headers, _contentType, body) => decodeHttpError(status, headers, body),
  embed: { encode: encodeEmbed, decode: decodeEmbed, maxInputs: maxEmbedInputs },
  countTokens: { encode: encodeTokenCount, decode: decodeTokenCount },
};
