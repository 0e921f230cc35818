/** JSON Schema (2020-12) of a shape, for editors. Pure. */
import { USD } from '../model/prices.ts';
import type { Field, Spec } from './shape.ts';
import { UNIT_PATTERNS } from './units.ts';

type JsonSchema = Record<string, unknown>;

// What compile refuses further (unknown hosts, clashes) a JSON Schema cannot say.
const REFERENCE = '\\$\\{(env|file):[^}]+\\}';

/** The schema of a whole document. */
export function describeSchema(spec: Spec, { title, description }: { title: string; description: string }): JsonSchema {
  return { $schema: 'https://json-schema.org/draft/2020-12/schema', title, description, ...describe(spec) };
}

function describe(spec: Spec): JsonSchema {
  switch (spec.kind) {
    case 'string':
      return describeText(spec.form);
    case 'integer':
      return { type: 'integer', minimum: spec.min, maximum: spec.max };
    case 'boolean':
      return { type: 'boolean' };
    case 'duration':
    case 'percentage':
    case 'bytes':
      return { type: 'string', pattern: UNIT_PATTERNS[spec.kind] };
    case 'usd':
      return {
        anyOf: [
          { type: 'number', minimum: 0, maximum: spec.maxUsd },
          { type: 'string', pattern: USD.source },
        ],
      };
    case 'choice':
      return { enum: spec.values };
    case 'secret':
      return { type: 'string', pattern: `^${REFERENCE}$` };
    case 'path':
    case 'fileText':
      return { type: 'string', minLength: 1 };
    case 'list':
      return describeList(spec);
    case 'map':
      return {
        type: 'object',
        propertyNames: { pattern: spec.keyForm.source },
        additionalProperties: describe(spec.value),
      };
    case 'object':
      return describeObject(spec);
    default:
      return spec satisfies never;
  }
}

/** Text in its form, or with a reference in it. */
function describeText(form: RegExp | undefined): JsonSchema {
  return form === undefined ? { type: 'string' } : { type: 'string', pattern: `${form.source}|${REFERENCE}` };
}

function describeList({ item, minItems, orOne }: Extract<Spec, { kind: 'list' }>): JsonSchema {
  const many = { type: 'array', items: describe(item), ...(minItems > 0 ? { minItems } : {}) };
  return orOne ? { anyOf: [describe(item), many] } : many;
}

function describeObject({ fields, orOff }: Extract<Spec, { kind: 'object' }>): JsonSchema {
  const entries = Object.entries(fields);
  const names = entries.filter(([, field]) => field.presence === 'required').map(([name]) => name);
  const whole = {
    type: 'object',
    properties: Object.fromEntries(entries.map(([name, field]) => [name, describeField(field)])),
    ...(names.length > 0 ? { required: names } : {}),
    additionalProperties: false,
  };
  return orOff ? { anyOf: [whole, { enum: ['off'] }] } : whole;
}

function describeField({ doc, spec, default: value, presence }: Field<unknown>): JsonSchema {
  const own = describe(spec);
  // A key with nothing under it (`telemetry:`, and the rest commented out) is as good as none.
  const mayBeEmpty = presence !== 'required' && (spec.kind === 'object' || spec.kind === 'map' || spec.kind === 'list');
  return {
    description: doc,
    ...(mayBeEmpty ? orNull(own) : own),
    ...(value === undefined ? {} : { default: value }),
  };
}

function orNull(schema: JsonSchema): JsonSchema {
  if (!Array.isArray(schema.anyOf)) return { ...schema, type: [schema.type, 'null'] };
  const alternatives: readonly unknown[] = schema.anyOf;
  return { ...schema, anyOf: [...alternatives, { type: 'null' }] };
}
