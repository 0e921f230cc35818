/** The size of a prompt by Bedrock's own counter: API_runtime_CountTokens, and the SDK 3.1164.0, read 2026-11-24. */
import { GatewayError } from '../../model/errors.ts';
import type { Generation } from '../../model/wire.ts';
import type { Encoded, Target } from '../dialect.ts';
import { asObject } from '../shared/json.ts';
import { readCount } from '../shared/usage.ts';
import { encodeConverse } from './encode.ts';
import { pathOf } from './model-id.ts';

/** Asks for the size of a generation's input. @throws GatewayError as encodeConverse does. */
export function encodeTokenCount(generation: Generation, target: Target): Encoded {
  const { body, headers, adaptations } = encodeConverse(generation, target, false);
  const counted = Object.entries(body).filter(([member]) => COUNTED.has(member));
  return {
    path: pathOf(target.upstreamModel, 'count-tokens'),
    headers,
    body: { input: { converse: Object.fromEntries(counted) } },
    adaptations,
  };
}

/** The size. @throws GatewayError UPSTREAM_PROTOCOL */
export function decodeTokenCount(reply: unknown): number {
  const count = readCount(asObject(reply)?.inputTokens);
  if (count === undefined) throw new GatewayError('UPSTREAM_PROTOCOL', 'The reply has no number of inputTokens.');
  return count;
}

/** Members of ConverseTokensRequest; those that only matter to an answer are refused. */
const COUNTED: ReadonlySet<string> = new Set(['messages', 'system', 'toolConfig', 'additionalModelRequestFields']);
