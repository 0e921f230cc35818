/**
 * The number of fields in an encoded request, looked at before it is decoded (fault row 38). Bytes bound what a request holds,
 * not what it costs: 8 MiB can be four million empty messages, which take half a minute to decode and check, in one go.
 */
import type { DescMessage } from '@bufbuild/protobuf';
import { descriptorOf } from './contract-registry.ts';

/** More than any conversation or batch has; what is just below costs about 100 ms to decode, check and refuse. */
export const MAX_FIELDS = 100_000;

/** Two bytes a field: what is smaller cannot have more than a small part of the fields that are allowed. */
const NEGLIGIBLE_BYTES = 16 * 1024;

/**
 * Whether a request has more than MAX_FIELDS fields, those of its messages included; an unknown one counts for several. Costs
 * nothing for small requests.
 */
export function hasTooManyFields(typeName: string, bytes: Uint8Array): boolean {
  if (bytes.length < NEGLIGIBLE_BYTES) return false;
  const counter = new FieldCounter(bytes);
  counter.count(shapeOf(descriptorOf(typeName)), bytes.length);
  return counter.fields > MAX_FIELDS;
}

/** Unknown fields are kept one by one, at ten times and more what a known one costs. */
const UNKNOWN_WEIGHT = 20;

/** The fields of a message by number: what those are that are messages themselves, undefined for the others. */
type Shape = ReadonlyMap<number, Shape | undefined>;

const shapes = new Map<DescMessage, Shape>();

/** The contract has no message within itself, so that this ends. */
function shapeOf(descriptor: DescMessage): Shape {
  const known = shapes.get(descriptor);
  if (known !== undefined) return known;
  const shape = new Map<number, Shape | undefined>();
  shapes.set(descriptor, shape);
  for (const field of descriptor.fields) {
    if (field.fieldKind === 'map') shape.set(field.number, MAP_ENTRY);
    else shape.set(field.number, field.message && shapeOf(field.message));
  }
  return shape;
}

/** Key and value; no map of the contract has messages in it. */
const MAP_ENTRY: Shape = new Map([
  [1, undefined],
  [2, undefined],
]);

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** Walks over bytes. Whatever is no protobuf ends the walk: decoding says so better. */
class FieldCounter {
  fields = 0;
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  count(shape: Shape, end: number): void {
    while (this.#at < end && this.fields <= MAX_FIELDS) {
      const tag = this.#varint();
      const inner = shape.get(tag >>> 3);
      this.fields += inner === undefined && !shape.has(tag >>> 3) ? UNKNOWN_WEIGHT : 1;
      const wireType = tag & 7;
      if (wireType === BYTES) {
        const length = this.#varint();
        const next = this.#at + length;
        if (inner !== undefined && next <= end) this.count(inner, next);
        this.#at = next;
      } else if (wireType === VARINT) this.#varint();
      else if (wireType === FIXED64) this.#at += 8;
      else if (wireType === FIXED32) this.#at += 4;
      else this.#at = this.#bytes.length;
    }
  }

  /** The low 32 bits, which is all that tags and lengths have. */
  #varint(): number {
    let value = 0;
    for (let shift = 0; this.#at < this.#bytes.length; shift += 7) {
      const byte = this.#bytes[this.#at] ?? 0;
      this.#at += 1;
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return value >>> 0;
  }
}
