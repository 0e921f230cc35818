/** Encodes generations. Every parameter that the target cannot honour is noted (ADAPT) or refused (STRICT). */
import type { Feature } from '../../model/target.ts';
import {
  AdaptationAction,
  type Generation,
  OutputModality,
  ReasoningEffort,
  ReasoningMode,
  type ReasoningOptions,
  Verbosity,
} from '../../model/wire.ts';
import type { Encoded, Target } from '../dialect.ts';
import { Adapter } from '../shared/adapter.ts';
import { parseCallerObject } from '../shared/json.ts';
import { mergeProviderOptions } from '../shared/provider-options.ts';
import { encodeMessages } from './encode-messages.ts';
import { encodeTools } from './encode-tools.ts';
import { OWNED_MEMBERS } from './wire.ts';

/** What the encoders of single parameters work on. */
interface Encoding {
  readonly generation: Generation;
  readonly target: Target;
  readonly adapter: Adapter;
  readonly stream: boolean;
  readonly body: Record<string, unknown>;
}

/**
 * Encodes a generation.
 * @throws GatewayError PARAMETER_UNSUPPORTED, OPTION_NOT_ALLOWED, FOREIGN_STATE or INVALID_REQUEST.
 */
export function encodeComplete(generation: Generation, target: Target, stream: boolean): Encoded {
  const adapter = new Adapter(target);
  const body: Record<string, unknown> = {
    model: target.upstreamModel,
    messages: encodeMessages(generation.messages, adapter),
  };
  const encoding: Encoding = { generation, target, adapter, stream, body };
  for (const encode of ENCODERS) encode(encoding);
  const rules = { target, owned: OWNED_MEMBERS, path: 'generation.provider_options_json' };
  mergeProviderOptions(body, generation.providerOptionsJson, rules);
  return { path: '/chat/completions', headers: {}, body, adaptations: adapter.settle() };
}

const ENCODERS: readonly ((encoding: Encoding) => void)[] = [
  encodeStream,
  encodeMaxTokens,
  encodeSampling,
  encodeStop,
  ({ body, generation, adapter }) => encodeTools(body, generation, adapter),
  encodeResponseFormat,
  encodeReasoning,
  encodeVerbosity,
  encodeLogprobs,
  encodeModalities,
  encodeServiceTier,
  encodeIdentifiers,
];

function encodeStream({ body, stream, target }: Encoding): void {
  if (!stream) return;
  body.stream = true;
  if (target.quirks.streamUsage !== false) body.stream_options = { include_usage: true };
}

function encodeMaxTokens({ body, generation, target, adapter }: Encoding): void {
  const field = 'generation.max_output_tokens';
  const wanted = generation.maxOutputTokens ?? target.defaultMaxOutputTokens;
  if (wanted === undefined) return;
  const most = target.capabilities.maxOutputTokens ?? wanted;
  if (generation.maxOutputTokens === undefined) {
    adapter.report(field, AdaptationAction.ADDED, `The deployment's limit of ${wanted} tokens.`);
  } else if (wanted > most) adapter.rewrite(field, `${target.upstreamModel} gives ${most} tokens at most.`);
  body[target.quirks.maxTokensField ?? 'max_completion_tokens'] = Math.min(wanted, most);
}

/** Numbers that go as they are: contract's word, member of the body, feature. */
const NUMBERS = [
  ['temperature', 'temperature', 'temperature'],
  ['topP', 'top_p', 'topP'],
  ['topK', 'top_k', 'topK'],
  ['frequencyPenalty', 'frequency_penalty', 'frequencyPenalty'],
  ['presencePenalty', 'presence_penalty', 'presencePenalty'],
  ['seed', 'seed', 'seed'],
] as const satisfies readonly (readonly [keyof Generation, string, Feature])[];

function encodeSampling({ body, generation, target, adapter }: Encoding): void {
  for (const [word, member, feature] of NUMBERS) {
    const value = generation[word];
    if (value === undefined || !adapter.can(feature, `generation.${member}`)) continue;
    body[word === 'seed' ? (target.quirks.seedField ?? member) : member] = value;
  }
}

function encodeStop({ body, generation, target, adapter }: Encoding): void {
  const { stopSequences } = generation;
  const field = 'generation.stop_sequences';
  if (stopSequences.length === 0 || !adapter.can('stopSequences', field)) return;
  const most = target.quirks.maxStopSequences ?? stopSequences.length;
  if (stopSequences.length > most)
    adapter.rewrite(field, `${target.provider} takes ${most} at most: the first ones go.`);
  body.stop = stopSequences.slice(0, most);
}

function encodeResponseFormat({ body, generation, adapter }: Encoding): void {
  const format = generation.responseFormat?.format;
  if (format?.$case === 'jsonObject' && adapter.can('jsonObject', 'generation.response_format.json_object')) {
    body.response_format = { type: 'json_object' };
  }
  if (format?.$case !== 'jsonSchema') return;
  const field = 'generation.response_format.json_schema';
  const { name, schemaJson, strict, description } = format.value;
  const schema = parseCallerObject(schemaJson, `${field}.schema_json`);
  if (adapter.lacks('jsonSchema') && !adapter.lacks('jsonObject')) {
    adapter.rewrite(field, 'The model takes no schema: any JSON object was asked for.');
    body.response_format = { type: 'json_object' };
  } else if (adapter.can('jsonSchema', field)) {
    body.response_format = {
      type: 'json_schema',
      json_schema: {
        name,
        ...(description !== '' && { description }),
        schema,
        ...(strict !== undefined && { strict }),
      },
    };
  }
}

