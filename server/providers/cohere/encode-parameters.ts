/** Parameters beside messages and tools. Ranges: https://docs.cohere.com/v2/reference/chat, read 2026-11-24. */
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
import type { Adapter } from '../shared/adapter.ts';
import { parseCallerObject } from '../shared/json.ts';
import { pruneSchema } from './schema.ts';

/** What the encoders of single parameters work on. */
export interface Encoding {
  readonly generation: Generation;
  readonly adapter: Adapter;
  readonly body: Record<string, unknown>;
}

/** The limit of tokens. */
export function encodeMaxTokens({ body, generation, adapter }: Encoding): void {
  const field = 'generation.max_output_tokens';
  const { capabilities, defaultMaxOutputTokens, upstreamModel } = adapter.target;
  const wanted = generation.maxOutputTokens ?? defaultMaxOutputTokens;
  if (wanted === undefined) return;
  const most = capabilities.maxOutputTokens ?? wanted;
  if (generation.maxOutputTokens === undefined) {
    adapter.report(field, AdaptationAction.ADDED, `The deployment's limit of ${wanted} tokens.`);
  } else if (wanted > most) adapter.rewrite(field, `${upstreamModel} gives ${most} tokens at most.`);
  body.max_tokens = Math.min(wanted, most);
}

/** Numbers: contract's word, path, member of the body, feature, and the range that Cohere takes. */
const NUMBERS = [
  // "temperature must be between 0 and 1.0 inclusive": https://docs.cohere.com/reference/errors, read 2026-11-24.
  ['temperature', 'temperature', 'temperature', 'temperature', 0, 1],
  ['topP', 'top_p', 'p', 'topP', 0.01, 0.99],
  ['topK', 'top_k', 'k', 'topK', 0, 500],
  ['frequencyPenalty', 'frequency_penalty', 'frequency_penalty', 'frequencyPenalty', 0, 1],
  ['presencePenalty', 'presence_penalty', 'presence_penalty', 'presencePenalty', 0, 1],
  ['seed', 'seed', 'seed', 'seed', 0, Number.MAX_SAFE_INTEGER],
] as const satisfies readonly (readonly [keyof Generation, string, string, Feature, number, number])[];

/** Sampling. A value outside the range becomes its nearest bound. */
export function encodeSampling({ body, generation, adapter }: Encoding): void {
  for (const [word, path, member, feature, min, max] of NUMBERS) {
    const value = generation[word];
    const field = `generation.${path}`;
    if (value === undefined || !adapter.can(feature, field)) continue;
    const sent = Math.min(Math.max(value, min), max);
    if (sent !== value) adapter.rewrite(field, `Cohere takes ${min} to ${max}: sent as ${sent}.`);
    body[member] = sent;
  }
}

const MAX_STOP_SEQUENCES = 5;

/** Stop sequences. */
export function encodeStop({ body, generation: { stopSequences }, adapter }: Encoding): void {
  const field = 'generation.stop_sequences';
  if (stopSequences.length === 0 || !adapter.can('stopSequences', field)) return;
  if (stopSequences.length > MAX_STOP_SEQUENCES) {
    adapter.rewrite(field, `Cohere takes ${MAX_STOP_SEQUENCES} at most: the first ones go.`);
  }
  body.stop_sequences = stopSequences.slice(0, MAX_STOP_SEQUENCES);
}

/** The form of the answer, which Cohere does not take together with tools. */
export function encodeResponseFormat({ body, generation, adapter }: Encoding, hasTools: boolean): void {
  const format = generation.responseFormat?.format;
  if (format?.$case === 'jsonObject') {
    const field = 'generation.response_format.json_object';
    if (hasTools) adapter.drop(field, WITH_TOOLS);
    else if (adapter.can('jsonObject', field)) body.response_format = { type: 'json_object' };
  }
  if (format?.$case !== 'jsonSchema') return;
  const field = 'generation.response_format.json_schema';
  const schema = parseCallerObject(format.value.schemaJson, `${field}.schema_json`);
  if (hasTools) adapter.drop(field, WITH_TOOLS);
  else if (adapter.lacks('jsonSchema') && !adapter.lacks('jsonObject')) {
    adapter.rewrite(field, 'The model takes no schema: any JSON object was asked for.');
    body.response_format = { type: 'json_object' };
  } else if (adapter.can('jsonSchema', field)) {
    if (format.value.description !== '') adapter.drop(`${field}.description`, 'Cohere takes the schema alone.');
    body.response_format = { type: 'json_object', json_schema: encodeSchema(schema, `${field}.schema_json`, adapter) };
  }
}

