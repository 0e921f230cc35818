/** The dialect of responses: OpenAI's, Azure's, xAI's, and that of everybody who speaks Open Responses. Always stateless. */
import type { Dialect } from '../dialect.ts';
import { decodeTokenCount, encodeTokenCount } from './count-tokens.ts';
import { decodeComplete, parseReply } from './decode.ts';
import { encodeComplete } from './encode.ts';
import { decodeError } from './error.ts';
import { openStream } from './stream.ts';
import { DIALECT_ID } from './wire.ts';

/** openai.responses. */
export const openaiResponses: Dialect = {
  id: DIALECT_ID,
  encodeComplete,
  parseReply,
  decodeComplete,
  openStream,
  decodeError,
  countTokens: { encode: encodeTokenCount, decode: decodeTokenCount },
};