const EFFORTS: ReadonlyMap<ReasoningEffort, string> = new Map([
  [ReasoningEffort.NONE, 'none'],
  [ReasoningEffort.MINIMAL, 'minimal'],
  [ReasoningEffort.LOW, 'low'],
  [ReasoningEffort.MEDIUM, 'medium'],
  [ReasoningEffort.HIGH, 'high'],
  [ReasoningEffort.XHIGH, 'xhigh'],
  [ReasoningEffort.MAX, 'max'],
]);

function encodeReasoning({ body, generation, adapter }: Encoding): void {
  const { reasoning } = generation;
  if (reasoning === undefined) return;
  noteReasoning(reasoning, adapter);
  const effort = EFFORTS.get(reasoning.effort);
  const field = 'generation.reasoning.effort';
  if (effort === undefined) return;
  if (effort === 'none' && adapter.lacks('reasoning')) return; // It does not think: nothing is missed.
  if (!adapter.can('reasoning', field)) return;
  if (effort === 'none' && adapter.lacks('reasoningEffortNone')) {
    adapter.rewrite(field, 'The model cannot do without; the least was asked for.');
    body.reasoning_effort = 'minimal';
  } else body.reasoning_effort = effort;
}

/** Chat completions know an effort and nothing else of reasoning. */
function noteReasoning({ maxTokens, mode, summary }: ReasoningOptions, adapter: Adapter): void {
  if (maxTokens !== undefined) adapter.drop('generation.reasoning.max_tokens', 'Chat completions take an effort only.');
  if (mode === ReasoningMode.BUDGET) adapter.drop('generation.reasoning.mode', 'Chat completions take an effort only.');
  if (summary === true) adapter.drop('generation.reasoning.summary', 'Chat completions cannot ask for a summary.');
}

const VERBOSITIES: ReadonlyMap<Verbosity, string> = new Map([
  [Verbosity.LOW, 'low'],
  [Verbosity.MEDIUM, 'medium'],
  [Verbosity.HIGH, 'high'],
]);

function encodeVerbosity({ body, generation, adapter }: Encoding): void {
  const verbosity = VERBOSITIES.get(generation.verbosity);
  if (verbosity !== undefined && adapter.can('verbosity', 'generation.verbosity')) body.verbosity = verbosity;
}

function encodeLogprobs({ body, generation, adapter }: Encoding): void {
  const { logprobs } = generation;
  if (logprobs === undefined || !adapter.can('logprobs', 'generation.logprobs')) return;
  body.logprobs = true;
  if (logprobs.top !== undefined && logprobs.top > 0) body.top_logprobs = logprobs.top;
}

/** The voice has no word in the contract; `audio` can be given as a provider option where that is allowed. */
const VOICE = 'alloy';

function encodeModalities({ body, generation, adapter, stream }: Encoding): void {
  const field = 'generation.output_modalities';
  const wants = new Set(generation.outputModalities);
  const modalities = ['text'];
  if (wants.has(OutputModality.IMAGE) && canGive('imageOutput', wants, adapter)) modalities.push('image');
  if (wants.has(OutputModality.AUDIO) && canGive('audioOutput', wants, adapter)) {
    modalities.push('audio');
    body.audio = { voice: VOICE, format: stream ? 'pcm16' : 'wav' }; // Streams give pcm16 only.
    adapter.report(field, AdaptationAction.ADDED, `A voice is demanded: ${VOICE}.`);
  }
  if (modalities.length > 1) body.modalities = modalities;
}

/** Whether the model has a kind of output. Who wants no text instead is refused in either mode. */
function canGive(feature: Feature, wants: ReadonlySet<OutputModality>, adapter: Adapter): boolean {
  const field = 'generation.output_modalities';
  if (!adapter.lacks(feature) || wants.has(OutputModality.TEXT)) return adapter.can(feature, field);
  adapter.refuse(field, `${adapter.target.upstreamModel} does not give it; choose another model.`);
  return false;
}

function encodeServiceTier({ body, generation, adapter }: Encoding): void {
  const { serviceTier } = generation;
  if (serviceTier !== '' && adapter.can('serviceTier', 'generation.service_tier')) body.service_tier = serviceTier;
}

/** Hashes only. A target without a field for them loses nothing that the caller can see: no adaptation. */
function encodeIdentifiers({ body, target, adapter }: Encoding): void {
  const { endUserHash, sessionKeyHash, quirks } = target;
  if (endUserHash !== undefined && !adapter.lacks('endUser')) {
    body[quirks.endUserField ?? 'safety_identifier'] = endUserHash;
  }
  if (sessionKeyHash !== undefined && !adapter.lacks('sessionKey')) body.prompt_cache_key = sessionKeyHash;
}
