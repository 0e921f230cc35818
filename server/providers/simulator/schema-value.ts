/** Values that satisfy a JSON schema, drawn so that they have to do with the question. */
import type { Random } from '../../model/clock.ts';
import { asList, asObject, isJsonObject, type JsonObject } from '../shared/json.ts';
import { PLAIN_WORDS } from './corpus.ts';
import { drawInteger, drawItem } from './random.ts';
import { measureSchemas, type SchemaCosts } from './schema-costs.ts';
import { flattenSchema, mergeSchemas, SchemaError, typeNames } from './schema-merge.ts';
import { drawNumber, drawString } from './schema-scalars.ts';
import type { Topic } from './topic.ts';

/**
 * Draws a value that satisfies a schema. Understood: type, properties, required, additionalProperties, minProperties,
 * items, prefixItems, minItems, maxItems, uniqueItems, the bounds of numbers and lengths, multipleOf, format, enum, const,
 * anyOf, oneOf (as anyOf), allOf and $ref within the document, recursion included. Not: pattern, not, if, contains.
 * @throws SchemaError if no finite value satisfies it, or only a very large one.
 */
export function drawValue(schema: unknown, random: Random, topic: Topic): unknown {
  const costs = measureSchemas(schema);
  if (isJsonObject(schema) && !costs.has(schema))
    throw new SchemaError('no finite value satisfies it, or a reference leads nowhere');
  const draw: Draw = { root: schema, random, topic, costs, left: MAX_VALUES };
  return drawAny(schema, { draw, name: '', depth: 0 });
}

const MAX_VALUES = 20_000;
const MAX_DEPTH = 200; // Far beyond what providers take, far from the end of the stack.
/** Beyond this depth only what must be there is drawn. */
const FREE_DEPTH = 5;
/** Alternatives of alternatives that are drawn freely. */
const FREE_TURNS = 4;
/** With fewer values left than this, only what must be there, too. */
const FREE_VALUES = MAX_VALUES - 300;

/** One drawing, as a whole. */
interface Draw {
  readonly root: unknown;
  readonly random: Random;
  readonly topic: Topic;
  readonly costs: SchemaCosts;
  /** How many values may still be drawn. */
  left: number;
}

/** Where in the value a part of it stands. */
interface Place {
  readonly draw: Draw;
  /** Name of the member that the value is, or is an item of. */
  readonly name: string;
  readonly depth: number;
}

function drawAny(schema: unknown, place: Place): unknown {
  const { draw } = place;
  if (--draw.left < 0 || place.depth > MAX_DEPTH) throw new SchemaError('it asks for too large a value');
  const demands = chooseAlternative(flattenSchema(schema, draw.root), place);
  if (demands.const !== undefined) return demands.const;
  const types = typesOf(demands);
  if (Array.isArray(demands.enum)) return drawEnum(demands.enum, types, draw.random);
  const type = chooseType(types, place);
  switch (type) {
    case 'object':
      return drawObject(demands, place);
    case 'array':
      return drawArray(demands, place);
    case 'string':
      return drawString(demands, place.name, draw);
    case 'number':
    case 'integer':
      return drawNumber(demands, type === 'integer', draw.random);
    case 'boolean':
      return draw.random() < 0.5;
    case 'null':
      return null;
    default:
      throw new SchemaError(`it has the type ${JSON.stringify(type)}, which does not exist`);
  }
}

function isFree({ draw, depth }: Place): boolean {
  return depth < FREE_DEPTH && draw.left > FREE_VALUES;
}

function costOf(schema: unknown, { costs }: Draw): number {
  // Merged schemas are new objects without a cost; their parts were measured, so that they are taken as finite.
  if (!isJsonObject(schema)) return schema === false ? Number.POSITIVE_INFINITY : 0;
  return costs.get(schema) ?? (Array.isArray(schema.allOf) ? 0 : Number.POSITIVE_INFINITY);
}

/** A schema with one of its alternatives merged into it: any while there is room, then the least deep. */
function chooseAlternative(schema: JsonObject, place: Place, turns = 0): JsonObject {
  const { anyOf, oneOf, ...beside } = schema;
  const alternatives = asList(anyOf ?? oneOf);
  if (alternatives.length === 0) return schema;
  const finite = alternatives.filter((inner) => costOf(inner, place.draw) < Number.POSITIVE_INFINITY);
  const cheapest = finite.toSorted((a, b) => costOf(a, place.draw) - costOf(b, place.draw))[0];
  if (cheapest === undefined) throw new SchemaError('none of its alternatives has a finite value');
  const chosen = isFree(place) && turns < FREE_TURNS ? drawItem(place.draw.random, finite) : cheapest;
  return chooseAlternative(mergeSchemas(beside, flattenSchema(chosen, place.draw.root)), place, turns + 1);
}

