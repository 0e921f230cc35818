/** Which keywords of JSON Schema Cohere is spared. */
import assert from 'node:assert/strict';
import { pruneSchema } from '../../../server/providers/cohere/schema.ts';
import { parseCallerObject } from '../../../server/providers/shared/json.ts';

describe('cohere.v2 schemas', () => {
  it('leaves bounds out at every depth, and names each once', () => {
    const bounded = { type: 'string', minLength: 1, maxLength: 2 };
    const { schema, removed } = pruneSchema({
      type: 'object',
      additionalProperties: false,
      properties: {
        a: bounded,
        b: { type: 'array', minItems: 1, uniqueItems: true, items: { anyOf: [bounded, { minimum: 0 }] } },
      },
      $defs: { c: bounded },
      required: ['a'],
    });
    const plain = { type: 'string' };
    assert.deepEqual(schema, {
      type: 'object',
      properties: { a: plain, b: { type: 'array', items: { anyOf: [plain, {}] } } },
      $defs: { c: plain },
      required: ['a'],
    });
    assert.deepEqual(removed, ['additionalProperties', 'maxLength', 'minItems', 'minLength', 'minimum', 'uniqueItems']);
  });

  it('takes names of properties for names, and values for values', () => {
    const schema = {
      type: 'object',
      properties: { minimum: { type: 'integer' }, format: { enum: [{ minimum: 1 }], const: { maximum: 2 } } },
    };
    assert.deepEqual(pruneSchema(schema), { schema, removed: [] });
  });

  it('keeps four formats', () => {
    const of = (format: string) => pruneSchema({ type: 'string', format });
    for (const format of ['date-time', 'uuid', 'date', 'time']) assert.deepEqual(of(format).removed, []);
    assert.deepEqual(of('email'), { schema: { type: 'string' }, removed: ['format'] });
  });

  it('keeps large numbers, order, and a property called __proto__', () => {
    const json = '{"properties":{"__proto__":{"const":12345678901234567890}},"default":1.0}';
    assert.equal(JSON.stringify(pruneSchema(parseCallerObject(json, 'schema')).schema), json);
  });

  it('passes over what is no schema', () => {
    for (const value of [true, null, 1, 'x', { properties: 1, items: true, anyOf: null }]) {
      assert.deepEqual(pruneSchema(value), { schema: value, removed: [] });
    }
  });
});
