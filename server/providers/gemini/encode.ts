/** Encodes generations. Every parameter that the target cannot honour is noted (ADAPT) or refused (STRICT). */
import type { Generation } from '../../model/wire.ts';
import type { Encoded, Target } from '../dialect.ts';
import { Adapter } from '../shared/adapter.ts';
import { mergeProviderOptions } from '../shared/provider-options.ts';
import { encodeConfig } from './encode-config.ts';
import { encodeContents } from './encode-contents.ts';
import { encodeTools } from './encode-tools.ts';
import { modelPath, OWNED_MEMBERS } from './wire.ts';

/**
 * Encodes a generation. Streams are asked for as server-sent events; a host that cuts its streams as a JSON list leaves
 * alt=sse away.
 * @throws GatewayError PARAMETER_UNSUPPORTED, OPTION_NOT_ALLOWED, FOREIGN_STATE, SCHEMA_TOO_COMPLEX or INVALID_REQUEST.
 */
export function encodeComplete(generation: Generation, target: Target, stream: boolean): Encoded {
  const adapter = new Adapter(target);
  const config = encodeConfig(generation, adapter);
  const body: Record<string, unknown> = {
    ...encodeContents(generation.messages, adapter),
    ...encodeTools(generation, { adapter, stream }),
    ...(Object.keys(config).length > 0 && { generationConfig: config }),
    ...encodeServiceTier(generation, adapter),
  };
  const rules = { target, owned: OWNED_MEMBERS, path: 'generation.provider_options_json' };
  mergeProviderOptions(body, generation.providerOptionsJson, rules);
  moveConfigOptions(body, config);
  const method = stream ? 'streamGenerateContent?alt=sse' : 'generateContent';
  return { path: modelPath(target.upstreamModel, method), headers: {}, body, adaptations: adapter.settle() };
}

/** https://ai.google.dev/gemini-api/docs/priority-inference, seen 2026-11-24: standard, flex or priority. */
function encodeServiceTier({ serviceTier }: Generation, adapter: Adapter): Record<string, unknown> {
  if (serviceTier === '' || !adapter.can('serviceTier', 'generation.service_tier')) return {};
  return { serviceTier };
}

/** Provider options that Google has among the parameters of generation, which the contract owns as a whole. */
const CONFIG_OPTIONS: ReadonlySet<string> = new Set([
  'audioTimestamp',
  'enableAffectiveDialog',
  'enableEnhancedCivicAnswers',
  'imageConfig',
  'mediaResolution',
  'modelSelectionConfig',
  'routingConfig',
  'speechConfig',
]);

function moveConfigOptions(body: Record<string, unknown>, config: Record<string, unknown>): void {
  for (const member of Object.keys(body)) {
    if (!CONFIG_OPTIONS.has(member)) continue;
    config[member] = body[member];
    delete body[member];
    body.generationConfig = config;
  }
}
