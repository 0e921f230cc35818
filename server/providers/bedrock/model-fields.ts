/** additionalModelRequestFields: parameters of a model that Converse itself does not know. */
import { type FieldViolation, GatewayError } from '../../model/errors.ts';
import { isJsonObject } from '../shared/json.ts';
import type { Block } from './encode-media.ts';

/** Adds ours to what provider options have put there. @throws GatewayError OPTION_NOT_ALLOWED for what a caller may not set */
export function mergeModelFields(body: Block, ours: Block, path: string): void {
  const given = body[MEMBER];
  if (given === undefined && Object.keys(ours).length === 0) return;
  body[MEMBER] = { ...(given === undefined ? {} : checkGiven(given, `${path}.${MEMBER}`)), ...ours };
}

const MEMBER = 'additionalModelRequestFields';

/**
 * Listing the member as a whole in the configuration opens the model's own parameters, not what the contract has words for. In
 * lower case, as no server that ignores case shall be fooled.
 */
const OWNED: ReadonlySet<string> = new Set([
  '__proto__',
  'constructor',
  'inferenceconfig',
  'k',
  'max_tokens',
  'messages',
  'model',
  'n',
  'p',
  'prompt',
  'reasoning_effort',
  'reasoningconfig',
  'response_format',
  'stop',
  'stop_sequences',
  'store',
  'stream',
  'system',
  'temperature',
  'thinking',
  'tool_choice',
  'tools',
  'top_k',
  'top_p',
]);

function checkGiven(given: unknown, field: string): Block {
  const violations: FieldViolation[] = [];
  if (!isJsonObject(given)) violations.push({ field, description: 'It must be a JSON object.' });
  for (const member of Object.keys(isJsonObject(given) ? given : {})) {
    const description = 'The contract or the gateway has its own say in this; it cannot be passed.';
    if (OWNED.has(member.toLowerCase())) violations.push({ field: `${field}.${member}`, description });
  }
  if (violations.length === 0) return given as Block; // It has just been found to be an object.
  const message = violations.map((violation) => `${violation.field}: ${violation.description}`).join(' ');
  throw new GatewayError('OPTION_NOT_ALLOWED', message, { violations });
}
