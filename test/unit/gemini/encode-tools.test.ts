/** Tools, the choice among them, and the two languages of schemas. */
import assert from 'node:assert/strict';
import { type ToolChoice, ToolChoiceMode } from '../../../server/model/wire.ts';
import { googleGemini } from '../../../server/providers/gemini/index.ts';
import { isError } from '../../contract/dialect.ts';
import { lacking, makeAllowances } from '../../support/targets.ts';
import { adaptationsOf, bodyOf, encode, generation, quirky, TARGET } from './fixtures.ts';

const CITY = '{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}';

function fn(name: string, parametersJson = '', strict?: boolean) {
  return { kind: { $case: 'function', value: { name, description: '', parametersJson, strict } } } as const;
}

function provider(definitionJson: string, dialect = 'google.gemini') {
  return { kind: { $case: 'provider', value: { dialect, definitionJson } } } as const;
}

const mode = (value: ToolChoiceMode) => ({ choice: { $case: 'mode', value } as const });

describe('google.gemini requests: tools', () => {
  it('declares functions with their schemas as they are', () => {
    assert.deepEqual(bodyOf(encode({ tools: [fn('weather', CITY), fn('now')] })).tools, [
      {
        functionDeclarations: [{ name: 'weather', parametersJsonSchema: JSON.parse(CITY) as unknown }, { name: 'now' }],
      },
    ]);
  });

  it('has no schema for a function that takes nothing: an object without properties is refused', () => {
    const declared = (schema: string) => {
      const { tools } = bodyOf(encode({ tools: [fn('now', schema)] })) as {
        tools: { functionDeclarations: object[] }[];
      };
      return tools[0]?.functionDeclarations[0];
    };
    for (const schema of [
      '{}',
      '{"type":"object"}',
      '{"type":"object","properties":{},"required":[],"additionalProperties":false}',
    ]) {
      assert.deepEqual(declared(schema), { name: 'now' });
    }
    const map = '{"type":"object","additionalProperties":{"type":"string"}}';
    assert.deepEqual(declared(map), { name: 'now', parametersJsonSchema: JSON.parse(map) as unknown });
  });

  it('keeps the digits of large numbers in schemas', () => {
    const schema = '{"type":"object","properties":{"n":{"type":"integer","maximum":12345678901234567890}}}';
    assert.match(JSON.stringify(encode({ tools: [fn('f', schema)] }).body), /12345678901234567890/);
  });

  it('sends custom tools as functions of one text', () => {
    const custom = {
      kind: { $case: 'custom', value: { name: 'patch', description: 'Patches.', grammar: undefined } },
    } as const;
    const encoded = encode({ tools: [custom] });
    assert.deepEqual(bodyOf(encoded).tools, [
      {
        functionDeclarations: [
          {
            name: 'patch',
            description: 'Patches.',
            parametersJsonSchema: { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] },
          },
        ],
      },
    ]);
    assert.deepEqual(adaptationsOf(encoded), ['REWRITTEN generation.tools[0].custom']);
  });

  it("lets the provider's own tools pass where they are allowed, beside the functions", () => {
    const target = {
      ...TARGET,
      allowances: makeAllowances({ providerTools: new Set(['googleSearch', 'urlContext', 'functionDeclarations']) }),
    };
    const tools = [
      provider('{"type":"googleSearch","timeRangeFilter":{}}'),
      fn('now'),
      provider('{"type":"urlContext"}'),
    ];
    assert.deepEqual(bodyOf(encode({ tools }, target)).tools, [
      { functionDeclarations: [{ name: 'now' }] },
      { googleSearch: { timeRangeFilter: {} } },
      { urlContext: {} },
    ]);
    for (const json of ['{"type":"codeExecution"}', '{}', '{"type":"functionDeclarations"}', '{"type":"__proto__"}']) {
      assert.throws(() => encode({ tools: [provider(json)] }, target), isError('OPTION_NOT_ALLOWED'));
    }
    assert.throws(
      () => encode({ tools: [provider('{"type":"googleSearch"}', 'openai.chat')] }, target),
      isError('PARAMETER_UNSUPPORTED'),
    );
  });

  it('drops what forbids parallel calls, for which there is no word', () => {
    assert.deepEqual(adaptationsOf(encode({ tools: [fn('now')], parallelToolCalls: false })), [
      'DROPPED generation.parallel_tool_calls',
    ]);
    assert.deepEqual(encode({ tools: [fn('now')], parallelToolCalls: true }).adaptations, []);
  });

  it('asks for arguments piece by piece in streams only, and where the host can', () => {
    const body = (stream: boolean, target = quirky({ streamedArguments: true })) =>
      googleGemini.encodeComplete(generation({ tools: [fn('now')] }), target, stream).body.toolConfig;
    assert.deepEqual(body(true), { functionCallingConfig: { streamFunctionCallArguments: true } });
    assert.equal(body(false), undefined);
    assert.equal(body(true, TARGET), undefined);
  });
});

