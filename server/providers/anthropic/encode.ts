/** Requests: the contract's generation → a body for Anthropic's Messages API. */
import type { Generation } from '../../model/wire.ts';
import type { Encoded, Target } from '../dialect.ts';
import { Adapter } from '../shared/adapter.ts';
import { mergeProviderOptions } from '../shared/provider-options.ts';
import { findBetas } from './betas.ts';
import { setCacheBreakpoints } from './cache-breakpoints.ts';
import { alignDocumentCitations } from './document-citations.ts';
import type { Block } from './encode-media.ts';
import { type Conversation, encodeConversation } from './encode-messages.ts';
import * as parameters from './encode-parameters.ts';
import type { Entry } from './encode-parts.ts';
import { encodeReasoning } from './encode-reasoning.ts';
import { type EncodedTools, encodeTools, isForced } from './encode-tools.ts';

/**
 * Encodes a generation.
 * @throws GatewayError PARAMETER_UNSUPPORTED, OPTION_NOT_ALLOWED, FOREIGN_STATE, INVALID_REQUEST
 */
export function encodeMessage(generation: Generation, target: Target, stream: boolean): Encoded {
  const adapter = new Adapter(target);
  const { system, turns } = encodeConversation(generation.messages, adapter);
  const tools = encodeTools(generation, adapter);
  const limits = encodeLimits(generation, tools, adapter);
  const entries = [...tools.tools, ...system, ...turns.flatMap((turn) => turn.entries)];
  alignDocumentCitations(entries, limits.hasSchema, adapter);
  setCacheBreakpoints(entries, adapter);
  const body: Block = {
    model: target.upstreamModel,
    ...encodeEndUser(target),
    ...limits.body,
    ...encodeToolMembers(tools),
    ...encodeConversationMembers({ system, turns }),
    ...(stream && { stream }),
  };
  const rules = { target, owned: OWNED_MEMBERS, path: 'generation.provider_options_json' };
  mergeProviderOptions(body, generation.providerOptionsJson, rules);
  const betas = findBetas(body);
  return {
    path: '/v1/messages',
    headers: { 'anthropic-version': API_VERSION, ...(betas !== '' && { 'anthropic-beta': betas }) },
    body,
    adaptations: adapter.settle(),
  };
}

/** https://platform.claude.com/docs/en/api/versioning, read 2026-11-24. */
const API_VERSION = '2023-06-01';

/** Members that this encoder sets or could set, and those that stand for a field of the contract. */
export const OWNED_MEMBERS: ReadonlySet<string> = new Set([
  'cache_control',
  'max_tokens',
  'messages',
  'metadata',
  'output_config',
  'output_format',
  'service_tier',
  'stop_sequences',
  'system',
  'temperature',
  'thinking',
  'tool_choice',
  'tools',
  'top_k',
  'top_p',
]);

interface Limits {
  readonly body: Block;
  readonly hasSchema: boolean;
}

/** Everything that bounds or shapes the answer; the limit of tokens, thinking and sampling depend on each other. */
function encodeLimits(generation: Generation, { choice }: EncodedTools, adapter: Adapter): Limits {
  parameters.dropUnknown(generation, adapter);
  const { value, given } = parameters.chooseMaxTokens(generation, adapter);
  const context = { adapter, forced: isForced(choice), maxTokens: value, maxTokensGiven: given };
  const { thinking, effort, maxTokens = value } = encodeReasoning(generation.reasoning, context);
  if (!given) parameters.reportMaxTokens(maxTokens, adapter);
  const format = parameters.encodeFormat(generation, adapter);
  const outputConfig = { ...(effort !== undefined && { effort }), ...(format && { format }) };
  const thinks = thinking !== undefined && thinking.type !== 'disabled';
  const body = {
    max_tokens: maxTokens,
    ...parameters.encodeSampling(generation, thinks, adapter),
    ...parameters.encodeStopSequences(generation, adapter),
    ...parameters.encodeServiceTier(generation, adapter),
    ...(thinking && { thinking }),
    ...(Object.keys(outputConfig).length > 0 && { output_config: outputConfig }),
  };
  return { body, hasSchema: format !== undefined };
}

function encodeEndUser({ endUserHash, capabilities }: Target): Block {
  if (endUserHash === undefined || capabilities.lacks.has('endUser')) return {};
  return { metadata: { user_id: endUserHash } };
}

function encodeToolMembers({ tools, choice }: EncodedTools): Block {
  if (tools.length === 0) return {};
  return { tools: tools.map(toBlock), ...(choice && { tool_choice: choice }) };
}

function encodeConversationMembers({ system, turns }: Conversation): Block {
  return {
    ...(system.length > 0 && { system: system.map(toBlock) }),
    messages: turns.map(({ role, entries }) => ({ role, content: entries.map(toBlock) })),
  };
}

function toBlock({ block }: Entry): Block {
  return block;
}
