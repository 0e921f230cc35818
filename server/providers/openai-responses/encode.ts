/** Encodes generations. Every parameter that the target cannot honour is noted (ADAPT) or refused (STRICT). */
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
import { type JsonObject, parseCallerObject } from '../shared/json.ts';
import { mergeProviderOptions } from '../shared/provider-options.ts';
import { encodeInput } from './encode-input.ts';
import { encodeTools } from './encode-tools.ts';
import { OWNED_MEMBERS } from './wire.ts';

/** What the encoders of single parameters work on. */
interface Encoding {
  readonly generation: Generation;
  readonly target: Target;
  readonly adapter: Adapter;
  readonly body: Record<string, unknown>;
}

/**
 * Encodes a generation. The provider keeps nothing: what it would store, the conversation brings along. Whether an input
 * that is too long is cut is not said: its default is an error (`truncation`, which is deprecated).
 * @throws GatewayError PARAMETER_UNSUPPORTED, OPTION_NOT_ALLOWED, FOREIGN_STATE or INVALID_REQUEST.
 */
export function encodeComplete(generation: Generation, target: Target, stream: boolean): Encoded {
  const adapter = new Adapter(target);
  const body: Record<string, unknown> = {
    model: target.upstreamModel,
    input: encodeInput(generation.messages, adapter),
    store: false,
    ...(stream && { stream }),
  };
  const encoding: Encoding = { generation, target, adapter, body };
  for (const encode of ENCODERS) encode(encoding);
  const rules = { target, owned: OWNED_MEMBERS, path: 'generation.provider_options_json' };
  mergeProviderOptions(body, generation.providerOptionsJson, rules);
  return { path: '/responses', headers: {}, body, adaptations: adapter.settle() };
}

const ENCODERS: readonly ((encoding: Encoding) => void)[] = [
  encodeInclude,
  encodeMaxTokens,
  encodeSampling,
  dropUnknown,
  ({ body, generation, adapter }) => encodeTools(body, generation, adapter),
  encodeText,
  encodeReasoning,
  dropModalities,
  encodeServiceTier,
  encodeIdentifiers,
];

/** Encrypted reasoning is what a stateless conversation goes on with; models that do not reason refuse to be asked for it. */
function encodeInclude({ body, generation, adapter }: Encoding): void {
  const include: string[] = [];
  if (!adapter.lacks('reasoning')) include.push('reasoning.encrypted_content');
  const { logprobs } = generation;
  const top = logprobs?.top ?? 0;
  if (logprobs !== undefined && adapter.can('logprobs', 'generation.logprobs')) {
    include.push('message.output_text.logprobs');
    if (top > 0) body.top_logprobs = top;
  }
  if (include.length > 0) body.include = include;
}

/** "integer below minimum value. Expected a value >= 16": https://github.com/vectorize-io/hindsight/issues/58, seen 2026-11-24. */
const MIN_OUTPUT_TOKENS = 16;

function encodeMaxTokens({ body, generation, target, adapter }: Encoding): void {
  const field = 'generation.max_output_tokens';
  const wanted = generation.maxOutputTokens ?? target.defaultMaxOutputTokens;
  if (wanted === undefined) return;
  const sent = Math.max(Math.min(wanted, target.capabilities.maxOutputTokens ?? wanted), MIN_OUTPUT_TOKENS);
  if (generation.maxOutputTokens === undefined) {
    adapter.report(field, AdaptationAction.ADDED, `The deployment's limit of ${sent} tokens.`);
  } else if (sent < wanted) adapter.rewrite(field, `${target.upstreamModel} gives ${sent} tokens at most.`);
  else if (sent > wanted) adapter.rewrite(field, `Responses take ${sent} at least.`);
  body.max_output_tokens = sent;
}

function encodeSampling({ body, generation: { temperature, topP }, adapter }: Encoding): void {
  if (temperature !== undefined && adapter.can('temperature', 'generation.temperature')) body.temperature = temperature;
  if (topP !== undefined && adapter.can('topP', 'generation.top_p')) body.top_p = topP;
}

/** What responses have no form for. Values that ask for what happens anyway are not worth a word. */
const UNKNOWN: readonly (readonly [field: string, isSet: (generation: Generation) => boolean])[] = [
  ['top_k', ({ topK }) => topK !== undefined],
  ['frequency_penalty', ({ frequencyPenalty }) => (frequencyPenalty ?? 0) !== 0],
  ['presence_penalty', ({ presencePenalty }) => (presencePenalty ?? 0) !== 0],
  ['seed', ({ seed }) => seed !== undefined],
  ['stop_sequences', ({ stopSequences }) => stopSequences.length > 0],
];

