/** Embeddings in which similar texts lie near each other: hashed words and pieces of words, normalised. */
import { encodeBase64 } from '../shared/base64.ts';
import { asText, type JsonObject } from '../shared/json.ts';
import { STOP_WORDS } from './corpus.ts';
import { hashText } from './random.ts';
import { jsonScript, type Script } from './script.ts';
import type { SimulatorSettings } from './settings.ts';
import { estimateTokens } from './tokens.ts';
import { RequestError, readModel, readPositive } from './wire.ts';

const DEFAULT_DIMENSIONS = 256;
const MAX_DIMENSIONS = 3072;
const MAX_INPUTS = 2048; // As OpenAI's.

/** The script of an embedding request. @throws RequestError */
export function embeddingsScript(body: JsonObject, settings: SimulatorSettings): Script {
  const model = readModel(body);
  const inputs = readInputs(body.input);
  const dimensions = readPositive(body, 'dimensions') ?? DEFAULT_DIMENSIONS;
  if (dimensions > MAX_DIMENSIONS) {
    throw new RequestError(`Invalid 'dimensions': at most ${MAX_DIMENSIONS}.`, { param: 'dimensions' });
  }
  const seed = hashText(model, settings.seed); // Another model, another space.
  const base64 = body.encoding_format === 'base64';
  const data = inputs.map((input, index) => {
    const vector = embedText(input, dimensions, seed);
    const embedding = base64 ? encodeBase64(littleEndian(vector)) : [...vector];
    return { object: 'embedding', index, embedding };
  });
  const tokens = inputs.reduce((sum, input) => sum + estimateTokens(input), 0);
  const usage = { prompt_tokens: tokens, total_tokens: tokens };
  return jsonScript(200, { object: 'list', data, model, usage }, settings.firstTokenMs);
}

/** A vector of length 1 for a text (its first 32,000 characters): `[dimensions]`. */
export function embedText(text: string, dimensions: number, seed: number): Float32Array {
  const vector = new Float32Array(dimensions);
  const words =
    text
      .slice(0, 32_000)
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  for (const word of words) addWord(vector, word, seed);
  const length = Math.hypot(...vector);
  if (length === 0)
    vector[hashText(text, seed) % dimensions] = 1; // Nothing but signs: a direction of its own.
  else for (let i = 0; i < dimensions; i++) vector[i] = (vector[i] ?? 0) / length;
  return vector;
}

/** A word and its trigrams, so that "harbour" and "harbours" share most of what they add. */
function addWord(vector: Float32Array, word: string, seed: number): void {
  const weight = STOP_WORDS.has(word) || word.length < 3 ? 0.2 : 1;
  addFeature(vector, hashText(word, seed), weight);
  const padded = `^${word}$`;
  const share = (weight * 1.2) / Math.sqrt(Math.max(1, padded.length - 2));
  for (let i = 0; i + 3 <= padded.length; i++) addFeature(vector, hashText(padded.slice(i, i + 3), seed), share);
}

/** Each feature goes to two places with signs of its own, so that unlike features rarely meet with the same ones. */
function addFeature(vector: Float32Array, hash: number, weight: number): void {
  const mixed = Math.imul(hash, 0x9e3779b1) >>> 0;
  const first = hash % vector.length;
  const second = mixed % vector.length;
  vector[first] = (vector[first] ?? 0) + (hash & 0x10000 ? weight : -weight);
  vector[second] = (vector[second] ?? 0) + (mixed & 0x10000 ? weight : -weight);
}

function readInputs(input: unknown): readonly string[] {
  const inputs: readonly unknown[] = Array.isArray(input) ? input : [input];
  const texts = inputs.map(asText).filter((text): text is string => text !== undefined && text !== '');
  if (texts.length === inputs.length && texts.length > 0 && texts.length <= MAX_INPUTS) return texts;
  throw new RequestError(`'$.input' is invalid: expected 1 to ${MAX_INPUTS} texts, none of them empty.`, {
    param: 'input',
  });
}

function littleEndian(vector: Float32Array): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(vector.length * 4));
  for (const [index, value] of vector.entries()) bytes.setFloat32(index * 4, value, true);
  return new Uint8Array(bytes.buffer);
}
