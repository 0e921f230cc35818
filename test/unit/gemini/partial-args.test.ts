/** Arguments that come leaf by leaf: providers.md 4.4. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ArgumentsWriter } from '../../../server/providers/gemini/partial-args.ts';
import type { WirePartialArg } from '../../../server/providers/gemini/wire.ts';

const at = (jsonPath: string, stringValue: string, willContinue?: boolean): WirePartialArg => ({
  jsonPath,
  stringValue,
  ...(willContinue !== undefined && { willContinue }),
});

describe('google.gemini partial arguments', () => {
  const cases: readonly (readonly [name: string, leaves: readonly WirePartialArg[], json: string])[] = [
    ['nothing', [], '{}'],
    [
      'a text in pieces, closed by an empty one',
      [at('$.id', 'A', true), at('$.id', 'B', true), at('$.id', '')],
      '{"id":"AB"}',
    ],
    ['a whole text', [at('$.id', 'A')], '{"id":"A"}'],
    ['an empty text', [at('$.id', '')], '{"id":""}'],
    ['a text whose last piece is missing', [at('$.id', 'A', true), at('$.name', 'B')], '{"id":"A","name":"B"}'],
    [
      'nested objects and lists',
      [
        at('$.r.list[0].a', '1'),
        at('$.r.list[0].b', '2'),
        at('$.r.list[1].a', '3'),
        at('$.r.name', 'N'),
        at('$.r.steps[0]', 'x'),
        at('$.r.steps[1]', 'y'),
      ],
      '{"r":{"list":[{"a":"1","b":"2"},{"a":"3"}],"name":"N","steps":["x","y"]}}',
    ],
    ['lists of lists', [at('$.m[0][0]', 'a'), at('$.m[0][1]', 'b'), at('$.m[1][0]', 'c')], '{"m":[["a","b"],["c"]]}'],
    [
      'numbers, truth and null',
      [
        { jsonPath: '$.n', numberValue: -1.5 },
        { jsonPath: '$.t', boolValue: false },
        { jsonPath: '$.z', nullValue: 'NULL_VALUE' },
        { jsonPath: '$.x', numberValue: 'NaN' },
      ],
      '{"n":-1.5,"t":false,"z":null,"x":null}',
    ],
    [
      'quoted names',
      [at("$['a b']['c.d']", '1'), at('$["e\\"f"]', '2'), at("$['g\\'h']", '3')],
      '{"a b":{"c.d":"1"},"e\\"f":"2","g\'h":"3"}',
    ],
    ['characters that JSON escapes', [at('$.a', '"\\\n', true), at('$.a', '\u0000😀')], '{"a":"\\"\\\\\\n\\u0000😀"}'],
    ['halves of a character in two pieces', [at('$.a', '\ud83d', true), at('$.a', '\ude00')], '{"a":"😀"}'],
    ['places without a leaf', [at('$.l[0]', 'a'), at('$.l[3]', 'b')], '{"l":["a",null,null,"b"]}'],
    ['no endless gap', [at('$.l[0]', 'a'), at('$.l[999999999]', 'b')], '{"l":["a","b"]}'],
    ['a leaf that says nothing', [{ jsonPath: '$.a', willContinue: true }, { stringValue: 'x' }, at('$', 'x')], '{}'],
    ['a path that cannot be read', [at('$.a[b', 'x')], '{"a":{"[b":"x"}}'],
    ['a path without its root', [at('a.b', 'x')], '{"a.b":"x"}'],
    [
      'names that objects have already',
      [at('$.__proto__.x', '1'), at('$.constructor', '2')],
      '{"__proto__":{"x":"1"},"constructor":"2"}',
    ],
    [
      'a name that is written twice, as the model wrote it',
      [at('$.a', '1'), at('$.b', '2'), at('$.a', '3')],
      '{"a":"1","b":"2","a":"3"}',
    ],
    ['a root that is no object', [at('$[0].a', '1'), at('$[1].a', '2')], '[{"a":"1"},{"a":"2"}]'],
  ];
  for (const [name, leaves, json] of cases) {
    it(`writes ${name}`, () => {
      const text = write(leaves);
      assert.deepEqual(JSON.parse(text), JSON.parse(json));
      assert.ok(text === json || name.startsWith('halves'), text);
    });
  }

  it('keeps the digits of numbers', () => {
    const numberValue: unknown = (JSON as unknown as { rawJSON: (text: string) => unknown }).rawJSON(
      '12345678901234567890',
    );
    assert.equal(write([{ jsonPath: '$.n', numberValue }]), '{"n":12345678901234567890}');
  });

  it('writes back any arguments from their leaves, however their texts are cut', () => {
    const leaf = fc.oneof(fc.string({ unit: 'grapheme' }), fc.integer(), fc.boolean(), fc.constant(null));
    const name = fc.stringMatching(/^[a-z ".'\\]{1,6}$/);
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        leaf,
        fc.array(tie('value'), { minLength: 1, maxLength: 3 }),
        fc.dictionary(name, tie('value'), { minKeys: 1, maxKeys: 3 }),
      ),
    }));
    fc.assert(
      fc.property(fc.dictionary(name, value, { minKeys: 1, maxKeys: 3 }), fc.nat(3), (args, size) => {
        assert.deepEqual(JSON.parse(write(leavesOf(args, '$', size))), JSON.parse(JSON.stringify(args)));
      }),
      { numRuns: 300 },
    );
  });

  it('writes JSON whatever the paths are', () => {
    const step = fc.constantFrom('.a', '.b', '[0]', '[1]', '[7]', "['c d']", '', '.', '[', ']x');
    const path = fc.array(step, { maxLength: 5 }).map((steps) => `$${steps.join('')}`);
    const leaf = fc.record({ jsonPath: path, stringValue: fc.constantFrom('', 'x'), willContinue: fc.boolean() });
    fc.assert(
      fc.property(fc.array(leaf, { maxLength: 12 }), (leaves) => {
        JSON.parse(write(leaves));
      }),
      { numRuns: 1000 },
    );
  });
});

function write(leaves: readonly WirePartialArg[]): string {
  const writer = new ArgumentsWriter();
  return leaves.map((leaf) => writer.write(leaf)).join('') + writer.end();
}

/** Leaves of a value in their order; texts in pieces of a size, 0: whole. */
function leavesOf(value: unknown, jsonPath: string, size: number): readonly WirePartialArg[] {
  if (typeof value === 'string')
    return piecesOf(value, size).map((piece, index, all) => at(jsonPath, piece, index < all.length - 1));
  if (typeof value === 'number') return [{ jsonPath, numberValue: value }];
  if (typeof value === 'boolean') return [{ jsonPath, boolValue: value }];
  if (value === null) return [{ jsonPath, nullValue: 'NULL_VALUE' }];
  if (Array.isArray(value)) return value.flatMap((one, index) => leavesOf(one, `${jsonPath}[${index}]`, size));
  return Object.entries(value as object).flatMap(([name, one]) => {
    const quoted = name.replaceAll(/['\\]/g, (character) => `\\${character}`);
    return leavesOf(one, `${jsonPath}['${quoted}']`, size);
  });
}

function piecesOf(text: string, size: number): readonly string[] {
  if (size === 0 || text === '') return [text];
  return Array.from({ length: Math.ceil(text.length / size) }, (_, index) =>
    text.slice(index * size, (index + 1) * size),
  );
}