const WITH_TOOLS = 'Cohere takes no form of the answer together with tools.';

function encodeSchema(schema: Record<string, unknown>, field: string, adapter: Adapter): unknown {
  const { schema: pruned, removed } = pruneSchema(schema);
  if (removed.length === 0) return pruned;
  const why = `Cohere takes no ${removed.join(', ')} in schemas: left out.`;
  const closes = removed.length === 1 && removed[0] === 'additionalProperties';
  // A schema is closed anyway where its properties are forced.
  if (closes) adapter.report(field, AdaptationAction.REWRITTEN, why);
  else adapter.rewrite(field, why);
  return pruned;
}

/** Thinking: on, off, or bounded by tokens. Absent: the model's own default, which is on where it can. */
export function encodeReasoning({ body, generation: { reasoning }, adapter }: Encoding): void {
  if (reasoning === undefined) return;
  const { effort, maxTokens } = reasoning;
  const field = 'generation.reasoning';
  if (effort === ReasoningEffort.NONE) {
    noteReasoning({ ...reasoning, summary: undefined }, adapter);
    if (adapter.lacks('reasoning')) return; // It does not think: nothing is missed.
    if (adapter.lacks('reasoningEffortNone')) adapter.rewrite(`${field}.effort`, 'The model cannot do without.');
    else body.thinking = { type: 'disabled' };
    return;
  }
  noteReasoning(reasoning, adapter);
  const thinks = effort !== ReasoningEffort.UNSPECIFIED || maxTokens !== undefined;
  if (!thinks || !adapter.can('reasoning', maxTokens === undefined ? `${field}.effort` : field)) return;
  if (effort !== ReasoningEffort.UNSPECIFIED) {
    adapter.rewrite(`${field}.effort`, 'Cohere knows no effort, on and off and a limit of tokens only: on.');
  }
  body.thinking = { type: 'enabled', ...(maxTokens !== undefined && { token_budget: maxTokens }) };
}

function noteReasoning({ mode, summary }: ReasoningOptions, adapter: Adapter): void {
  const field = 'generation.reasoning';
  if (mode === ReasoningMode.ADAPTIVE) adapter.drop(`${field}.mode`, 'Cohere takes a limit of tokens only.');
  if (summary === false) adapter.drop(`${field}.summary`, 'Cohere gives what was thought always.');
}

/** Log probabilities, of the tokens that were chosen. */
export function encodeLogprobs({ body, generation: { logprobs }, adapter }: Encoding): void {
  const field = 'generation.logprobs';
  if (logprobs === undefined || !adapter.can('logprobs', field)) return;
  if ((logprobs.top ?? 0) > 0) adapter.drop(`${field}.top`, 'Cohere tells of the chosen tokens only.');
  body.logprobs = true;
}

/** Notes what Cohere has no form for. Values that ask for what happens anyway are not worth a word. */
export function dropUnknown({ generation, adapter }: Encoding): void {
  const { verbosity, serviceTier, outputModalities } = generation;
  const why = 'Cohere has no such parameter.';
  if (verbosity !== Verbosity.UNSPECIFIED) adapter.drop('generation.verbosity', why);
  if (serviceTier !== '') adapter.drop('generation.service_tier', why);
  for (const [index, modality] of outputModalities.entries()) {
    const field = `generation.output_modalities[${index}]`;
    if (modality === OutputModality.TEXT) continue;
    if (outputModalities.includes(OutputModality.TEXT)) adapter.drop(field, 'Cohere writes text only.');
    else adapter.refuse(field, 'Cohere writes text only; choose another model.');
  }
}
