/** The size of a prompt by the provider's own counter: https://developers.openai.com/api/docs/guides/token-counting, seen 2026-11-24. */
import { GatewayError } from '../../model/errors.ts';
import type { Generation } from '../../model/wire.ts';
import type { Encoded, Target } from '../dialect.ts';
import { asObject } from '../shared/json.ts';
import { readCount } from '../shared/usage.ts';
import { encodeComplete } from './encode.ts';

/** Asks for the size of a generation's input. @throws GatewayError as encodeComplete does. */
export function encodeTokenCount(generation: Generation, target: Target): Encoded {
  const { body, headers, adaptations } = encodeComplete(generation, target, false);
  const counted = Object.entries(body).filter(([member]) => COUNTED.has(member));
  return { path: '/responses/input_tokens', headers, body: Object.fromEntries(counted), adaptations };
}

/** The size. @throws GatewayError UPSTREAM_PROTOCOL */
export function decodeTokenCount(reply: unknown): number {
  const count = readCount(asObject(reply)?.input_tokens);
  if (count === undefined) throw new GatewayError('UPSTREAM_PROTOCOL', 'The reply has no number of input_tokens.');
  return count;
}

/** Members that the counter takes (InputTokenCountParams of OpenAI's SDK 6.49.0); those that only matter to an answer go. */
const COUNTED: ReadonlySet<string> = new Set([
  'model',
  'input',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'reasoning',
  'text',
]);