describe('google.gemini requests: tool choice', () => {
  const calling = (toolChoice: ToolChoice | undefined, tools = [fn('a'), fn('b')], target = TARGET) => {
    const { toolConfig } = bodyOf(encode({ tools, ...(toolChoice && { toolChoice }) }, target)) as {
      toolConfig?: { functionCallingConfig: object };
    };
    return toolConfig?.functionCallingConfig;
  };
  const { AUTO, NONE, REQUIRED } = ToolChoiceMode;
  const allowed = (value: ToolChoiceMode, ...names: readonly string[]) => ({
    choice: { $case: 'allowed', value: { mode: value, names } } as const,
  });

  it('has a word for each mode', () => {
    assert.equal(calling(undefined), undefined);
    assert.deepEqual(calling(mode(AUTO)), { mode: 'AUTO' });
    assert.deepEqual(calling(mode(NONE)), { mode: 'NONE' });
    assert.deepEqual(calling(mode(REQUIRED)), { mode: 'ANY' });
  });

  it('names the functions that may be called', () => {
    assert.deepEqual(calling({ choice: { $case: 'name', value: 'b' } }), { mode: 'ANY', allowedFunctionNames: ['b'] });
    assert.deepEqual(calling(allowed(REQUIRED, 'a')), { mode: 'ANY', allowedFunctionNames: ['a'] });
    assert.deepEqual(calling(allowed(AUTO, 'a')), { mode: 'VALIDATED', allowedFunctionNames: ['a'] });
  });

  it('binds functions to their schemas where one of them is strict', () => {
    const strict = [fn('a', CITY, true), fn('b')];
    assert.deepEqual(calling(undefined, strict), { mode: 'VALIDATED' });
    assert.deepEqual(calling(mode(AUTO), strict), { mode: 'VALIDATED' });
    assert.deepEqual(calling(mode(REQUIRED), strict), { mode: 'ANY' });
    const loose = { ...TARGET, capabilities: lacking('strictTools') };
    assert.equal(calling(undefined, strict, loose), undefined);
    assert.deepEqual(adaptationsOf(encode({ tools: strict }, loose)), ['DROPPED generation.tools[0].function.strict']);
  });

  it('gives way to what the model lacks', () => {
    const target = { ...TARGET, capabilities: lacking('forcedToolChoice') };
    assert.equal(calling(mode(REQUIRED), [fn('a')], target), undefined);
    assert.deepEqual(calling(mode(AUTO), [fn('a')], target), { mode: 'AUTO' });
    assert.deepEqual(bodyOf(encode({ tools: [fn('a')] }, { ...TARGET, capabilities: lacking('tools') })), {
      contents: [{ role: 'user', parts: [{ text: 'Hi' }] }],
    });
  });

  it('is for functions only', () => {
    const target = { ...TARGET, allowances: makeAllowances({ providerTools: new Set(['googleSearch']) }) };
    const encoded = encode({ tools: [provider('{"type":"googleSearch"}')], toolChoice: mode(REQUIRED) }, target);
    assert.deepEqual(adaptationsOf(encoded), ['DROPPED generation.tool_choice']);
    assert.equal('toolConfig' in encoded.body, false);
  });
});

