/** The dialect of chat completions: OpenAI's, and that of everybody who speaks it too. */
import type { Dialect } from '../dialect.ts';
import { decodeComplete } from './decode.ts';
import { decodeEmbed, encodeEmbed, MAX_EMBED_INPUTS } from './embed.ts';
import { encodeComplete } from './encode.ts';
import { decodeError } from './error.ts';
import { openStream } from './stream.ts';
import { DIALECT_ID } from './wire.ts';

/** openai.chat. */
export const openaiChat: Dialect = {
  id: DIALECT_ID,
  encodeComplete,
  decodeComplete,
  openStream,
  decodeError,
  embed: { encode: encodeEmbed, decode: decodeEmbed, maxInputs: MAX_EMBED_INPUTS },
};
