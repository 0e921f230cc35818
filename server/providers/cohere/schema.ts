/** JSON Schemas of answers: Cohere takes a part of the language. */
import { asList, isJsonObject, type JsonObject } from '../shared/json.ts';

/** A schema without what Cohere refuses, and which keywords were left out, sorted, each once. */
export interface PrunedSchema {
  readonly schema: unknown;
  readonly removed: readonly string[];
}

/**
 * Leaves out bounds that Cohere does not take: numeric ranges, lengths of lists and texts, uniqueItems,
 * additionalProperties and formats but four. Composition (anyOf and its like), which would change the shape, stays: the
 * provider has the last word. https://docs.cohere.com/docs/structured-outputs#unsupported-schema-features, read 2026-11-24.
 */
export function pruneSchema(schema: unknown): PrunedSchema {
  const removed = new Set<string>();
  const pruned = prune(schema, removed);
  return { schema: pruned, removed: [...removed].sort() };
}

const UNSUPPORTED: ReadonlySet<string> = new Set([
  'maximum',
  'minimum',
  'exclusiveMaximum',
  'exclusiveMinimum',
  'maxItems',
  'minItems',
  'maxLength',
  'minLength',
  'uniqueItems',
  'additionalProperties',
]);

const FORMATS: ReadonlySet<unknown> = new Set(['date-time', 'uuid', 'date', 'time']);

/** Keywords whose value is a schema or a list of schemas. */
const SCHEMAS: ReadonlySet<string> = new Set(['items', 'prefixItems', 'contains', 'anyOf', 'allOf', 'oneOf', 'not']);

/** Keywords whose value is a map to schemas: its keys are names, not keywords. */
const MAPS: ReadonlySet<string> = new Set(['properties', 'patternProperties', '$defs', 'definitions']);

// The depth is bounded where the request enters (SCHEMA_TOO_COMPLEX).
function prune(schema: unknown, removed: Set<string>): unknown {
  if (Array.isArray(schema)) return asList(schema).map((item) => prune(item, removed));
  if (!isJsonObject(schema)) return schema;
  const kept = Object.entries(schema).flatMap(([keyword, value]) => {
    if (UNSUPPORTED.has(keyword) || (keyword === 'format' && !FORMATS.has(value))) {
      removed.add(keyword);
      return [];
    }
    if (SCHEMAS.has(keyword)) return [[keyword, prune(value, removed)] as const];
    return [[keyword, MAPS.has(keyword) && isJsonObject(value) ? pruneMap(value, removed) : value] as const];
  });
  return Object.fromEntries(kept);
}

function pruneMap(schemas: JsonObject, removed: Set<string>): unknown {
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, prune(schema, removed)]));
}
