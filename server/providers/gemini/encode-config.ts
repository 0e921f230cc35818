/** Encodes generationConfig: https://ai.google.dev/api/generate-content#GenerationConfig, seen 2026-11-24. */
import type { Feature } from '../../model/target.ts';
import { AdaptationAction, type Generation, OutputModality, Verbosity } from '../../model/wire.ts';
import type { Adapter } from '../shared/adapter.ts';
import { parseCallerObject } from '../shared/json.ts';
import { encodeThinking } from './encode-thinking.ts';
import { toOpenApiSchema } from './schema.ts';

type Config = Record<string, unknown>;

/** The parameters of generation; empty if there are none. */
export function encodeConfig(generation: Generation, adapter: Adapter): Config {
  const config: Config = {};
  for (const encode of ENCODERS) encode(config, generation, adapter);
  return config;
}

const ENCODERS: readonly ((config: Config, generation: Generation, adapter: Adapter) => void)[] = [
  encodeMaxTokens,
  encodeSampling,
  encodeStop,
  encodeFormat,
  encodeLogprobs,
  encodeModalities,
  encodeReasoning,
  dropVerbosity,
];

function encodeMaxTokens(config: Config, { maxOutputTokens }: Generation, adapter: Adapter): void {
  const field = 'generation.max_output_tokens';
  const { target } = adapter;
  const wanted = maxOutputTokens ?? target.defaultMaxOutputTokens;
  if (wanted === undefined) return;
  const most = target.capabilities.maxOutputTokens ?? wanted;
  if (maxOutputTokens === undefined) {
    adapter.report(field, AdaptationAction.ADDED, `The deployment's limit of ${wanted} tokens.`);
  } else if (wanted > most) adapter.rewrite(field, `${target.upstreamModel} gives ${most} tokens at most.`);
  config.maxOutputTokens = Math.min(wanted, most);
}

/** Numbers that go as they are: the contract's word is the provider's too. */
const NUMBERS = [
  ['temperature', 'temperature'],
  ['topP', 'top_p'],
  ['topK', 'top_k'],
  ['presencePenalty', 'presence_penalty'],
  ['frequencyPenalty', 'frequency_penalty'],
  ['seed', 'seed'],
] as const satisfies readonly (readonly [keyof Generation & Feature, string])[];

function encodeSampling(config: Config, generation: Generation, adapter: Adapter): void {
  for (const [word, member] of NUMBERS) {
    const value = generation[word];
    if (value !== undefined && adapter.can(word, `generation.${member}`)) config[word] = value;
  }
}

/** "The set of character sequences (up to 5) that will stop output generation." */
const MAX_STOP_SEQUENCES = 5;

function encodeStop(config: Config, { stopSequences }: Generation, adapter: Adapter): void {
  const field = 'generation.stop_sequences';
  if (stopSequences.length === 0 || !adapter.can('stopSequences', field)) return;
  const most = adapter.target.quirks.maxStopSequences ?? MAX_STOP_SEQUENCES;
  if (stopSequences.length > most) adapter.rewrite(field, `Gemini takes ${most} at most: the first ones go.`);
  config.stopSequences = stopSequences.slice(0, most);
}

const JSON_TYPE = 'application/json';

function encodeFormat(config: Config, { responseFormat }: Generation, adapter: Adapter): void {
  const format = responseFormat?.format;
  if (format?.$case === 'jsonObject' && adapter.can('jsonObject', 'generation.response_format.json_object')) {
    config.responseMimeType = JSON_TYPE;
  }
  if (format?.$case !== 'jsonSchema') return;
  const field = 'generation.response_format.json_schema';
  const { schemaJson, description } = format.value;
  const schema = parseCallerObject(schemaJson, `${field}.schema_json`);
  if (adapter.lacks('jsonSchema') && !adapter.lacks('jsonObject')) {
    adapter.rewrite(field, 'The model takes no schema: any JSON was asked for.');
    config.responseMimeType = JSON_TYPE;
  } else if (adapter.can('jsonSchema', field)) {
    if (description !== '') adapter.drop(`${field}.description`, 'Gemini takes the schema alone.');
    config.responseMimeType = JSON_TYPE;
    if (adapter.target.quirks.schemaDialect !== 'openapi') config.responseJsonSchema = schema;
    else config.responseSchema = toOpenApiSchema(schema, `${field}.schema_json`, adapter);
  }
}

function encodeLogprobs(config: Config, { logprobs }: Generation, adapter: Adapter): void {
  if (logprobs === undefined || !adapter.can('logprobs', 'generation.logprobs')) return;
  config.responseLogprobs = true;
  if (logprobs.top !== undefined && logprobs.top > 0) config.logprobs = logprobs.top;
}

const MODALITIES = [
  [OutputModality.IMAGE, 'imageOutput', 'IMAGE'],
  [OutputModality.AUDIO, 'audioOutput', 'AUDIO'],
] as const satisfies readonly (readonly [OutputModality, Feature, string])[];

function encodeModalities(config: Config, { outputModalities }: Generation, adapter: Adapter): void {
  const wants = new Set(outputModalities);
  const words = wants.has(OutputModality.TEXT) ? ['TEXT'] : [];
  for (const [modality, feature, word] of MODALITIES) {
    if (wants.has(modality) && canGive(feature, wants, adapter)) words.push(word);
  }
  if (words.some((word) => word !== 'TEXT')) config.responseModalities = words;
}

/** Whether the model has a kind of output. Who wants no text instead is refused in either mode. */
function canGive(feature: Feature, wants: ReadonlySet<OutputModality>, adapter: Adapter): boolean {
  const field = 'generation.output_modalities';
  if (!adapter.lacks(feature) || wants.has(OutputModality.TEXT)) return adapter.can(feature, field);
  adapter.refuse(field, `${adapter.target.upstreamModel} does not give it; choose another model.`);
  return false;
}

function encodeReasoning(config: Config, { reasoning }: Generation, adapter: Adapter): void {
  const thinking = reasoning && encodeThinking(reasoning, adapter);
  if (thinking !== undefined && Object.keys(thinking).length > 0) config.thinkingConfig = thinking;
}

function dropVerbosity(_config: Config, { verbosity }: Generation, adapter: Adapter): void {
  if (verbosity !== Verbosity.UNSPECIFIED) adapter.drop('generation.verbosity', 'Gemini has no such parameter.');
}
