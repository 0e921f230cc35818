/**
 * JSON Schema as Google's subset of OpenAPI 3.0, for hosts that take nothing else: types in upper case, `nullable` in place of
 * null, references put in their places, enumerations of strings only. https://ai.google.dev/api/caching#Schema, seen 2026-11-24.
 */
import { GatewayError } from '../../model/errors.ts';
import type { Adapter } from '../shared/adapter.ts';
import { asList, asObject, isJsonObject, type JsonObject } from '../shared/json.ts';

/** A schema in Google's words. */
export type OpenApiSchema = Record<string, unknown>;

/**
 * Translates a schema. What the subset has no word for is left out and noted.
 * @param field Path of the schema in the request.
 * @throws GatewayError SCHEMA_TOO_COMPLEX if it grows without bounds where references are put in their places.
 */
export function toOpenApiSchema(schema: JsonObject, field: string, adapter: Adapter): OpenApiSchema {
  const context: Context = { root: schema, field, lost: new Set(), nodes: { count: 0 }, refs: [] };
  const translated = translate(schema, context);
  const lost = [...context.lost].slice(0, MAX_SHOWN).map((keyword) => keyword.slice(0, MAX_LENGTH).toWellFormed());
  if (lost.length > 0) adapter.rewrite(field, `Google's subset of OpenAPI has no ${lost.join(', ')}: left out.`);
  return translated;
}

const MAX_SHOWN = 20;
const MAX_LENGTH = 40;

interface Context {
  readonly root: JsonObject;
  readonly field: string;
  /** Keywords that were left out. */
  readonly lost: Set<string>;
  readonly nodes: { count: number };
  /** References that are being put in their places. */
  readonly refs: readonly string[];
}

const MAX_NODES = 20_000;
const MAX_REFS = 64;

function translate(node: unknown, context: Context): OpenApiSchema {
  const { field, nodes, refs, lost } = context;
  if (++nodes.count > MAX_NODES || refs.length > MAX_REFS) {
    const description = 'Its references make it too large for this provider; simplify it.';
    throw new GatewayError('SCHEMA_TOO_COMPLEX', `${field}: ${description}`, { violations: [{ field, description }] });
  }
  if (!isJsonObject(node)) {
    if (node === false) lost.add('false');
    return {};
  }
  const schema: OpenApiSchema = {};
  for (const [keyword, value] of Object.entries(node)) {
    const translateKeyword = Object.hasOwn(KEYWORDS, keyword) ? KEYWORDS[keyword] : lose(keyword);
    translateKeyword?.(schema, value, context);
  }
  return schema;
}

type Translator = (schema: OpenApiSchema, value: unknown, context: Context) => void;

function lose(keyword: string): Translator {
  return (_schema, _value, { lost }) => lost.add(keyword);
}

function copy(keyword: string): Translator {
  return (schema, value) => {
    schema[keyword] = value;
  };
}

/** What each keyword becomes. Keywords without a line here are lost. */
const KEYWORDS: Readonly<Record<string, Translator>> = {
  ...Object.fromEntries(
    [
      'title',
      'description',
      'default',
      'required',
      'minimum',
      'maximum',
      'minItems',
      'maxItems',
      'minLength',
      'maxLength',
      'minProperties',
      'maxProperties',
      'pattern',
      'nullable',
      'propertyOrdering',
    ].map((keyword) => [keyword, copy(keyword)]),
  ),
  // These say nothing of the values.
  ...Object.fromEntries(
    [
      '$schema',
      '$id',
      '$anchor',
      '$comment',
      '$defs',
      'definitions',
      'examples',
      'deprecated',
      'readOnly',
      'writeOnly',
    ].map((keyword) => [keyword, () => undefined]),
  ),
  type: translateType,
  const: (schema, value, context) => translateEnum(schema, [value], context),
  enum: translateEnum,
  format: translateFormat,
  properties: translateProperties,
  items: (schema, value, context) => {
    if (Array.isArray(value)) context.lost.add('items as a list');
    else schema.items = translate(value, context);
  },
  anyOf: translateAnyOf,
  oneOf: translateAnyOf,
  allOf: (schema, value, context) => {
    for (const part of asList(value)) merge(schema, translate(part, context));
  },
  $ref: translateRef,
};

