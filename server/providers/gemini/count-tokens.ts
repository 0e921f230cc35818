/** The size of a prompt by the provider's own counter: https://ai.google.dev/api/tokens and Vertex's, seen 2026-11-24. */
import { GatewayError } from '../../model/errors.ts';
import type { Generation } from '../../model/wire.ts';
import type { Encoded, Target } from '../dialect.ts';
import { asObject } from '../shared/json.ts';
import { readCount } from '../shared/usage.ts';
import { encodeComplete } from './encode.ts';
import { modelName, modelPath } from './wire.ts';

/**
 * Asks for the size of a generation's input, tools and instructions included: the Gemini API wants the whole request within
 * the question, Vertex its members themselves. @throws GatewayError as encodeComplete does.
 */
export function encodeTokenCount(generation: Generation, target: Target): Encoded {
  const { body, headers, adaptations } = encodeComplete(generation, target, false);
  const path = modelPath(target.upstreamModel, 'countTokens');
  if (target.quirks.countTokensForm === 'flat') {
    const counted = Object.entries(body).filter(([member]) => FLAT_MEMBERS.has(member));
    return { path, headers, body: Object.fromEntries(counted), adaptations };
  }
  const generateContentRequest = { model: modelName(target.upstreamModel), ...body };
  return { path, headers, body: { generateContentRequest }, adaptations };
}

/** The size, cached tokens included. @throws GatewayError UPSTREAM_PROTOCOL */
export function decodeTokenCount(reply: unknown): number {
  const count = readCount(asObject(reply)?.totalTokens);
  if (count === undefined) throw new GatewayError('UPSTREAM_PROTOCOL', 'The reply has no number of totalTokens.');
  return count;
}

/** What Vertex's counter takes. */
const FLAT_MEMBERS: ReadonlySet<string> = new Set(['contents', 'systemInstruction', 'tools', 'generationConfig']);
