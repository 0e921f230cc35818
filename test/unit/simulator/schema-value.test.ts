/** Structured output satisfies its schema, as a validator that nobody here wrote sees it. */
import assert from 'node:assert/strict';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { seededRandom } from '../../../server/providers/simulator/random.ts';
import { SchemaError } from '../../../server/providers/simulator/schema-merge.ts';
import { drawValue } from '../../../server/providers/simulator/schema-value.ts';
import { readTopic } from '../../../server/providers/simulator/topic.ts';

type Schema = Readonly<Record<string, unknown>>;

const TOPIC = readTopic('Book a table for Mei Tanaka in Kyoto.');

describe('drawValue', function () {
  this.timeout(20_000); // The validator compiles each schema.

  it('satisfies schemas of every kind, whatever the draws', () => {
    fc.assert(
      fc.property(schemas(), fc.nat(), (schema, seed) => {
        assertValid(schema, ...drawSome(schema, seed));
      }),
      { numRuns: 100 },
    );
  });

  const cases: Readonly<Record<string, Schema>> = {
    'anything at all': {},
    'a recursive list': {
      $ref: '#/$defs/node',
      $defs: {
        node: object({ value: { type: 'integer' }, next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] } }),
      },
    },
    'a recursive tree': object({ name: { type: 'string' }, children: { type: 'array', items: { $ref: '#' } } }),
    'two definitions that need each other': {
      $ref: '#/$defs/a',
      $defs: {
        a: object({ b: { $ref: '#/$defs/b' } }),
        b: object({ a: { anyOf: [{ $ref: '#/$defs/a' }, { $ref: '#/$defs/b' }, { const: 'end' }] } }),
      },
    },
    'a definition with a slash and a tilde in its name': {
      $ref: '#/$defs/a~1b~0c',
      $defs: { 'a/b~c': { type: 'integer', minimum: 5, maximum: 5 } },
    },
    conjunctions: {
      allOf: [
        { type: 'object', properties: { a: { type: ['integer', 'string'] } }, required: ['a'] },
        { type: 'object', properties: { a: { type: 'number', minimum: 3 }, b: { enum: [1, 'x'] } }, required: ['b'] },
      ],
    },
    'alternatives beside members': {
      type: 'object',
      properties: { kind: { type: 'string' } },
      required: ['kind'],
      anyOf: [{ properties: { x: { type: 'number' } }, required: ['x'] }, { properties: { kind: { const: 'y' } } }],
    },
    'a map of numbers': { type: 'object', additionalProperties: { type: 'number' }, minProperties: 3 },
    'members named as in Object.prototype': {
      type: 'object',
      properties: { constructor: { type: 'boolean' } },
      required: ['constructor', 'toString'],
    },
    'members named as keywords of schemas': object({
      $ref: { type: 'string' },
      enum: { type: 'integer' },
      allOf: { type: 'array', items: { type: 'boolean' }, minItems: 1 },
      const: { type: 'null' },
    }),
    'a tuple': { type: 'array', prefixItems: [{ type: 'integer' }, { type: 'boolean' }], items: false, minItems: 2 },
    'different items': { type: 'array', items: { enum: ['a', 'b', 'c'] }, uniqueItems: true, minItems: 3 },
    'a large array': { type: 'array', items: { type: 'boolean' }, minItems: 5000 },
    'a long text': { type: 'string', minLength: 4000, maxLength: 4000 },
    'a text of one emoji at most': { type: 'string', maxLength: 1 },
    'large numbers': object({ a: { type: 'integer', minimum: 1e15 }, b: { type: 'number', exclusiveMinimum: 1e300 } }),
    'multiples of a fraction': { type: 'number', multipleOf: 0.1, minimum: 0.25, maximum: 0.75 },
    'a narrow gap': { type: 'number', exclusiveMinimum: 0.001, exclusiveMaximum: 0.002 },
  };
  for (const [name, schema] of Object.entries(cases)) {
    it(`satisfies ${name}`, () => {
      assertValid(schema, ...drawSome(schema, 0));
    });
  }

  const formats = ['date', 'time', 'date-time', 'email', 'hostname', 'ipv4', 'ipv6', 'uri', 'uuid', 'duration'];
  const looksLike: Readonly<Record<string, RegExp>> = {
    date: /^\d{4}-\d\d-\d\d$/,
    time: /^\d\d:\d\d:\d\dZ$/,
    'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
    email: /^[a-z]+@example\.com$/,
    hostname: /^[a-z]+\.example\.com$/,
    ipv4: /^192\.0\.2\.\d{1,3}$/,
    ipv6: /^2001:db8::[\da-f]{1,4}$/,
    uri: /^https:\/\/example\.com\/[a-z]+$/,
    uuid: /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-8[\da-f]{3}-[\da-f]{12}$/,
    duration: /^PT\d+M$/,
  };
  for (const format of formats) {
    it(`writes a ${format}`, () => {
      const value = drawValue({ type: 'string', format }, seededRandom(3), TOPIC);
      assert.match(String(value), looksLike[format] ?? /^$/);
    });
  }

  it('comes to an end where a union names itself first', () => {
    const schema = { anyOf: [{ $ref: '#' }, { type: 'array', items: { $ref: '#' } }, { type: 'boolean' }] };
    for (let seed = 0; seed < 20; seed++) {
      const value = drawValue(schema, seededRandom(seed), TOPIC);
      const leaves = [value].flat(Number.POSITIVE_INFINITY as 1); // The types know no endless flattening.
      assert.ok(leaves.every((leaf) => typeof leaf === 'boolean'));
    }
  });

  it('draws a member named __proto__ as a member', () => {
    const schema: unknown = JSON.parse('{"properties":{"__proto__":{"type":"integer"}},"required":["__proto__"]}');
    assert.match(JSON.stringify(drawValue(schema, seededRandom(1), TOPIC)), /^{"__proto__":\d+/);
  });

  it('fills in what the prompt names', () => {
    const schema = object({ city: { type: 'string' } });
    assert.deepEqual(drawValue(schema, seededRandom(1), readTopic('Is it raining in Osaka?')), { city: 'Osaka' });
  });

  const impossible: Readonly<Record<string, unknown>> = {
    'a schema that accepts nothing': false,
    'a value without an end': object({ self: { $ref: '#' } }),
    'a reference to nothing': { $ref: '#/$defs/missing' },
    'a reference to elsewhere': { $ref: 'https://example.com/schema.json' },
    'a reference to itself': { $ref: '#' },
    'a conjunction of itself': { allOf: [{ $ref: '#' }] },
    'types that exclude each other': { allOf: [{ type: 'string' }, { type: 'integer' }] },
    'bounds that exclude each other': { type: 'integer', minimum: 5, maximum: 4 },
    'more different items than there are': { type: 'array', items: { const: 1 }, uniqueItems: true, minItems: 2 },
    'far too many items': { type: 'array', minItems: 1e9 },
    'far too long a text': { type: 'string', minLength: 1e9 },
    'an empty enum': { enum: [] },
    'a type that does not exist': { type: 'text' },
  };
  for (const [name, schema] of Object.entries(impossible)) {
    it(`refuses ${name}`, () => {
      assert.throws(() => drawValue(schema, seededRandom(1), TOPIC), SchemaError);
    });
  }

  it('is quick about definitions that fan out', () => {
    const next = (level: number) => ({ $ref: `#/$defs/d${level + 1}` });
    const levels = Array.from({ length: 200 }, (_, level): readonly [string, unknown] => [
      `d${level}`,
      { anyOf: [next(level), object({ a: next(level) })] },
    ]);
    const schema = { $ref: '#/$defs/d0', $defs: { ...Object.fromEntries<unknown>(levels), d200: { type: 'null' } } };
    // The validator is not: it tries two ways at each of 200 levels.
    assert.match(JSON.stringify(drawValue(schema, seededRandom(1), TOPIC)), /^({"a":)*null}*$/);
  });
});

