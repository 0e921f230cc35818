/** The size of a prompt by Anthropic's own counter: https://platform.claude.com/docs/en/api/messages-count-tokens, read 2026-11-24. */
import { GatewayError } from '../../model/errors.ts';
import type { Generation } from '../../model/wire.ts';
import type { Encoded, Target } from '../dialect.ts';
import { asObject } from '../shared/json.ts';
import { readCount } from '../shared/usage.ts';
import { encodeMessage } from './encode.ts';

/** Asks for the size of a generation's input. @throws GatewayError as encodeMessage does. */
export function encodeTokenCount(generation: Generation, target: Target): Encoded {
  const { body, headers, adaptations } = encodeMessage(generation, target, false);
  const counted = Object.entries(body).filter(([member]) => COUNTED.has(member));
  return { path: '/v1/messages/count_tokens', headers, body: Object.fromEntries(counted), adaptations };
}

/** The size, cached tokens included. @throws GatewayError UPSTREAM_PROTOCOL */
export function decodeTokenCount(reply: unknown): number {
  const count = readCount(asObject(reply)?.input_tokens);
  if (count === undefined) throw new GatewayError('UPSTREAM_PROTOCOL', 'The reply has no number of input_tokens.');
  return count;
}

/** Members that the counter takes; it refuses those that only matter to an answer. */
const COUNTED: ReadonlySet<string> = new Set([
  'model',
  'system',
  'messages',
  'tools',
  'tool_choice',
  'thinking',
  'output_config',
]);
