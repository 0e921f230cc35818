/** The JSON Schema for editors, the example and the reference: in step with the code, and with each other. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { configJsonSchema } from '../../../server/config/schema.ts';
import { parseSimulatorSettings } from '../../../server/providers/simulator/index.ts';
import { fileMap, MINIMAL, readText } from '../../support/config-files.ts';

const EXAMPLE = readFileSync('docs/kanmon.example.yaml', 'utf8');
const WORLD = {
  env: { OPENAI_API_KEY: 'sk-1' },
  files: {
    '/run/secrets/anthropic': 'sk-2\n',
    '/etc/kanmon/secrets/onprem-token': 'token\n',
    ...Object.fromEntries(
      ['operators-ca.pem', 'onprem-ca.pem', 'gateway.pem', 'gateway.key'].map((name) => [
        `/etc/kanmon/tls/${name}`,
        'PEM',
      ]),
    ),
  },
};

describe('the JSON Schema of configurations', () => {
  let validate: ValidateFunction;
  before(() => {
    validate = new Ajv2020({ allErrors: true, strict: true, strictTypes: false }).compile(configJsonSchema());
  });

  it('takes the example and the least configuration', () => {
    for (const text of [EXAMPLE, MINIMAL]) {
      validate(parse(text));
      assert.deepEqual(validate.errors, null);
    }
  });

  it('takes empty sections and single identities', () => {
    validate(
      parse(
        `${MINIMAL.replace('dns: shop.example', 'dns: [a.example, b.example]')}telemetry:\nlisten: { adminHttp: off }\n`,
      ),
    );
    assert.deepEqual(validate.errors, null);
  });

  const refused: readonly (readonly [name: string, text: string])[] = [
    ['an unknown key', `${MINIMAL}telemtry: {}\n`],
    ['a key that is not served yet', `${MINIMAL}policies: []\n`],
    ['an inline secret', MINIMAL.replace('host: simulator', 'host: openai, apiKey: sk-proj-1')],
    ['a duration without a unit', `${MINIMAL}drain: { grace: 5 }\n`],
    ['a percentage without a unit', `${MINIMAL}telemetry: { sample: 0.5 }\n`],
    ['a size without a unit', `${MINIMAL}sizes: { request: 8000000 }\n`],
    ['a number beyond its bounds', MINIMAL.replace('model: sim-chat', 'model: sim-chat, weight: -1')],
    ['an unknown word', `${MINIMAL}telemetry: { logLevel: loud }\n`],
    ['a missing key', MINIMAL.replace('provider: sim, ', '')],
    ['a model without deployments', MINIMAL.replace('{ provider: sim, model: sim-chat }', '')],
    ['an address without a port', `${MINIMAL}listen: { grpc: { address: localhost } }\n`],
    ['a wildcard host name', MINIMAL.replace('shop.example', '"*.example"')],
  ];
  for (const [name, text] of refused) {
    it(`refuses ${name}, as the gateway does`, async () => {
      assert.equal(validate(parse(text)), false);
      assert.equal((await readText(text)).ok, false);
    });
  }

  it('gives every key a description', () => {
    const visit = (schema: unknown): void => {
      if (typeof schema !== 'object' || schema === null) return;
      if ('properties' in schema) {
        for (const [key, value] of Object.entries(schema.properties ?? {})) {
          const { description } = value as { readonly description?: string }; // Members of `properties` are schemas.
          assert.match(description ?? '', /^.{5,}\.$/, key);
        }
      }
      Object.values(schema).forEach(visit);
    };
    visit(configJsonSchema());
  });
});

describe('docs/kanmon.example.yaml', () => {
  it('compiles', async () => {
    const result = await readText(EXAMPLE, WORLD);
    assert.deepEqual(result.ok ? [] : result.faults, []);
    assert.ok(fileMap().size > 0);
  });

  it('has every section of the schema', () => {
    const { properties } = configJsonSchema() as { readonly properties: object }; // A schema of an object has properties.
    const sections: unknown = parse(EXAMPLE);
    assert.ok(typeof sections === 'object' && sections !== null);
    assert.deepEqual(Object.keys(sections).sort(), Object.keys(properties).sort());
  });

  it('gives the simulator settings that it understands', async () => {
    const result = await readText(EXAMPLE, WORLD);
    assert.ok(result.ok);
    const settings = parseSimulatorSettings(result.snapshot.providers.get('simulator')?.settings ?? {});
    assert.equal(settings.seed, 7);
    assert.deepEqual(
      settings.faults.map(({ model, every, does }) => [model, every, does.kind]),
      [
        ['sim-flaky', 2, 'status'],
        ['sim-torn', 1, 'cut'],
      ],
    );
  });
});

describe('docs/config.schema.json', () => {
  it('is what the code gives', () => {
    const committed: unknown = JSON.parse(readFileSync('docs/config.schema.json', 'utf8'));
    assert.deepEqual(committed, JSON.parse(JSON.stringify(configJsonSchema())), 'run "npm run generate"');
  });
});
