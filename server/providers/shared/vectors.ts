/** Vectors of replies: checked, put in order and packed as the request's encoding says. */
import { GatewayError } from '../../model/errors.ts';
import { type Embedding, EmbedEncoding, type EmbedRequest, type Usage } from '../../model/wire.ts';
import { asObject, asText, type JsonObject } from './json.ts';
import { makeUsage } from './usage.ts';

/** The numbers of one vector: floats, signed bytes, or bytes of bits, by the request's encoding. */
export type Vector = readonly number[] | Float32Array;

/** Encodings that are made of floats. */
export const FLOAT_ENCODINGS: ReadonlySet<EmbedEncoding> = new Set<EmbedEncoding>([
  EmbedEncoding.UNSPECIFIED,
  EmbedEncoding.FLOATS,
  EmbedEncoding.FLOAT32_LE,
]);

/** UPSTREAM_PROTOCOL: what is wrong with a reply of vectors, as the end of "The provider's reply …". */
export function brokenVectors(what: string): GatewayError {
  return new GatewayError('UPSTREAM_PROTOCOL', `The provider's reply ${what}.`);
}

/**
 * Reads one vector out of a list of numbers.
 * @throws GatewayError UPSTREAM_PROTOCOL unless each is a number that the encoding can hold.
 */
export function readVector(value: unknown, encoding: EmbedEncoding): Vector {
  const holds = RANGES.get(encoding) ?? isFloat32;
  if (!Array.isArray(value) || !value.every((number: unknown) => holds(number)))
    throw brokenVectors('has a vector that is none');
  return value as readonly number[]; // Every element was just found to be a number.
}

/**
 * Reads the vectors of {data: [{index, embedding}]}, as OpenAI and others list them, into the order of the inputs.
 * @throws GatewayError UPSTREAM_PROTOCOL if one is missing, there twice, or no vector by `read`.
 */
export function readListedVectors(data: unknown, count: number, read: (value: unknown) => Vector): readonly Vector[] {
  if (!Array.isArray(data) || data.length !== count) throw brokenVectors('has not one vector for each input');
  const vectors = new Array<Vector | undefined>(count).fill(undefined);
  for (const [place, value] of data.entries()) {
    const item = asObject(value);
    const index = item?.index ?? place;
    if (typeof index !== 'number' || !(index in vectors) || vectors[index] !== undefined) {
      throw brokenVectors('numbers its vectors wrongly');
    }
    vectors[index] = read(item?.embedding);
  }
  return vectors.filter((vector) => vector !== undefined);
}

/** Vectors as a dialect answers them. */
export interface PackedVectors {
  readonly embeddings: readonly Embedding[];
  readonly dimensions: number;
}

/**
 * Packs vectors as the request's encoding says.
 * @throws GatewayError UPSTREAM_PROTOCOL if one is empty, or of another length than the others or than was asked for.
 */
export function packVectors(
  vectors: readonly Vector[],
  { encoding, dimensions }: Pick<EmbedRequest, 'encoding' | 'dimensions'>,
): PackedVectors {
  const length = vectors[0]?.length ?? 0;
  if (length === 0 || vectors.some((vector) => vector.length !== length))
    throw brokenVectors('has vectors of unequal length');
  const most = encoding === EmbedEncoding.BINARY ? length * BITS : length;
  const least = encoding === EmbedEncoding.BINARY ? most - BITS + 1 : most; // The last byte is filled with zeros.
  if (dimensions !== undefined && (dimensions > most || dimensions < least)) {
    throw brokenVectors(`has vectors of ${most} dimensions where ${dimensions} were asked for`);
  }
  const pack = PACKERS.get(encoding) ?? packFloats;
  return { embeddings: vectors.map(pack), dimensions: dimensions ?? most };
}

/** Usage of embeddings: they have no output, which is zero and not unknown. */
export function embeddingUsage(inputTokens: number | undefined, counts: JsonObject, more: Partial<Usage> = {}): Usage {
  const outputTokens = inputTokens === undefined ? undefined : 0;
  return makeUsage({ inputTokens, outputTokens, rawJson: asText(JSON.stringify(counts)) ?? '', ...more });
}

const BITS = 8;

type Holds = (value: unknown) => boolean;

const RANGES: ReadonlyMap<EmbedEncoding, Holds> = new Map<EmbedEncoding, Holds>([
  [EmbedEncoding.INT8, (value) => isWhole(value, -128, 127)],
  [EmbedEncoding.BINARY, (value) => isWhole(value, 0, 255)],
]);

/** Contract and callers hold 32 bits: a number that is finite only in 64 would become an infinity, or not be sent at all. */
function isFloat32(value: unknown): boolean {
  return typeof value === 'number' && Math.abs(value) <= MAX_FLOAT32;
}

const MAX_FLOAT32 = (2 - 2 ** -23) * 2 ** 127;

function isWhole(value: unknown, min: number, max: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
}

const PACKERS: ReadonlyMap<EmbedEncoding, (vector: Vector) => Embedding> = new Map<
  EmbedEncoding,
  (vector: Vector) => Embedding
>([
  [EmbedEncoding.FLOAT32_LE, packBytes],
  [EmbedEncoding.INT8, (vector) => ({ vector: { $case: 'int8Values', value: Uint8Array.from(vector) } })],
  [EmbedEncoding.BINARY, (vector) => ({ vector: { $case: 'bits', value: Uint8Array.from(vector) } })],
]);

function packFloats(vector: Vector): Embedding {
  return { vector: { $case: 'floats', value: { values: Array.isArray(vector) ? vector : [...vector] } } };
}

function packBytes(vector: Vector): Embedding {
  const bytes = new Uint8Array(4 * vector.length);
  if (IS_LITTLE_ENDIAN) new Float32Array(bytes.buffer).set(vector);
  else {
    const view = new DataView(bytes.buffer);
    for (const [index, number] of vector.entries()) view.setFloat32(4 * index, number, true);
  }
  return { vector: { $case: 'float32Le', value: bytes } };
}

const IS_LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
