/** Parameters beside messages, tools and thinking. */
import { AdaptationAction, type Generation, OutputModality, Verbosity } from '../../model/wire.ts';
import type { Adapter } from '../shared/adapter.ts';
import { parseCallerObject } from '../shared/json.ts';
import type { Block } from './encode-media.ts';

/** max_tokens, which Anthropic demands. */
export interface MaxTokens {
  readonly value: number;
  /** Whether the caller set it. */
  readonly given: boolean;
}

/** Every Claude model writes at least so much; used only where neither caller, configuration nor catalogue says more. */
export const FALLBACK_MAX_TOKENS = 4096;

/** The caller's limit, else the deployment's, else the model's known maximum, else FALLBACK_MAX_TOKENS. */
export function chooseMaxTokens({ maxOutputTokens }: Generation, adapter: Adapter): MaxTokens {
  const { capabilities, defaultMaxOutputTokens } = adapter.target;
  const most = capabilities.maxOutputTokens;
  if (maxOutputTokens === undefined) {
    const value = defaultMaxOutputTokens ?? most ?? FALLBACK_MAX_TOKENS;
    return { value: Math.min(value, most ?? value), given: false };
  }
  if (most === undefined || maxOutputTokens <= most) return { value: maxOutputTokens, given: true };
  adapter.rewrite('generation.max_output_tokens', `The model writes at most ${most} tokens: sent as that.`);
  return { value: most, given: true };
}

/** Reports a limit that the caller did not set. */
export function reportMaxTokens(value: number, adapter: Adapter): void {
  const why = `Anthropic demands a limit: ${value} was sent.`;
  adapter.report('generation.max_output_tokens', AdaptationAction.ADDED, why);
}

/** Sampling. `thinks`: whether thinking is asked for, which most of it does not go with. */
export function encodeSampling(generation: Generation, thinks: boolean, adapter: Adapter): Block {
  const sampling: Block = {};
  const temperature = encodeTemperature(generation, thinks, adapter);
  if (temperature !== undefined) sampling.temperature = temperature;
  const topP = encodeTopP(generation, temperature, { thinks, adapter });
  if (topP !== undefined) sampling.top_p = topP;
  if (generation.topK !== undefined && adapter.can('topK', 'generation.top_k')) {
    if (thinks) adapter.drop('generation.top_k', WHILE_THINKING);
    else sampling.top_k = generation.topK;
  }
  return sampling;
}

/** Stop sequences that Anthropic takes. */
export function encodeStopSequences({ stopSequences }: Generation, adapter: Adapter): Block {
  if (stopSequences.length === 0 || !adapter.can('stopSequences', 'generation.stop_sequences')) return {};
  const taken = stopSequences.filter((sequence, index) => {
    if (sequence.trim() !== '') return true;
    adapter.drop(`generation.stop_sequences[${index}]`, 'Anthropic takes none that is only white space.');
    return false;
  });
  return taken.length === 0 ? {} : { stop_sequences: taken };
}

/** The schema of the answer, as output_config.format; undefined for text. */
export function encodeFormat({ responseFormat }: Generation, adapter: Adapter): Block | undefined {
  const format = responseFormat?.format;
  if (format?.$case === 'jsonObject') {
    adapter.drop(
      'generation.response_format.json_object',
      'Anthropic has no such form: give a schema, or ask in the prompt.',
    );
  }
  if (format?.$case !== 'jsonSchema') return undefined;
  const path = 'generation.response_format.json_schema';
  const schema = parseCallerObject(format.value.schemaJson, `${path}.schema_json`);
  if (!adapter.can('jsonSchema', path)) return undefined;
  if (format.value.description !== '') adapter.drop(`${path}.description`, 'Anthropic takes the schema alone.');
  return { type: 'json_schema', schema };
}

/** Tier of service; Anthropic knows two words. */
export function encodeServiceTier({ serviceTier }: Generation, adapter: Adapter): Block {
  const field = 'generation.service_tier';
  if (serviceTier === '' || !adapter.can('serviceTier', field)) return {};
  if (SERVICE_TIERS.has(serviceTier)) return { service_tier: serviceTier };
  adapter.drop(field, `Anthropic takes ${[...SERVICE_TIERS].join(' and ')}.`);
  return {};
}

/** Notes what Anthropic has no form for. Values that ask for what happens anyway are not worth a word. */
export function dropUnknown(generation: Generation, adapter: Adapter): void {
  for (const [field, isSet] of UNKNOWN) {
    if (isSet(generation)) adapter.drop(`generation.${field}`, 'Anthropic has no such parameter.');
  }
  const wantsText = generation.outputModalities.includes(OutputModality.TEXT);
  for (const [index, modality] of generation.outputModalities.entries()) {
    const field = `generation.output_modalities[${index}]`;
    if (modality === OutputModality.TEXT) continue;
    if (wantsText) adapter.drop(field, 'Anthropic writes text only.');
    else adapter.refuse(field, 'Anthropic writes text only; choose another model.');
  }
}

const SERVICE_TIERS: ReadonlySet<string> = new Set(['auto', 'standard_only']);

const WHILE_THINKING = 'Anthropic does not take it together with thinking.';

const MAX_TEMPERATURE = 1;

/** Least top_p together with thinking. */
const MIN_THINKING_TOP_P = 0.95;

const UNKNOWN: readonly (readonly [field: string, isSet: (generation: Generation) => boolean])[] = [
  ['frequency_penalty', ({ frequencyPenalty }) => (frequencyPenalty ?? 0) !== 0],
  ['presence_penalty', ({ presencePenalty }) => (presencePenalty ?? 0) !== 0],
  ['seed', ({ seed }) => seed !== undefined],
  ['logprobs', ({ logprobs }) => logprobs !== undefined],
  ['verbosity', ({ verbosity }) => verbosity !== Verbosity.UNSPECIFIED],
];

function encodeTemperature({ temperature }: Generation, thinks: boolean, adapter: Adapter): number | undefined {
  const field = 'generation.temperature';
  if (temperature === undefined || !adapter.can('temperature', field)) return undefined;
  if (thinks && temperature !== MAX_TEMPERATURE) {
    adapter.drop(field, WHILE_THINKING);
    return undefined;
  }
  if (temperature <= MAX_TEMPERATURE) return temperature;
  adapter.rewrite(field, `Anthropic takes 0 to ${MAX_TEMPERATURE}: sent as ${MAX_TEMPERATURE}.`);
  return MAX_TEMPERATURE;
}

interface TopPContext {
  readonly thinks: boolean;
  readonly adapter: Adapter;
}

function encodeTopP({ topP }: Generation, temperature: number | undefined, { thinks, adapter }: TopPContext) {
  const field = 'generation.top_p';
  if (topP === undefined || !adapter.can('topP', field)) return undefined;
  if (thinks && topP < MIN_THINKING_TOP_P) {
    adapter.drop(field, WHILE_THINKING);
    return undefined;
  }
  if (temperature === undefined) return topP;
  // "`temperature` and `top_p` cannot both be specified for this model": all since Claude Opus 4.1.
  adapter.drop(field, 'Anthropic takes temperature or top_p, not both: temperature is sent.');
  return undefined;
}
