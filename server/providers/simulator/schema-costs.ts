/** How deep a value has to be to satisfy a schema, for schemas that refer to themselves. */
import { asList, asObject, isJsonObject, type JsonObject } from '../shared/json.ts';
import { findReference, SchemaError, typeNames } from './schema-merge.ts';

/** Levels of the least deep value by schema object; a schema without an entry can be satisfied by no finite value. */
export type SchemaCosts = ReadonlyMap<unknown, number>;

const MAX_SCHEMAS = 20_000;
/** Costs fall a few times at most before they settle; more is a document made to be slow. */
const MAX_STEPS = 50 * MAX_SCHEMAS;

/** What a reference costs: less than a level, but enough to prefer an end to one more turn of a circle. */
const REFERENCE_COST = 2 ** -10;

/**
 * Costs of all schemas in a document: the least fixed point of "one more than what it must contain". Whenever a cost falls,
 * those that are built on it are computed anew.
 * @throws SchemaError if it has too many parts.
 */
export function measureSchemas(root: unknown): SchemaCosts {
  const waiting = collectSchemas(root).map((schema) => readNeeds(schema, root));
  const dependents = new Map<unknown, Needs[]>();
  for (const needs of waiting) for (const need of needs.all) pushTo(dependents, need, needs);
  const costs = new Map<unknown, number>([[true, 0]]);
  for (let step = 0; step < MAX_STEPS; step++) {
    const needs = waiting.pop();
    if (needs === undefined) return costs;
    const cost = costOf(needs, costs);
    if (cost >= (costs.get(needs.schema) ?? Number.POSITIVE_INFINITY)) continue;
    costs.set(needs.schema, cost);
    for (const dependent of dependents.get(needs.schema) ?? []) waiting.push(dependent);
  }
  throw new SchemaError('it is too entangled');
}

/** What a schema's cost is built on. */
interface Needs {
  readonly schema: JsonObject;
  readonly conjunction: readonly unknown[];
  readonly reference: readonly unknown[];
  readonly alternatives: readonly unknown[];
  readonly contents: readonly unknown[];
  readonly all: readonly unknown[];
}

/** Every object in the document is taken for a schema, examples too: a wrong cost of what is none is never asked for. */
function readNeeds(schema: JsonObject, root: unknown): Needs {
  const isFixed = schema.const !== undefined || schema.enum !== undefined;
  const conjunction = isFixed ? [] : asList(schema.allOf);
  const reference = isFixed || schema.$ref === undefined ? [] : [findReference(schema.$ref, root)];
  const alternatives = isFixed ? [] : asList(schema.anyOf ?? schema.oneOf);
  const contents = isFixed ? [] : contentsOf(schema);
  const all = [...conjunction, ...reference, ...alternatives, ...contents];
  return { schema, conjunction, reference, alternatives, contents, all };
}

function costOf({ conjunction, reference, alternatives, contents }: Needs, costs: SchemaCosts): number {
  const cost = (inner: unknown) => costs.get(inner) ?? Number.POSITIVE_INFINITY;
  return Math.max(
    0,
    ...conjunction.map(cost),
    ...reference.map((target) => cost(target) + REFERENCE_COST),
    ...(alternatives.length > 0 ? [Math.min(...alternatives.map(cost))] : []),
    ...contents.map((inner) => cost(inner) + 1),
  );
}

/** Schemas of what a value cannot do without. */
function contentsOf(schema: JsonObject): readonly unknown[] {
  const scalar = typeNames(schema.type).some((name) => name !== 'object' && name !== 'array');
  if (scalar) return [];
  const properties = asObject(schema.properties) ?? {};
  const required = asList(schema.required).filter((name): name is string => typeof name === 'string');
  const members = required.map((name) => (Object.hasOwn(properties, name) ? properties[name] : true));
  const prefix = asList(schema.prefixItems);
  const least = Number(schema.minItems ?? 0);
  if (least > prefix.length) return [...members, ...prefix, schema.items ?? true];
  return [...members, ...prefix.slice(0, least)];
}

function collectSchemas(root: unknown): readonly JsonObject[] {
  const found = new Set<JsonObject>();
  const waiting: unknown[] = [root];
  while (waiting.length > 0) {
    const node = waiting.pop();
    if (Array.isArray(node)) {
      for (const item of node) waiting.push(item);
    } else if (isJsonObject(node) && !found.has(node)) {
      found.add(node);
      for (const inner of Object.values(node)) waiting.push(inner);
    }
    if (found.size > MAX_SCHEMAS) throw new SchemaError('it has too many parts');
  }
  return [...found];
}

function pushTo<T>(lists: Map<unknown, T[]>, key: unknown, item: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}
