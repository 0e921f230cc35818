/** What a caller could send to reach what is not theirs: arbitraries for property tests of the whole gateway. */
import type { CompleteInput, EmbedCallInput } from '@kanmon/client';
import fc from 'fast-check';

/** Members that decide who answers, how often and for whom it is kept, or that JavaScript itself reads, in many spellings. */
export const STOLEN_MEMBERS: readonly string[] = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'model',
  'Model',
  'MODEL',
  'models',
  'stream',
  'Stream',
  'stream_options',
  'n',
  'N',
  'store',
  'Store',
  'background',
  'headers',
  'extra_headers',
  'extra_body',
  'extra_query',
  'messages',
  'Messages',
  'input',
  'max_tokens',
  'max_completion_tokens',
  'metadata',
  'user',
  'safety_identifier',
  'prompt_cache_key',
  'anthropic-beta',
  'anthropic_version',
  'api_key',
  'base_url',
  'authorization',
];

/** Members that stand for nothing of the contract's: these may pass where a configuration lists them. */
export const HARMLESS_MEMBERS: readonly string[] = ['logit_bias', 'prediction', 'container', 'speed', 'mcp_servers'];

/** Types of provider tools: those that the configuration lists, and others. */
export const LISTED_TOOL_TYPES: readonly string[] = ['web_search_20250305', 'computer_20251124', 'web_search'];

/** Metadata that would matter if any of it went on to a provider. */
const METADATA: Readonly<Record<string, string>> = {
  authorization: 'Bearer sk-stolen',
  'x-api-key': 'sk-stolen',
  'api-key': 'sk-stolen',
  'x-goog-api-key': 'sk-stolen',
  'x-kanmon-model': 'stolen-model',
  'x-kanmon-provider': 'stolen',
  'x-kanmon-priority': 'critical',
  host: 'stolen.example',
  'x-forwarded-host': 'stolen.example',
  'x-forwarded-for': '10.0.0.1',
  forwarded: 'host=stolen.example',
  cookie: 'session=stolen',
  'user-agent': 'stolen-agent',
  accept: 'text/html',
  'accept-encoding': 'gzip, br',
  expect: '100-continue',
  'proxy-authorization': 'Basic c3RvbGVu',
  'openai-organization': 'org-stolen',
  'openai-project': 'proj_stolen',
  'anthropic-version': '1999-01-01',
  'anthropic-beta': 'stolen-beta',
  'x-http-method-override': 'DELETE',
  baggage: 'stolen=1',
  tracestate: 'stolen=1',
  b3: '0',
};

/** Headers with which HTTP itself would be turned: HTTP/2 refuses them, here or there. */
export const TURNING_METADATA: readonly (readonly [name: string, value: string])[] = [
  ['content-length', '5'],
  ['transfer-encoding', 'chunked'],
  ['connection', 'x-api-key, authorization'],
  ['upgrade', 'h2c'],
  ['keep-alive', 'timeout=5'],
  ['te', 'gzip'],
  ['x-injected', 'a\r\nauthorization: Bearer sk-stolen'],
];

const TRACEPARENTS: readonly string[] = [
  '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00',
  'cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-the-future-brings',
  '00-00000000000000000000000000000000-b7ad6b7169203331-01',
  'ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  '00-0AF7651916CD43DD8448EB211C80319C-B7AD6B7169203331-01',
  'garbage, with: everything; in=it',
  '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01, 00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
];

/** Text with line ends, header injections, JSON that closes its string, and Unicode of every kind. */
export function hostileText(): fc.Arbitrary<string> {
  return fc.oneof(
    fc.constantFrom(
      'x\r\nauthorization: Bearer sk-stolen\r\n\r\n',
      'x\nhost: stolen.example',
      '","model":"stolen-model","x":"',
      '"}],"model":"stolen-model","n":9,"store":true,"stream":false,"messages":[{"',
      '__proto__',
      '../../v1/files?model=stolen-model#',
      ['$', '{env:PROVIDER_KEY}'].join(''), // A reference of the configuration, not a template of JavaScript's.
      '\u0000\u0007\u001b[31m\u007f',
      '\u2028\u2029\ufeff\u0085',
      '👩‍🚀 Grüße 世界',
    ),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
  );
}

/** A JSON object of stolen members, as a text: JSON.stringify alone could not give a member called __proto__. */
export function hostileJson(members: readonly string[]): fc.Arbitrary<string> {
  const value = fc.constantFrom('"stolen-model"', 'true', 'false', '9', 'null', '{"model":"stolen-model"}', '["x"]');
  const pairs = fc.uniqueArray(fc.tuple(fc.constantFrom(...members), value), {
    maxLength: 4,
    selector: ([name]) => name,
  });
  return pairs.map((entries) => `{${entries.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`);
}

/** Metadata of a call. */
export function hostileMetadata(): fc.Arbitrary<Record<string, string>> {
  const names = fc.subarray(Object.keys(METADATA), { maxLength: 10 });
  const picked = names.map((some) => Object.fromEntries(some.map((name) => [name, METADATA[name] ?? ''])));
  const traceparent = fc.option(fc.constantFrom(...TRACEPARENTS), { nil: undefined });
  return fc
    .tuple(picked, traceparent)
    .map(([metadata, trace]) => (trace ? { ...metadata, traceparent: trace } : metadata));
}