function dropUnknown({ generation, adapter }: Encoding): void {
  for (const [field, isSet] of UNKNOWN) {
    if (isSet(generation)) adapter.drop(`generation.${field}`, 'Responses have no such parameter.');
  }
}

const VERBOSITIES: ReadonlyMap<Verbosity, string> = new Map([
  [Verbosity.LOW, 'low'],
  [Verbosity.MEDIUM, 'medium'],
  [Verbosity.HIGH, 'high'],
]);

function encodeText({ body, generation, adapter }: Encoding): void {
  const format = encodeFormat(generation, adapter);
  const word = VERBOSITIES.get(generation.verbosity);
  const verbosity = word !== undefined && adapter.can('verbosity', 'generation.verbosity') ? word : undefined;
  if (format === undefined && verbosity === undefined) return;
  body.text = { ...(format && { format }), ...(verbosity && { verbosity }) };
}

function encodeFormat({ responseFormat }: Generation, adapter: Adapter): JsonObject | undefined {
  const format = responseFormat?.format;
  if (format?.$case === 'jsonObject') {
    return adapter.can('jsonObject', 'generation.response_format.json_object') ? JSON_OBJECT : undefined;
  }
  if (format?.$case !== 'jsonSchema') return undefined;
  const field = 'generation.response_format.json_schema';
  const { name, schemaJson, strict, description } = format.value;
  const schema = parseCallerObject(schemaJson, `${field}.schema_json`);
  if (adapter.lacks('jsonSchema') && !adapter.lacks('jsonObject')) {
    adapter.rewrite(field, 'The model takes no schema: any JSON object was asked for.');
    return JSON_OBJECT;
  }
  if (!adapter.can('jsonSchema', field)) return undefined;
  const more = { ...(description !== '' && { description }), ...(strict !== undefined && { strict }) };
  return { type: 'json_schema', name, ...more, schema };
}

const JSON_OBJECT: JsonObject = { type: 'json_object' };

const EFFORTS: ReadonlyMap<ReasoningEffort, string> = new Map([
  [ReasoningEffort.NONE, 'none'],
  [ReasoningEffort.MINIMAL, 'minimal'],
  [ReasoningEffort.LOW, 'low'],
  [ReasoningEffort.MEDIUM, 'medium'],
  [ReasoningEffort.HIGH, 'high'],
  [ReasoningEffort.XHIGH, 'xhigh'],
  [ReasoningEffort.MAX, 'max'],
]);

function encodeReasoning({ body, generation: { reasoning }, adapter }: Encoding): void {
  if (reasoning === undefined) return;
  const { maxTokens, mode, summary } = reasoning;
  if (maxTokens !== undefined) adapter.drop('generation.reasoning.max_tokens', 'Responses take an effort only.');
  if (mode === ReasoningMode.BUDGET) adapter.drop('generation.reasoning.mode', 'Responses take an effort only.');
  const effort = encodeEffort(reasoning, adapter);
  // None is the default: who wants none says nothing.
  const isSummarised = summary === true && adapter.can('reasoning', 'generation.reasoning.summary');
  if (effort === undefined && !isSummarised) return;
  body.reasoning = { ...(effort && { effort }), ...(isSummarised && { summary: 'auto' }) };
}

function encodeEffort({ effort }: ReasoningOptions, adapter: Adapter): string | undefined {
  const field = 'generation.reasoning.effort';
  const word = EFFORTS.get(effort);
  if (word === undefined || (word === 'none' && adapter.lacks('reasoning'))) return undefined; // It does not think anyway.
  if (!adapter.can('reasoning', field)) return undefined;
  if (word !== 'none' || !adapter.lacks('reasoningEffortNone')) return word;
  adapter.rewrite(field, 'The model cannot do without; the least was asked for.');
  return 'minimal';
}

/** Who wants no text is refused in either mode. */
function dropModalities({ generation: { outputModalities }, adapter }: Encoding): void {
  const wantsText = outputModalities.includes(OutputModality.TEXT);
  for (const [index, modality] of outputModalities.entries()) {
    const field = `generation.output_modalities[${index}]`;
    if (modality === OutputModality.TEXT) continue;
    if (wantsText) adapter.drop(field, 'Responses are text only.');
    else adapter.refuse(field, 'Responses are text only; choose another model.');
  }
}

function encodeServiceTier({ body, generation: { serviceTier }, adapter }: Encoding): void {
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