function object(properties: Schema): Schema {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
}

function assertValid(schema: Schema, ...values: readonly unknown[]): void {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, ownProperties: true });
  const validate = ajv.compile(schema);
  for (const value of values) {
    // As it goes over the wire: what JSON does not keep must not have helped.
    const valid = validate(JSON.parse(JSON.stringify(value)));
    assert.ok(valid, `${JSON.stringify(value)} against ${JSON.stringify(schema)}: ${ajv.errorsText(validate.errors)}`);
  }
}

/** Several values of one schema. */
function drawSome(schema: Schema, firstSeed: number): readonly unknown[] {
  return Array.from({ length: 10 }, (_, index) => drawValue(schema, seededRandom(firstSeed + index), TOPIC));
}

/** Satisfiable schemas, three levels deep. */
function schemas(): fc.Arbitrary<Schema> {
  const { schema } = fc.letrec<{ schema: Schema; leaf: Schema }>((tie) => ({
    leaf: fc.oneof(texts(), numbers(), fc.constant({ type: 'boolean' }), fc.constant({ type: 'null' }), enums()),
    schema: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      tie('leaf'),
      objects(tie('schema')),
      arrays(tie('schema')),
      fc.array(tie('schema'), { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })),
      tie('schema').map((inner) => ({ allOf: [inner] })),
      tie('schema').map((inner) => ({ $defs: { inner }, ...inner })),
    ),
  }));
  return schema;
}