/** Options of a call: mostly such as pass, with hostile texts wherever a text is free. */
export function hostileOptions(): fc.Arbitrary<NonNullable<CompleteInput['options']>> {
  const text = hostileText();
  return fc.record(
    {
      requestId: fc.oneof({ weight: 30, arbitrary: fc.uuid() }, { weight: 1, arbitrary: text }),
      endUser: text,
      sessionKey: text,
      tags: fc.dictionary(fc.constantFrom('cost', 'data.class', 'constructor'), text, { maxKeys: 3 }),
      receipt: fc.constantFrom('RECEIPT_LEVEL_NONE', 'RECEIPT_LEVEL_FULL'),
      onForeignState: fc.constantFrom('FOREIGN_STATE_MODE_STRIP', 'FOREIGN_STATE_MODE_FAIL'),
    },
    { requiredKeys: [] },
  );
}

/** Generations for a model of a dialect. */
export function hostileGeneration(
  model: string,
  dialectId: string,
): fc.Arbitrary<NonNullable<CompleteInput['generation']>> {
  const text = hostileText();
  return fc.record(
    {
      model: fc.oneof({ weight: 30, arbitrary: fc.constant(model) }, { weight: 1, arbitrary: text }),
      messages: fc.array(hostileMessage(), { minLength: 1, maxLength: 3 }),
      tools: hostileTools(dialectId),
      responseFormat: hostileJson(STOLEN_MEMBERS).map((schemaJson) => ({
        format: { $case: 'jsonSchema', value: { name: 'answer', schemaJson, description: '__proto__' } },
      })),
      maxOutputTokens: fc.integer({ min: 1, max: 4000 }),
      temperature: fc.double({ min: 0, max: 1, noNaN: true }),
      seed: fc.nat(),
      stopSequences: fc.array(text, { maxLength: 2 }),
      serviceTier: fc.oneof(fc.constantFrom('auto', 'priority'), text),
      parallelToolCalls: fc.boolean(),
      providerOptionsJson: hostileProviderOptions(dialectId),
    },
    { requiredKeys: ['model', 'messages'] },
  ) as fc.Arbitrary<NonNullable<CompleteInput['generation']>>; // The literals of the oneofs widen on the way.
}

/** Embedding requests. */
export function hostileEmbed(model: string, dialectId: string): fc.Arbitrary<EmbedCallInput> {
  return fc.record(
    {
      model: fc.constant(model),
      inputs: fc.tuple(hostileText(), hostileText(), hostileText()),
      providerOptionsJson: hostileProviderOptions(dialectId),
      options: hostileOptions(),
    },
    { requiredKeys: ['model', 'inputs'] },
  );
}

/** The escape hatch: sometimes with members that may pass, sometimes with those that never do, under many names. */
export function hostileProviderOptions(dialectId: string): fc.Arbitrary<Record<string, string>> {
  const json = fc.oneof(
    { weight: 4, arbitrary: hostileJson(HARMLESS_MEMBERS) },
    { weight: 1, arbitrary: hostileJson(STOLEN_MEMBERS) },
    { weight: 1, arbitrary: hostileJson([...HARMLESS_MEMBERS, ...STOLEN_MEMBERS]) },
  );
  const name = fc.oneof(
    { weight: 4, arbitrary: fc.constant(dialectId) },
    { weight: 1, arbitrary: fc.constantFrom('other.dialect', 'constructor', 'toString', '') },
  );
  return fc.tuple(name, json).map(([key, value]) => ({ [key]: value }));
}

function hostileMessage(): fc.Arbitrary<object> {
  const text = hostileText().map((value) => ({ content: { $case: 'text', value: { text: value } } }));
  return fc.record({
    role: fc.constantFrom('ROLE_USER', 'ROLE_SYSTEM', 'ROLE_USER'),
    parts: fc.array(text, { minLength: 1, maxLength: 2 }),
  });
}

function hostileTools(dialectId: string): fc.Arbitrary<readonly object[]> {
  const schema = hostileJson(STOLEN_MEMBERS);
  const named = (name: string) =>
    fc.record({ name: fc.constant(name), description: hostileText(), parametersJson: schema }).map((value) => ({
      kind: { $case: 'function', value },
    }));
  const type = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...LISTED_TOOL_TYPES) },
    { weight: 1, arbitrary: fc.constantFrom('bash', '__proto__') },
  );
  const provided = fc.tuple(type, schema).map(([word, json]) => {
    const definitionJson = `{"type":"${word}","name":"provided"${json === '{}' ? '' : ','}${json.slice(1)}`;
    return { kind: { $case: 'provider', value: { dialect: dialectId, definitionJson } } };
  });
  return fc.oneof(
    { weight: 3, arbitrary: fc.tuple(named('constructor'), named('model')) },
    { weight: 1, arbitrary: fc.tuple(provided) },
  );
}
