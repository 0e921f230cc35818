/** Values that are nearly right. */
import fc from 'fast-check';

/** Sample values in which one value, anywhere, is another one. */
export function mutated(samples: readonly unknown[]): fc.Arbitrary<unknown> {
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 1 }),
    fc.constantFrom<unknown>(-1, 2 ** 53, '\ud83d', '', null, [null]),
  );
  return fc
    .tuple(fc.constantFrom(...samples), fc.nat(), value)
    .map(([sample, place, other]) => replaceAt(sample, { left: place % Math.max(1, countValues(sample)) }, other));
}

function countValues(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce((sum: number, member) => sum + countValues(member), 1);
}

function replaceAt(value: unknown, cursor: { left: number }, other: unknown): unknown {
  if (cursor.left-- === 0) return other;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((member) => replaceAt(member, cursor, other));
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, replaceAt(member, cursor, other)]));
}
