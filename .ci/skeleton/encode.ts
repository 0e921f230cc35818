/** Encodes generations. Every parameter that Skeleton cannot honour is noted (ADAPT) or refused (STRICT). */
import { type ChatMessage, type Generation, Role } from '../../server/model/wire.ts';
import type { Encoded, Target } from '../../server/providers/dialect.ts';
import { Adapter } from '../../server/providers/shared/adapter.ts';
import { invalidField } from '../../server/providers/shared/json.ts';
import { mergeProviderOptions } from '../../server/providers/shared/provider-options.ts';
import { OWNED_MEMBERS } from './wire.ts';

/**
 * Encodes a generation.
 * @throws GatewayError PARAMETER_UNSUPPORTED, OPTION_NOT_ALLOWED, INVALID_REQUEST
 */
export function encodeComplete(generation: Generation, target: Target, stream: boolean): Encoded {
  const adapter = new Adapter(target);
  noteUnsupported(generation, adapter);
  const { maxOutputTokens = target.defaultMaxOutputTokens, temperature } = generation;
  const body: Record<string, unknown> = {
    model: target.upstreamModel,
    messages: generation.messages.map((message, index) =>
      encodeMessage(message, `generation.messages[${index}]`, adapter),
    ),
    ...(maxOutputTokens !== undefined && { max_tokens: maxOutputTokens }),
    ...(temperature !== undefined && adapter.can('temperature', 'generation.temperature') && { temperature }),
    ...(stream && { stream: true }),
  };
  const rules = { target, owned: OWNED_MEMBERS, path: 'generation.provider_options_json' };
  mergeProviderOptions(body, generation.providerOptionsJson, rules);
  return { path: '/generate', headers: {}, body, adaptations: adapter.settle() };
}

/** What Skeleton has no word for. Take out of the list what it has. */
const UNSUPPORTED = [
  ['topP', 'generation.top_p'],
  ['topK', 'generation.top_k'],
  ['frequencyPenalty', 'generation.frequency_penalty'],
  ['presencePenalty', 'generation.presence_penalty'],
  ['seed', 'generation.seed'],
  ['parallelToolCalls', 'generation.parallel_tool_calls'],
  ['toolChoice', 'generation.tool_choice'],
  ['responseFormat', 'generation.response_format'],
  ['reasoning', 'generation.reasoning'],
  ['logprobs', 'generation.logprobs'],
] as const satisfies readonly (readonly [keyof Generation, string])[];

function noteUnsupported(generation: Generation, adapter: Adapter): void {
  for (const [word, field] of UNSUPPORTED) {
    if (generation[word] !== undefined) adapter.drop(field, 'Skeleton has no such parameter.');
  }
  if (generation.tools.length > 0) adapter.drop('generation.tools', 'Skeleton calls no tools.');
  if (generation.stopSequences.length > 0) adapter.drop('generation.stop_sequences', 'Skeleton takes none.');
}

const ROLES: ReadonlyMap<Role, string> = new Map([
  [Role.SYSTEM, 'system'],
  [Role.USER, 'user'],
  [Role.ASSISTANT, 'assistant'],
]);

function encodeMessage({ role, parts }: ChatMessage, field: string, adapter: Adapter): unknown {
  const word = ROLES.get(role);
  if (word === undefined && role !== Role.TOOL) throw invalidField(`${field}.role`, 'It is not set.');
  let text = '';
  for (const [index, { content }] of parts.entries()) {
    if (content?.$case === 'text') text += content.value.text;
    else if (content === undefined) throw invalidField(`${field}.parts[${index}]`, 'The part has no content.');
    else adapter.drop(`${field}.parts[${index}]`, 'Skeleton takes text only.');
  }
  return { role: word ?? 'user', text };
}
