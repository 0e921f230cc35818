/** The dialect voyage.embeddings: vectors and nothing else, pure. */
import { GatewayError } from '../../model/errors.ts';
import type { Dialect } from '../dialect.ts';
import { decodeEmbed } from './decode.ts';
import { encodeEmbed, MAX_EMBED_INPUTS } from './encode.ts';
import { decodeError } from './error.ts';
import { DIALECT_ID } from './wire.ts';

/** voyage.embeddings. A generation is refused before anything is sent, so that nothing of one is ever decoded. */
export const voyageEmbeddings: Dialect = {
  id: DIALECT_ID,
  encodeComplete: (_generation, target) => refuseGeneration(target.provider, target.upstreamModel),
  decodeComplete: (_reply, target) => refuseGeneration(target.provider, target.upstreamModel),
  openStream: (target) => refuseGeneration(target.provider, target.upstreamModel),
  decodeError,
  embed: { encode: encodeEmbed, decode: decodeEmbed, maxInputs: MAX_EMBED_INPUTS },
};

function refuseGeneration(provider: string, model: string): never {
  const description = `${model} at ${provider} makes vectors only; choose a model that answers, or call Embed.`;
  throw new GatewayError('PARAMETER_UNSUPPORTED', description, {
    violations: [{ field: 'generation.model', description }],
  });
}
