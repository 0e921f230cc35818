/** Deep freezing, maps and sets included. */

/** Freezes a value and everything in it, for good. Maps and sets keep their readers and lose their writers. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  if (value instanceof Map) seal(value, ['set', 'delete', 'clear', 'getOrInsert', 'getOrInsertComputed']);
  if (value instanceof Set) seal(value, ['add', 'delete', 'clear']);
  Object.freeze(value);
  for (const inner of innerValues(value)) deepFreeze(inner);
  return value;
}

function innerValues(value: object): Iterable<unknown> {
  if (value instanceof Map) {
    const entries: ReadonlyMap<unknown, unknown> = value;
    return [...entries.keys(), ...entries.values()];
  }
  return value instanceof Set ? value : Object.values(value);
}

// Object.freeze does not reach the entries of maps and sets.
function seal(value: object, writers: readonly string[]): void {
  for (const name of writers) Object.defineProperty(value, name, { value: refuseWrite });
}

function refuseWrite(): never {
  throw new TypeError('a configuration cannot be changed; compile a new one');
}
