/** Checks of a Generation, and of what an Embed asks for. */
import type { EmbedInput, EmbedRequest, Generation, ReasoningOptions, ResponseFormat } from '../../../model/wire.ts';
import { OutputModality, ReasoningMode } from '../../../model/wire.ts';
import { checkMedia } from './media.ts';
import { checkMessages } from './messages.ts';
import { checkSchema, parseObject } from './schema.ts';
import { checkToolChoice, checkTools } from './tools.ts';
import { at, type Findings, type Path } from './violations.ts';

const INT32_MAX = 2 ** 31 - 1;
const MAX_MODEL_LENGTH = 256;
const MAX_STOP_SEQUENCES = 64;
const MAX_EMBED_INPUTS = 100_000;
const DIALECT_ID = /^[\w.-]{1,64}$/; // Paths go into the log: no more of a caller's text than a name.
const SCHEMA_NAME = /^[A-Za-z0-9_-]{1,64}$/;

/** Checks a generation. */
export function checkGeneration(path: Path, generation: Generation, found: Findings): void {
  checkModel(at(path, 'model'), generation.model, found);
  checkMessages(at(path, 'messages'), generation.messages, found);
  checkTools(at(path, 'tools'), generation.tools, found);
  if (generation.toolChoice) checkToolChoice(at(path, 'tool_choice'), generation.toolChoice, found);
  if (generation.responseFormat) checkFormat(at(path, 'response_format'), generation.responseFormat, found);
  if (generation.reasoning) checkReasoning(at(path, 'reasoning'), generation.reasoning, found);
  checkSampling(path, generation, found);
  checkStops(at(path, 'stop_sequences'), generation.stopSequences, found);
  for (const [index, modality] of generation.outputModalities.entries()) {
    if (modality !== OutputModality.UNSPECIFIED) return;
    found.add(at(path, 'output_modalities', index), 'must be set: TEXT, AUDIO or IMAGE');
  }
  checkProviderOptions(at(path, 'provider_options_json'), generation.providerOptionsJson, found);
}

/** Checks what an Embed asks for. */
export function checkEmbed(request: EmbedRequest, found: Findings): void {
  checkModel(at(undefined, 'model'), request.model, found);
  found.range(at(undefined, 'dimensions'), request.dimensions, 1, INT32_MAX);
  const inputs = at(undefined, 'inputs');
  if (request.inputs.length === 0) found.add(inputs, 'needs at least one input');
  if (request.inputs.length > MAX_EMBED_INPUTS) {
    found.add(inputs, `must be at most ${MAX_EMBED_INPUTS}; there are ${request.inputs.length}`);
  } else {
    for (const [index, input] of request.inputs.entries()) checkInput({ parent: inputs, key: index }, input, found);
  }
  checkProviderOptions(at(undefined, 'provider_options_json'), request.providerOptionsJson, found);
}

function checkInput(path: Path, input: EmbedInput, found: Findings): void {
  if (input.parts.length === 0) found.add(at(path, 'parts'), 'needs at least one part');
  for (const [index, part] of input.parts.entries()) {
    const place = at(path, 'parts', index);
    if (part.content === undefined) found.add(place, 'needs its content: text or image');
    else if (part.content.$case === 'image') checkMedia(at(place, 'image'), part.content.value, 'image', found);
    else if (part.content.value === '') found.add(at(place, 'text'), 'is empty; providers refuse to embed nothing');
  }
}

function checkModel(path: Path, model: string, found: Findings): void {
  if (model === '') found.add(path, 'must be set: one of the names that ListModels gives');
  found.length(path, model, MAX_MODEL_LENGTH);
}

function checkSampling(path: Path, generation: Generation, found: Findings): void {
  found.range(at(path, 'max_output_tokens'), generation.maxOutputTokens, 1, INT32_MAX);
  found.range(at(path, 'temperature'), generation.temperature, 0, 2);
  found.range(at(path, 'top_p'), generation.topP, Number.MIN_VALUE, 1);
  found.range(at(path, 'top_k'), generation.topK, 1, INT32_MAX);
  found.range(at(path, 'frequency_penalty'), generation.frequencyPenalty, -2, 2);
  found.range(at(path, 'presence_penalty'), generation.presencePenalty, -2, 2);
  found.range(at(at(path, 'logprobs'), 'top'), generation.logprobs?.top, 0, 20);
}

function checkStops(path: Path, stops: readonly string[], found: Findings): void {
  if (stops.length > MAX_STOP_SEQUENCES) found.add(path, `must be at most ${MAX_STOP_SEQUENCES}`);
  const empty = stops.indexOf('');
  if (empty >= 0) found.add({ parent: path, key: empty }, 'is empty');
}

function checkFormat(path: Path, responseFormat: ResponseFormat, found: Findings): void {
  const format = responseFormat.format;
  if (format === undefined) return found.add(path, 'needs its format: text, json_object or json_schema');
  if (format.$case !== 'jsonSchema') return;
  const place = at(path, 'json_schema');
  if (!SCHEMA_NAME.test(format.value.name)) found.add(at(place, 'name'), 'must be 1 to 64 of A-Z a-z 0-9 _ -');
  checkSchema(at(place, 'schema_json'), format.value.schemaJson, found);
}

function checkReasoning(path: Path, reasoning: ReasoningOptions, found: Findings): void {
  found.range(at(path, 'max_tokens'), reasoning.maxTokens, 1, INT32_MAX);
  if (reasoning.mode === ReasoningMode.BUDGET && reasoning.maxTokens === undefined) {
    found.add(at(path, 'max_tokens'), 'is required with mode BUDGET');
  }
}

function checkProviderOptions(path: Path, options: Readonly<Record<string, string>>, found: Findings): void {
  for (const [dialect, json] of Object.entries(options)) {
    const parsed = parseObject(json);
    if (typeof parsed === 'string') found.add(at(path, DIALECT_ID.test(dialect) ? `"${dialect}"` : '(key)'), parsed);
  }
}
