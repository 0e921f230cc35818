/** The dialect google.gemini: generateContent and streamGenerateContent of the Gemini API and of Vertex AI, pure. */
import type { Dialect } from '../dialect.ts';
import { decodeTokenCount, encodeTokenCount } from './count-tokens.ts';
import { decodeComplete } from './decode.ts';
import { decodeEmbed, encodeEmbed, MAX_EMBED_INPUTS } from './embed.ts';
import { encodeComplete } from './encode.ts';
import { decodeError } from './error.ts';
import { parseReply } from './parse.ts';
import { openStream } from './stream.ts';
import { DIALECT_ID } from './wire.ts';

/** google.gemini. */
export const googleGemini: Dialect = {
  id: DIALECT_ID,
  encodeComplete,
  parseReply,
  decodeComplete,
  openStream,
  decodeError,
  embed: { encode: encodeEmbed, decode: decodeEmbed, maxInputs: MAX_EMBED_INPUTS },
  countTokens: { encode: encodeTokenCount, decode: decodeTokenCount },
};
