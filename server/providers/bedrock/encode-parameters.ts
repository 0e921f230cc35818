/** Parameters beside messages, tools and thinking. */
import { type Generation, OutputModality, Verbosity } from '../../model/wire.ts';
import type { Adapter } from '../shared/adapter.ts';
import { parseCallerObject } from '../shared/json.ts';
import type { EncodeContext } from './context.ts';
import type { Block } from './encode-media.ts';
import type { Family } from './model-id.ts';

/** Sampling: temperature and topP as inferenceConfig has them, topK as the model's own field. */
export interface Sampling {
  readonly inferenceConfig: Block;
  readonly modelFields: Block;
}

/** Encodes sampling for a model that has no rules of its own about it (for Claude's see encode-limits.ts). */
export function encodeSampling(generation: Generation, { adapter, family }: EncodeContext): Sampling {
  const inferenceConfig: Block = {};
  const temperature = encodeTemperature(generation, adapter);
  if (temperature !== undefined) inferenceConfig.temperature = temperature;
  if (generation.topP !== undefined && adapter.can('topP', 'generation.top_p')) inferenceConfig.topP = generation.topP;
  return { inferenceConfig, modelFields: encodeTopK(generation, family, adapter) };
}

/** The caller's limit, else the deployment's; at most what the model writes. Undefined: the model's own limit. */
export function chooseMaxTokens({ maxOutputTokens }: Generation, adapter: Adapter): number | undefined {
  const { capabilities, defaultMaxOutputTokens } = adapter.target;
  const wanted = maxOutputTokens ?? defaultMaxOutputTokens;
  const most = capabilities.maxOutputTokens;
  if (wanted === undefined || most === undefined || wanted <= most) return wanted;
  if (maxOutputTokens !== undefined) {
    adapter.rewrite('generation.max_output_tokens', `The model writes at most ${most} tokens: sent as that.`);
  }
  return most;
}

/** Stop sequences that Bedrock takes. */
export function encodeStopSequences({ stopSequences }: Generation, adapter: Adapter): readonly string[] {
  if (stopSequences.length === 0 || !adapter.can('stopSequences', 'generation.stop_sequences')) return [];
  return stopSequences.filter((sequence, index) => {
    if (sequence.trim() !== '') return true;
    adapter.drop(`generation.stop_sequences[${index}]`, 'Bedrock takes none that is only white space.');
    return false;
  });
}

/** The schema of the answer, as outputConfig.textFormat; undefined for text. The schema travels as the text that it is. */
export function encodeFormat({ responseFormat }: Generation, adapter: Adapter): Block | undefined {
  const format = responseFormat?.format;
  if (format?.$case === 'jsonObject') {
    const why = 'Bedrock has no such form: give a schema, or ask in the prompt.';
    adapter.drop('generation.response_format.json_object', why);
  }
  if (format?.$case !== 'jsonSchema') return undefined;
  const path = 'generation.response_format.json_schema';
  const { name, description, schemaJson } = format.value;
  parseCallerObject(schemaJson, `${path}.schema_json`); // Only to refuse here what is no JSON object.
  if (!adapter.can('jsonSchema', path)) return undefined;
  const jsonSchema = {
    schema: schemaJson.toWellFormed(),
    ...(name !== '' && { name }),
    ...(description !== '' && { description }),
  };
  return { type: 'json_schema', structure: { jsonSchema } };
}

/** Tier of service. */
export function encodeServiceTier({ serviceTier }: Generation, adapter: Adapter): Block | undefined {
  const field = 'generation.service_tier';
  if (serviceTier === '' || !adapter.can('serviceTier', field)) return undefined;
  if (SERVICE_TIERS.has(serviceTier)) return { type: serviceTier };
  adapter.drop(field, `Bedrock takes ${[...SERVICE_TIERS].join(', ')}.`);
  return undefined;
}

/** Notes what Bedrock has no form for. Values that ask for what happens anyway are not worth a word. */
export function dropUnknown(generation: Generation, adapter: Adapter): void {
  for (const [field, isSet] of UNKNOWN) {
    if (isSet(generation)) adapter.drop(`generation.${field}`, 'Bedrock has no such parameter.');
  }
  const wantsText = generation.outputModalities.includes(OutputModality.TEXT);
  for (const [index, modality] of generation.outputModalities.entries()) {
    const field = `generation.output_modalities[${index}]`;
    if (modality === OutputModality.TEXT) continue;
    if (wantsText) adapter.drop(field, 'Bedrock cannot be asked for it.');
    else adapter.refuse(field, 'Bedrock can be asked for text only; choose another model.');
  }
}

/** ServiceTierType of the SDK 3.1164.0, read 2026-11-24. */
const SERVICE_TIERS: ReadonlySet<string> = new Set(['default', 'flex', 'priority', 'reserved']);

const UNKNOWN: readonly (readonly [field: string, isSet: (generation: Generation) => boolean])[] = [
  ['frequency_penalty', ({ frequencyPenalty }) => (frequencyPenalty ?? 0) !== 0],
  ['presence_penalty', ({ presencePenalty }) => (presencePenalty ?? 0) !== 0],
  ['seed', ({ seed }) => seed !== undefined],
  ['logprobs', ({ logprobs }) => logprobs !== undefined],
  ['verbosity', ({ verbosity }) => verbosity !== Verbosity.UNSPECIFIED],
];

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InferenceConfiguration.html, read 2026-11-24. */
const MAX_TEMPERATURE = 1;

function encodeTemperature({ temperature }: Generation, adapter: Adapter): number | undefined {
  const field = 'generation.temperature';
  if (temperature === undefined || !adapter.can('temperature', field)) return undefined;
  if (temperature <= MAX_TEMPERATURE) return temperature;
  adapter.rewrite(field, `Bedrock takes 0 to ${MAX_TEMPERATURE}: sent as ${MAX_TEMPERATURE}.`);
  return MAX_TEMPERATURE;
}

/** Where each family has it: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html, read 2026-11-24. */
const TOP_K: Readonly<Partial<Record<Family, (topK: number) => Block>>> = {
  amazon: (topK) => ({ inferenceConfig: { topK } }),
  cohere: (topK) => ({ k: topK }),
  mistral: (topK) => ({ top_k: topK }),
};

function encodeTopK({ topK }: Generation, family: Family, adapter: Adapter): Block {
  const field = 'generation.top_k';
  if (topK === undefined || !adapter.can('topK', field)) return {};
  const encode = TOP_K[family];
  if (encode !== undefined) return encode(topK);
  adapter.drop(field, 'Converse has no such parameter, and it is not known what the model calls it.');
  return {};
}