function typesOf(schema: JsonObject): readonly string[] {
  if (schema.type !== undefined) return typeNames(schema.type);
  if (schema.properties !== undefined || schema.required !== undefined) return ['object'];
  if (schema.items !== undefined || schema.minItems !== undefined) return ['array'];
  return schema.minimum === undefined && schema.maximum === undefined ? ['string'] : ['number'];
}

function chooseType(types: readonly string[], place: Place): string {
  const scalars = types.filter((type) => type !== 'object' && type !== 'array');
  const candidates = isFree(place) || scalars.length === 0 ? types : scalars;
  const telling = candidates.filter((type) => type !== 'null'); // Null is allowed, and says the least.
  const [only] = candidates;
  if (only === undefined) throw new SchemaError('its types exclude each other');
  return telling.length > 0 ? drawItem(place.draw.random, telling) : only;
}

function drawEnum(values: readonly unknown[], types: readonly string[], random: Random): unknown {
  const fits = (value: unknown) => types.some((type) => isOfType(value, type));
  const fitting = values.filter(fits);
  const candidates = fitting.length > 0 ? fitting : values;
  if (candidates.length === 0) throw new SchemaError('an enum in it has no value');
  return drawItem(random, candidates);
}

function isOfType(value: unknown, type: string): boolean {
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return isJsonObject(value);
  return type === 'null' ? value === null : typeof value === type;
}

function drawObject(schema: JsonObject, place: Place): unknown {
  const properties = asObject(schema.properties) ?? {};
  const inside = (name: string): Place => ({ draw: place.draw, name, depth: place.depth + 1 });
  const members = chooseMembers(schema, properties, place);
  // Object.fromEntries defines members, so that one named __proto__ is a member like any other.
  return Object.fromEntries(
    members.map((name) => [name, drawAny(memberSchema(schema, properties, name), inside(name))]),
  );
}

/** Names of the members that an object shall have: the required ones, and others while there is room. */
function chooseMembers(schema: JsonObject, properties: JsonObject, place: Place): readonly string[] {
  const required = new Set(asList(schema.required).filter((name): name is string => typeof name === 'string'));
  const least = Number(schema.minProperties ?? 0);
  const most = Number(schema.maxProperties ?? Number.POSITIVE_INFINITY);
  const chosen = new Set(
    Object.keys(properties)
      .filter((name) => required.has(name))
      .concat([...required]),
  );
  for (const name of Object.keys(properties)) {
    const wanted = chosen.size < least || (isFree(place) && place.draw.random() < OPTIONAL_SHARE);
    if (wanted && chosen.size < most && costOf(properties[name], place.draw) < Number.POSITIVE_INFINITY)
      chosen.add(name);
  }
  const free = asObject(schema.additionalProperties) !== undefined && isFree(place) ? 2 : 0;
  if (schema.additionalProperties === false) return [...chosen];
  for (const name of PLAIN_WORDS) {
    if (chosen.size >= Math.min(Math.max(least, free), most)) break;
    chosen.add(name);
  }
  return [...chosen];
}

const OPTIONAL_SHARE = 0.75;

function memberSchema(schema: JsonObject, properties: JsonObject, name: string): unknown {
  return Object.hasOwn(properties, name) ? properties[name] : (schema.additionalProperties ?? true);
}

function drawArray(schema: JsonObject, place: Place): unknown {
  const { draw } = place;
  const prefix = asList(schema.prefixItems ?? (Array.isArray(schema.items) ? schema.items : []));
  const rest = Array.isArray(schema.items) ? (schema.additionalItems ?? true) : (schema.items ?? true);
  const least = Number(schema.minItems ?? 0);
  const endless = costOf(rest, draw) === Number.POSITIVE_INFINITY;
  const most = Math.min(
    Number(schema.maxItems ?? Number.POSITIVE_INFINITY),
    endless ? prefix.length : Number.POSITIVE_INFINITY,
  );
  const wanted = isFree(place) ? Math.max(prefix.length, drawInteger(draw.random, 1, 3)) : 0;
  const count = Math.min(Math.max(wanted, least), most);
  const items: unknown[] = [];
  const seen = new Set<string>();
  const tries = schema.uniqueItems === true ? UNIQUE_TRIES : 0;
  while (items.length < count) {
    const item = drawItemUnlike(seen, tries, () =>
      drawAny(prefix[items.length] ?? rest, { ...place, depth: place.depth + 1 }),
    );
    if (item === undefined) break;
    items.push(item);
  }
  if (items.length < least) throw new SchemaError('an array in it asks for more items than there can be');
  return items;
}

const UNIQUE_TRIES = 50;

/** An item that is not among the seen; undefined if none was found. Without tries the first is taken as it is. */
function drawItemUnlike(seen: Set<string>, tries: number, drawOne: () => unknown): unknown {
  if (tries === 0) return drawOne();
  for (let i = 0; i < tries; i++) {
    const item = drawOne();
    const key = JSON.stringify(item);
    if (!seen.has(key)) {
      seen.add(key);
      return item;
    }
  }
  return undefined;
}
