/** Vectors of an embedding reply as typed arrays. */
import { endianness } from 'node:os';
import type { Embedding } from './gen/index.ts';

const IS_LITTLE_ENDIAN = endianness() === 'LE';

/**
 * The vectors: [inputs][dimensions]. Bytes are viewed where they lie aligned in the reply and copied as a whole where they do
 * not; single numbers are never copied. Empty for encodings that are not of floats.
 */
export function toVectors(embeddings: readonly Embedding[]): readonly Float32Array[] {
  const vectors: Float32Array[] = [];
  for (const { vector } of embeddings) {
    if (vector?.$case === 'float32Le') vectors.push(viewFloats(vector.value));
    else if (vector?.$case === 'floats') vectors.push(Float32Array.from(vector.value.values));
  }
  return vectors;
}

function viewFloats(bytes: Uint8Array): Float32Array {
  const length = Math.floor(bytes.byteLength / Float32Array.BYTES_PER_ELEMENT);
  if (!IS_LITTLE_ENDIAN) return readLittleEndian(bytes, length);
  const isAligned = bytes.byteOffset % Float32Array.BYTES_PER_ELEMENT === 0;
  const { buffer, byteOffset } = isAligned ? bytes : Uint8Array.from(bytes);
  return new Float32Array(buffer, byteOffset, length);
}

function readLittleEndian(bytes: Uint8Array, length: number): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length }, (_, index) => view.getFloat32(index * Float32Array.BYTES_PER_ELEMENT, true));
}