function objects(inner: fc.Arbitrary<Schema>): fc.Arbitrary<Schema> {
  const members = fc.dictionary(fc.constantFrom('id', 'name', 'when', 'größe', 'a b', 'toString', 'length'), inner, {
    maxKeys: 5,
  });
  return fc
    .record({ members, closed: fc.boolean(), least: fc.nat(3), share: fc.nat(5) })
    .map(({ members, closed, least, share }) => {
      const names = Object.keys(members);
      const minProperties = closed ? Math.min(least, names.length) : least;
      const required = names.filter((_, index) => index < share);
      return {
        type: 'object',
        properties: members,
        required,
        minProperties,
        ...(closed && { additionalProperties: false }),
      };
    });
}

function arrays(inner: fc.Arbitrary<Schema>): fc.Arbitrary<Schema> {
  return fc
    .record({ items: inner, least: fc.nat(4), room: fc.option(fc.nat(3), { nil: undefined }) })
    .map(({ items, least, room }) => ({
      type: 'array',
      items,
      minItems: least,
      ...(room !== undefined && { maxItems: least + room }),
    }));
}

function texts(): fc.Arbitrary<Schema> {
  return fc
    .record({
      least: fc.nat(30),
      room: fc.option(fc.nat(10), { nil: undefined }),
      format: fc.constantFrom(undefined, 'date', 'uuid'),
    })
    .map(({ least, room, format }) => ({
      type: 'string',
      ...(format !== undefined
        ? { format }
        : { minLength: least, ...(room !== undefined && { maxLength: least + room }) }),
    }));
}

function numbers(): fc.Arbitrary<Schema> {
  const bounds = fc.record({ from: fc.integer({ min: -1000, max: 1000 }), room: fc.integer({ min: 20, max: 500 }) });
  return fc
    .record({
      type: fc.constantFrom('integer', 'number'),
      bounds,
      open: fc.subarray(['from', 'to']),
      none: fc.subarray(['from', 'to']),
      step: fc.constantFrom(undefined, 1, 5, 0.5, 0.1),
    })
    .map(({ type, bounds: { from, room }, open, none, step }) => ({
      type,
      ...(!none.includes('from') && { [open.includes('from') ? 'exclusiveMinimum' : 'minimum']: from }),
      ...(!none.includes('to') && { [open.includes('to') ? 'exclusiveMaximum' : 'maximum']: from + room }),
      ...(step !== undefined && { multipleOf: step }),
    }));
}

function enums(): fc.Arbitrary<Schema> {
  const values = fc.uniqueArray(fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null)), {
    minLength: 1,
    maxLength: 4,
  });
  return fc.oneof(
    values.map((list) => ({ enum: list })),
    values.map(([first]) => ({ const: first })),
  );
}
