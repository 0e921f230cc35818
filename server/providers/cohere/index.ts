/** The dialect cohere.v2: Cohere's Chat and Embed API v2, pure. */
import type { Dialect } from '../dialect.ts';
import { decodeComplete } from './decode.ts';
import { decodeEmbed, encodeEmbed, MAX_EMBED_INPUTS } from './embed.ts';
import { encodeComplete } from './encode.ts';
import { decodeError } from './error.ts';
import { openStream } from './stream.ts';
import { billedUsage } from './usage.ts';
import { DIALECT_ID } from './wire.ts';

/** cohere.v2. */
export const cohereV2: Dialect = {
  id: DIALECT_ID,
  encodeComplete,
  decodeComplete,
  openStream,
  decodeError,
  billedUsage,
  embed: { encode: encodeEmbed, decode: decodeEmbed, maxInputs: MAX_EMBED_INPUTS },
};
