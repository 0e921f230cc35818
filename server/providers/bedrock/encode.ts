/** Requests: the contract's generation → a body for Bedrock's Converse and ConverseStream. */
import type { Generation } from '../../model/wire.ts';
import type { Encoded, Target } from '../dialect.ts';
import { Adapter } from '../shared/adapter.ts';
import { mergeProviderOptions } from '../shared/provider-options.ts';
import { placeCachePoints, withCachePoints } from './cache-points.ts';
import { makeContext } from './context.ts';
import { encodeLimits } from './encode-limits.ts';
import type { Block } from './encode-media.ts';
import { encodeConversation } from './encode-messages.ts';
import { encodeServiceTier } from './encode-parameters.ts';
import { encodeTools, isForced } from './encode-tools.ts';
import { STOP_SEQUENCE_PATHS } from './finish.ts';
import { mergeModelFields } from './model-fields.ts';
import { pathOf } from './model-id.ts';

/**
 * Encodes a generation.
 * @throws GatewayError PARAMETER_UNSUPPORTED, OPTION_NOT_ALLOWED, FOREIGN_STATE, INVALID_REQUEST
 */
export function encodeConverse(generation: Generation, target: Target, stream: boolean): Encoded {
  const adapter = new Adapter(target);
  const context = makeContext(adapter);
  const { system, turns } = encodeConversation(generation.messages, context);
  const { tools, choice } = encodeTools(generation, turns, adapter);
  const { inferenceConfig, outputConfig, modelFields } = encodeLimits(generation, isForced(choice), context);
  const serviceTier = encodeServiceTier(generation, adapter);
  const points = placeCachePoints([...tools, ...system, ...turns.flatMap(({ entries }) => entries)], adapter);
  const toolConfig = { tools: withCachePoints(tools, points), ...(choice && { toolChoice: choice }) };
  const body: Block = {
    ...(system.length > 0 && { system: withCachePoints(system, points) }),
    messages: turns.map(({ role, entries }) => ({ role, content: withCachePoints(entries, points) })),
    ...(!isEmpty(inferenceConfig) && { inferenceConfig }),
    ...(tools.length > 0 && { toolConfig }),
    ...(!isEmpty(outputConfig) && { outputConfig }),
    ...(serviceTier && { serviceTier }),
    ...('stopSequences' in inferenceConfig && {
      additionalModelResponseFieldPaths: [stream ? STOP_SEQUENCE_PATHS.stream : STOP_SEQUENCE_PATHS.whole],
    }),
  };
  const rules = { target, owned: OWNED_MEMBERS, path: 'generation.provider_options_json' };
  mergeProviderOptions(body, generation.providerOptionsJson, rules);
  mergeModelFields(body, modelFields, `${rules.path}["${target.dialectId}"]`);
  const operation = stream ? 'converse-stream' : 'converse';
  return { path: pathOf(target.upstreamModel, operation), headers: {}, body, adaptations: adapter.settle() };
}

/**
 * Members that this encoder sets or could set. Left to provider options where the configuration lists them:
 * additionalModelRequestFields (see model-fields.ts), guardrailConfig, performanceConfig, promptVariables, requestMetadata.
 */
export const OWNED_MEMBERS: ReadonlySet<string> = new Set([
  'additionalModelResponseFieldPaths',
  'inferenceConfig',
  'messages',
  'modelId',
  'outputConfig',
  'serviceTier',
  'system',
  'toolConfig',
]);

function isEmpty(object: Block): boolean {
  return Object.keys(object).length === 0;
}
