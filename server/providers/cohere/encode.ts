/** Requests: the contract's generation → a body for Cohere's Chat API v2. */
import type { Generation } from '../../model/wire.ts';
import type { Encoded, Target } from '../dialect.ts';
import { Adapter } from '../shared/adapter.ts';
import { mergeProviderOptions } from '../shared/provider-options.ts';
import { encodeConversation } from './encode-messages.ts';
import * as parameters from './encode-parameters.ts';
import { encodeTools } from './encode-tools.ts';
import { OWNED_MEMBERS } from './wire.ts';

/**
 * Encodes a generation. The end user and the session have no field; the provider caches prompts by itself.
 * @throws GatewayError PARAMETER_UNSUPPORTED, OPTION_NOT_ALLOWED, FOREIGN_STATE or INVALID_REQUEST.
 */
export function encodeComplete(generation: Generation, target: Target, stream: boolean): Encoded {
  const adapter = new Adapter(target);
  const { messages, documents } = encodeConversation(generation, adapter);
  const body: Record<string, unknown> = {
    model: target.upstreamModel,
    ...(stream && { stream }),
    messages,
    ...(documents.length > 0 && { documents }),
  };
  const encoding = { generation, adapter, body };
  const hasTools = encodeTools(body, generation, adapter);
  parameters.encodeResponseFormat(encoding, hasTools);
  parameters.encodeMaxTokens(encoding);
  parameters.encodeSampling(encoding);
  parameters.encodeStop(encoding);
  parameters.encodeReasoning(encoding);
  parameters.encodeLogprobs(encoding);
  parameters.dropUnknown(encoding);
  const rules = { target, owned: OWNED_MEMBERS, path: 'generation.provider_options_json' };
  mergeProviderOptions(body, generation.providerOptionsJson, rules);
  return { path: '/v2/chat', headers: {}, body, adaptations: adapter.settle() };
}