function translateType(schema: OpenApiSchema, value: unknown): void {
  const types = (Array.isArray(value) ? value : [value]).filter((type) => typeof type === 'string');
  const words = types.filter((type) => type !== 'null').map((type) => type.toUpperCase());
  if (words.length < types.length) schema.nullable = true;
  if (words.length > 1) schema.anyOf = words.map((type) => ({ type }));
  else schema.type = words[0] ?? 'NULL';
}

function translateEnum(schema: OpenApiSchema, value: unknown, { lost }: Context): void {
  const values = asList(value).filter((one) => one !== null);
  if (values.length < asList(value).length) schema.nullable = true;
  if (values.every((one) => typeof one === 'string')) {
    schema.enum = values;
    schema.type ??= 'STRING';
  } else lost.add('enum of other values than strings');
}

const FORMATS: ReadonlySet<unknown> = new Set(['float', 'double', 'int32', 'int64', 'enum', 'date-time']);

function translateFormat(schema: OpenApiSchema, value: unknown, { lost }: Context): void {
  if (FORMATS.has(value)) schema.format = value;
  else lost.add('format');
}

function translateProperties(schema: OpenApiSchema, value: unknown, context: Context): void {
  const properties = Object.entries(asObject(value) ?? {});
  if (properties.length === 0) return; // Google refuses an object with an empty list of properties.
  schema.properties = Object.fromEntries(properties.map(([name, property]) => [name, translate(property, context)]));
  schema.propertyOrdering ??= properties.map(([name]) => name);
}

function translateAnyOf(schema: OpenApiSchema, value: unknown, context: Context): void {
  const all = asList(value);
  const others = all.filter((option) => asObject(option)?.type !== 'null');
  if (others.length < all.length) schema.nullable = true;
  const options = others.map((option) => translate(option, context));
  const [first] = options;
  if (options.length === 1 && first !== undefined) merge(schema, first);
  else schema.anyOf = options;
}

function translateRef(schema: OpenApiSchema, value: unknown, context: Context): void {
  const { lost, refs } = context;
  if (typeof value !== 'string') return;
  const node = resolve(value, context.root);
  if (node === undefined) lost.add('$ref to elsewhere');
  else if (refs.includes(value)) {
    lost.add('$ref that comes back to itself');
    schema.type ??= 'OBJECT';
  } else merge(schema, translate(node, { ...context, refs: [...refs, value] }));
}

/** What a JSON pointer within the schema (#/$defs/name) leads to. */
function resolve(ref: string, root: JsonObject): unknown {
  if (ref !== '#' && !ref.startsWith('#/')) return undefined;
  let node: unknown = root;
  for (const step of ref.split('/').slice(1)) {
    const name = decodePointer(step);
    const members = Array.isArray(node) ? Object.fromEntries(node.entries()) : asObject(node);
    node = members !== undefined && Object.hasOwn(members, name) ? members[name] : undefined;
  }
  return node;
}

function decodePointer(step: string): string {
  try {
    return decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
  } catch {
    return step; // A stray % is no escape, but a name.
  }
}

/** Adds what another schema says; what was said already stays. */
function merge(schema: OpenApiSchema, other: OpenApiSchema): void {
  for (const [keyword, value] of Object.entries(other)) {
    const own = schema[keyword];
    if (own === undefined) schema[keyword] = value;
    else if (keyword === 'properties' && isJsonObject(own) && isJsonObject(value))
      schema[keyword] = { ...value, ...own };
    else if (LISTS.has(keyword)) schema[keyword] = [...new Set([...asList(own), ...asList(value)])];
  }
}

const LISTS: ReadonlySet<string> = new Set(['required', 'propertyOrdering']);
