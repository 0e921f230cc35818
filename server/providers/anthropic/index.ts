/** The dialect anthropic.messages: Anthropic's Messages API, pure. */
import type { Dialect } from '../dialect.ts';
import { parseExactJson } from '../shared/json.ts';
import { decodeTokenCount, encodeTokenCount } from './count-tokens.ts';
import { decodeMessage } from './decode.ts';
import { encodeMessage } from './encode.ts';
import { decodeHttpError } from './error.ts';
import { openMessageStream } from './stream.ts';

/** Anthropic's Messages API, version 2023-06-01. */
export const anthropicMessages: Dialect = {
  id: 'anthropic.messages',
  encodeComplete: encodeMessage,
  parseReply: parseExactJson,
  decodeComplete: decodeMessage,
  openStream: openMessageStream,
  decodeError: (status, headers, _contentType, body) => decodeHttpError(status, headers, body),
  countTokens: { encode: encodeTokenCount, decode: decodeTokenCount },
};