describe("google.gemini requests: schemas in Google's subset of OpenAPI", () => {
  const translate = (schema: object) => {
    const encoded = encode({ tools: [fn('f', JSON.stringify(schema))] }, quirky({ schemaDialect: 'openapi' }));
    const { tools } = bodyOf(encoded) as {
      tools: { functionDeclarations: { parameters?: { properties?: { p?: object } } }[] }[];
    };
    return {
      schema: tools[0]?.functionDeclarations[0]?.parameters,
      lost: encoded.adaptations.map(({ detail }) => detail).join(),
    };
  };
  /** What a property becomes. */
  const property = (schema: object, rest: object = {}) => {
    const { schema: whole, lost } = translate({ type: 'object', properties: { p: schema }, ...rest });
    return { schema: whole?.properties?.p, lost };
  };

  const cases: readonly (readonly [name: string, schema: object, expected: object])[] = [
    ['types in upper case', { type: 'integer', minimum: 1 }, { type: 'INTEGER', minimum: 1 }],
    ['null as nullable', { type: ['string', 'null'] }, { type: 'STRING', nullable: true }],
    ['several types as anyOf', { type: ['string', 'integer'] }, { anyOf: [{ type: 'STRING' }, { type: 'INTEGER' }] }],
    [
      'null among the alternatives',
      { anyOf: [{ type: 'string' }, { type: 'null' }] },
      { type: 'STRING', nullable: true },
    ],
    [
      'oneOf as anyOf',
      { oneOf: [{ type: 'string' }, { type: 'number' }] },
      { anyOf: [{ type: 'STRING' }, { type: 'NUMBER' }] },
    ],
    ['const as an enumeration of one', { const: 'a' }, { enum: ['a'], type: 'STRING' }],
    ['null in an enumeration', { enum: ['a', null] }, { enum: ['a'], type: 'STRING', nullable: true }],
    [
      'lists',
      { type: 'array', items: { type: 'boolean' }, maxItems: 3 },
      { type: 'ARRAY', items: { type: 'BOOLEAN' }, maxItems: 3 },
    ],
    ['formats that Google knows', { type: 'string', format: 'date-time' }, { type: 'STRING', format: 'date-time' }],
    [
      'no words that say nothing of values',
      { $schema: 'x', $comment: 'y', examples: [1], type: 'string' },
      { type: 'STRING' },
    ],
    ['objects without an empty list of properties', { type: 'object', properties: {} }, { type: 'OBJECT' }],
    [
      'allOf as one',
      {
        allOf: [
          { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
          { properties: { b: {} }, required: ['b'] },
        ],
      },
      {
        type: 'OBJECT',
        properties: { b: {}, a: { type: 'STRING' } },
        propertyOrdering: ['a', 'b'],
        required: ['a', 'b'],
      },
    ],
  ];
  for (const [name, schema, expected] of cases) {
    it(`writes ${name}`, () => assert.deepEqual(property(schema), { schema: expected, lost: '' }));
  }

  it('puts references in their places, also such as follow others', () => {
    const $defs = { 'a/b': { $ref: '#/$defs/c' }, c: { type: 'string', description: 'C' } };
    assert.deepEqual(property({ $ref: '#/$defs/a~1b' }, { $defs }), {
      schema: { type: 'STRING', description: 'C' },
      lost: '',
    });
  });

  it('ends references that come back to themselves, and says so', () => {
    const { schema, lost } = translate({ type: 'object', properties: { next: { $ref: '#' } } });
    assert.deepEqual(schema, {
      type: 'OBJECT',
      properties: { next: { type: 'OBJECT', properties: { next: { type: 'OBJECT' } }, propertyOrdering: ['next'] } },
      propertyOrdering: ['next'],
    });
    assert.match(lost, /comes back to itself/);
  });

  const losses: readonly (readonly [keyword: string, schema: object, expected: object])[] = [
    [
      'additionalProperties',
      { type: 'object', properties: { a: {} }, additionalProperties: false },
      { type: 'OBJECT', properties: { a: {} }, propertyOrdering: ['a'] },
    ],
    ['enum of other values', { enum: [1, 2] }, {}],
    ['enum of other values', { const: 1 }, {}],
    ['format', { type: 'string', format: 'email' }, { type: 'STRING' }],
    ['\\$ref to elsewhere', { $ref: 'https://example.com/s.json' }, {}],
    ['\\$ref to elsewhere', { $ref: '#/$defs/__proto__' }, {}],
    ['exclusiveMinimum', { type: 'number', exclusiveMinimum: 0 }, { type: 'NUMBER' }],
    ['prefixItems', { type: 'array', prefixItems: [{}] }, { type: 'ARRAY' }],
    ['false', { anyOf: [false, { type: 'string' }] }, { anyOf: [{}, { type: 'STRING' }] }],
  ];
  for (const [keyword, schema, expected] of losses) {
    it(`leaves out ${keyword} of ${JSON.stringify(schema)}, and says so`, () => {
      const { schema: translated, lost } = property(schema);
      assert.deepEqual(translated, expected);
      assert.match(lost, new RegExp(keyword));
    });
  }

  it('refuses a schema that references make endless', () => {
    const $defs = Object.fromEntries(
      Array.from({ length: 20 }, (_, n) => [
        `d${n}`,
        { anyOf: [{ $ref: `#/$defs/d${n + 1}` }, { $ref: `#/$defs/d${n + 1}` }] },
      ]),
    );
    assert.throws(
      () => property({ $ref: '#/$defs/d0' }, { $defs: { ...$defs, d20: {} } }),
      isError('SCHEMA_TOO_COMPLEX'),
    );
    const chain = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`d${n}`, { $ref: `#/$defs/d${n + 1}` }]));
    assert.throws(() => property({ $ref: '#/$defs/d0' }, { $defs: chain }), isError('SCHEMA_TOO_COMPLEX'));
  });
});
