/** JSON schemas with their references followed and their conjunctions merged, so that one object says what a value must be. */
import { asList, asObject, isJsonObject, type JsonObject } from '../shared/json.ts';

/** A schema that the simulator cannot satisfy. The message goes to the caller. */
export class SchemaError extends Error {}

const MAX_HOPS = 32; // References and conjunctions that lead to each other; real schemas need a few.

/** What a schema demands, without $ref and allOf. Pure. @throws SchemaError */
export function flattenSchema(schema: unknown, root: unknown, hops = 0): JsonObject {
  if (schema === true) return {};
  if (!isJsonObject(schema)) throw new SchemaError('a schema in it accepts no value');
  if (schema.$ref === undefined && schema.allOf === undefined) return schema;
  if (hops >= MAX_HOPS) throw new SchemaError('its references lead in a circle');
  const { $ref: reference, allOf, ...beside } = schema;
  const parts = [...asList(allOf), ...(reference === undefined ? [] : [followReference(reference, root)])];
  return parts.map((part) => flattenSchema(part, root, hops + 1)).reduce(mergeSchemas, beside);
}

/** What a reference within the document points to; undefined: nothing. */
export function findReference(reference: unknown, root: unknown): unknown {
  if (typeof reference !== 'string' || !/^#(\/|$)/.test(reference)) return undefined;
  const steps = reference.split('/').slice(1);
  return steps.reduce((at: unknown, step) => memberOf(at, step.replaceAll('~1', '/').replaceAll('~0', '~')), root);
}

function followReference(reference: unknown, root: unknown): unknown {
  const found = findReference(reference, root);
  if (found === undefined) throw new SchemaError(`its reference ${JSON.stringify(reference)} leads nowhere`);
  return found;
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}

/** One schema that demands what both demand. */
export function mergeSchemas(left: JsonObject, right: JsonObject): JsonObject {
  const merged: Record<string, unknown> = { ...left };
  for (const [name, value] of Object.entries(right)) {
    const own = left[name];
    merged[name] = own === undefined ? value : (MERGES[name]?.(own, value) ?? value);
  }
  return merged;
}

type Merge = (left: unknown, right: unknown) => unknown;

const larger: Merge = (left, right) => Math.max(Number(left), Number(right));
const smaller: Merge = (left, right) => Math.min(Number(left), Number(right));
const intersection: Merge = (left, right) => {
  const kept = asList(right).map((item) => JSON.stringify(item));
  return asList(left).filter((item) => kept.includes(JSON.stringify(item)));
};

const MERGES: Readonly<Record<string, Merge>> = {
  minimum: larger,
  exclusiveMinimum: larger,
  minLength: larger,
  minItems: larger,
  minProperties: larger,
  maximum: smaller,
  exclusiveMaximum: smaller,
  maxLength: smaller,
  maxItems: smaller,
  maxProperties: smaller,
  uniqueItems: (left, right) => left === true || right === true,
  enum: intersection,
  required: (left, right) => [...new Set([...asList(left), ...asList(right)])],
  type: (left, right) => narrowTypes(typeNames(left), typeNames(right)),
  properties: (left, right) => mergeProperties(asObject(left) ?? {}, asObject(right) ?? {}),
  items: (left, right) => ({ allOf: [left, right] }),
  additionalProperties: (left, right) => left !== false && right !== false && { allOf: [left, right] },
};

/** The names of a schema's `type`, which may be one or a list. */
export function typeNames(type: unknown): readonly string[] {
  return (Array.isArray(type) ? type : [type]).filter((name) => typeof name === 'string');
}

function narrowTypes(left: readonly string[], right: readonly string[]): readonly string[] {
  const accepts = (names: readonly string[], name: string) =>
    names.includes(name) || (name === 'integer' && names.includes('number'));
  return [
    ...left.filter((name) => accepts(right, name)),
    ...right.filter((name) => name === 'integer' && accepts(left, name) && !left.includes(name)),
  ];
}

function mergeProperties(left: JsonObject, right: JsonObject): JsonObject {
  const merged: (readonly [string, unknown])[] = Object.entries(left);
  for (const [name, schema] of Object.entries(right)) {
    merged.push([name, Object.hasOwn(left, name) ? { allOf: [left[name], schema] } : schema]);
  }
  return Object.fromEntries<unknown>(merged);
}
