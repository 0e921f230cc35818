/** Embeddings: providers.md 4.7 and 4.9. */
import assert from 'node:assert/strict';
import { EmbedEncoding, EmbedInputType, EmbedRequest, UsageConfidence } from '../../../server/model/wire.ts';
import { decodeEmbed, encodeEmbed, MAX_EMBED_INPUTS } from '../../../server/providers/cohere/embed.ts';
import { billedUsage } from '../../../server/providers/cohere/usage.ts';
import { isError } from '../../contract/dialect.ts';
import { deepFreeze, lacking, makeAllowances } from '../../support/targets.ts';
import { adaptationsOf, TARGET } from './cohere-fixtures.ts';

type Draft = Parameters<typeof EmbedRequest.fromPartial>[0];

function request(texts: readonly string[], changes: Draft = {}): EmbedRequest {
  const inputs = texts.map((value) => ({ parts: [{ content: { $case: 'text', value } as const }] }));
  return deepFreeze(EmbedRequest.fromPartial({ inputs, inputType: EmbedInputType.DOCUMENT, ...changes }));
}

function mixed(uri?: string): EmbedRequest {
  const source =
    uri === undefined ? ({ $case: 'data', value: Uint8Array.of(1) } as const) : ({ $case: 'uri', value: uri } as const);
  const image = { content: { $case: 'image', value: { source, mediaType: 'image/png' } } as const };
  const text = { content: { $case: 'text', value: 'A cat.' } as const };
  return EmbedRequest.fromPartial({
    inputs: [{ parts: [text, image] }, { parts: [text] }],
    inputType: EmbedInputType.QUERY,
  });
}

function reply(embeddings: object, billed_units: object = { input_tokens: 10 }) {
  return {
    id: 'e-1',
    embeddings,
    meta: { api_version: { version: '2' }, billed_units },
    response_type: 'embeddings_by_type',
  };
}

describe('cohere.v2 embeddings: requests', () => {
  it('goes to /v2/embed with texts, a type of input, floats, and no truncation', () => {
    const { path, body, adaptations } = encodeEmbed(request(['a', 'b'], { dimensions: 256 }), TARGET);
    assert.equal(path, '/v2/embed');
    assert.deepEqual(body, {
      model: 'command-test',
      texts: ['a', 'b'],
      input_type: 'search_document',
      embedding_types: ['float'],
      output_dimension: 256,
      truncate: 'NONE',
    });
    assert.deepEqual(adaptations, []);
  });

  for (const [inputType, word] of [
    [EmbedInputType.QUERY, 'search_query'],
    [EmbedInputType.CLASSIFICATION, 'classification'],
    [EmbedInputType.CLUSTERING, 'clustering'],
  ] as const) {
    it(`names the type ${word}`, () =>
      assert.equal(encodeEmbed(request(['a'], { inputType }), TARGET).body.input_type, word));
  }

  it('adds the type that Cohere demands, and says so without an error under STRICT', () => {
    const unspecified = request(['a'], { inputType: EmbedInputType.UNSPECIFIED });
    const encoded = encodeEmbed(unspecified, { ...TARGET, adaptation: 'strict' });
    assert.equal(encoded.body.input_type, 'search_document');
    assert.deepEqual(adaptationsOf(encoded), ['ADDED input_type']);
  });

  for (const [encoding, word] of [
    [EmbedEncoding.FLOAT32_LE, 'float'],
    [EmbedEncoding.INT8, 'int8'],
    [EmbedEncoding.BINARY, 'ubinary'],
  ] as const) {
    it(`asks for ${word} where ${encoding} is wished`, () => {
      assert.deepEqual(encodeEmbed(request(['a'], { encoding }), TARGET).body.embedding_types, [word]);
    });
  }

  it('sends all inputs mixed where one has an image', () => {
    const { body } = encodeEmbed(mixed(), TARGET);
    const text = { type: 'text', text: 'A cat.' };
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AQ==' } };
    assert.deepEqual(body.inputs, [{ content: [text, image] }, { content: [text] }]);
    assert.equal('texts' in body, false);
  });

  it('refuses images by URI, and where the model takes none', () => {
    assert.throws(() => encodeEmbed(mixed('https://x.example/a.png'), TARGET), isError('OPTION_NOT_ALLOWED'));
    const allowances = makeAllowances({ uris: true });
    assert.throws(
      () => encodeEmbed(mixed('https://x.example/a.png'), { ...TARGET, allowances }),
      isError('PARAMETER_UNSUPPORTED'),
    );
    const capabilities = lacking('imageInput');
    assert.throws(() => encodeEmbed(mixed(), { ...TARGET, capabilities }), isError('PARAMETER_UNSUPPORTED'));
  });

  it('joins the texts of one input', () => {
    const parts = ['a', 'b'].map((value) => ({ content: { $case: 'text', value } as const }));
    assert.deepEqual(encodeEmbed(request([], { inputs: [{ parts }] }), TARGET).body.texts, ['ab']);
  });

  it('lets listed provider options pass, truncation too, and none that it owns', () => {
    const listed = new Set(['truncate', 'priority', 'input_type', 'texts', 'embedding_types']);
    const allowances = makeAllowances({ providerOptions: new Map([['cohere.v2', listed]]) });
    const encode = (json: string) =>
      encodeEmbed(request(['a'], { providerOptionsJson: { 'cohere.v2': json } }), { ...TARGET, allowances });
    assert.equal(encode('{"truncate":"END"}').body.truncate, 'END');
    for (const json of ['{"input_type":"image"}', '{"texts":[]}', '{"embedding_types":["base64"]}', '{"other":1}']) {
      assert.throws(() => encode(json), isError('OPTION_NOT_ALLOWED'));
    }
  });

  it('takes 96 inputs at once', () => assert.equal(MAX_EMBED_INPUTS, 96));
});

describe('cohere.v2 embeddings: replies', () => {
  const floats = reply({
    float: [
      [0.5, 1],
      [-1, 0],
    ],
  });

  it('gives vectors in order, with usage and no model', () => {
    const { embeddings, dimensions, usage, upstreamModel } = decodeEmbed(floats, request(['a', 'b']));
    assert.deepEqual(
      embeddings.map(({ vector }) => vector),
      [
        { $case: 'floats', value: { values: [0.5, 1] } },
        { $case: 'floats', value: { values: [-1, 0] } },
      ],
    );
    assert.deepEqual([dimensions, upstreamModel], [2, '']);
    assert.deepEqual([usage.inputTokens, usage.outputTokens, usage.confidence], [10, 0, UsageConfidence.REPORTED]);
    assert.deepEqual(JSON.parse(usage.rawJson), floats.meta);
  });

  it('packs little-endian floats', () => {
    const { embeddings } = decodeEmbed(floats, request(['a', 'b'], { encoding: EmbedEncoding.FLOAT32_LE }));
    assert.deepEqual(embeddings[0]?.vector, {
      $case: 'float32Le',
      value: Uint8Array.of(0, 0, 0, 0x3f, 0, 0, 0x80, 0x3f),
    });
  });

  it('gives signed bytes and bits, eight dimensions a byte', () => {
    const bytes = decodeEmbed(reply({ int8: [[-128, 0, 127]] }), request(['a'], { encoding: EmbedEncoding.INT8 }));
    assert.deepEqual(bytes.embeddings[0]?.vector, { $case: 'int8Values', value: Uint8Array.of(128, 0, 127) });
    assert.equal(bytes.dimensions, 3);
    const bits = decodeEmbed(reply({ ubinary: [[0, 255]] }), request(['a'], { encoding: EmbedEncoding.BINARY }));
    assert.deepEqual(bits.embeddings[0]?.vector, { $case: 'bits', value: Uint8Array.of(0, 255) });
    assert.equal(bits.dimensions, 16);
  });

  it('verifies dimensions, of bits to the byte', () => {
    assert.equal(decodeEmbed(floats, request(['a', 'b'], { dimensions: 2 })).dimensions, 2);
    assert.throws(() => decodeEmbed(floats, request(['a', 'b'], { dimensions: 3 })), isError('UPSTREAM_PROTOCOL'));
    const bits = (dimensions: number) => {
      const wish = request(['a'], { dimensions, encoding: EmbedEncoding.BINARY });
      return decodeEmbed(reply({ ubinary: [[1, 128]] }), wish).dimensions;
    };
    assert.deepEqual([bits(16), bits(9)], [16, 9]);
    for (const dimensions of [8, 17]) assert.throws(() => bits(dimensions), isError('UPSTREAM_PROTOCOL'));
  });

  it('counts tokens of images as part of the input, and bills both', () => {
    const { usage } = decodeEmbed(
      reply({ float: [[1]] }, { input_tokens: 10, image_tokens: 100, images: 1 }),
      request(['a']),
    );
    assert.deepEqual([usage.inputTokens, usage.inputImageTokens], [110, 100]);
    assert.equal(billedUsage(usage).inputTokens, 110);
  });

  it('takes tokens where Cohere tells them', () => {
    const { meta, ...rest } = reply({ float: [[1]] });
    const { usage } = decodeEmbed({ ...rest, meta: { ...meta, tokens: { input_tokens: 12 } } }, request(['a']));
    assert.deepEqual([usage.inputTokens, billedUsage(usage).inputTokens], [12, 10]);
  });

  it('has unknown usage where none was told', () => {
    const { usage } = decodeEmbed({ embeddings: { float: [[1]] } }, request(['a']));
    assert.equal(usage.confidence, UsageConfidence.UNKNOWN);
  });

  const broken: readonly (readonly [name: string, reply: unknown])[] = [
    ['a vector too few', reply({ float: [[1]] })],
    ['another type than asked for', reply({ int8: [[1], [1]] })],
    ['vectors of unequal length', reply({ float: [[1], [1, 2]] })],
    ['empty vectors', reply({ float: [[], []] })],
    ['numbers that are none', reply({ float: [[1], [null]] })],
    ['base64', reply({ float: ['AAAA', 'AAAA'] })],
    ['no vectors', {}],
    ['nothing', null],
  ];
  for (const [name, value] of broken) {
    it(`refuses ${name}`, () =>
      assert.throws(() => decodeEmbed(value, request(['a', 'b'])), isError('UPSTREAM_PROTOCOL')));
  }

  it('refuses bytes out of range', () => {
    const int8 = request(['a'], { encoding: EmbedEncoding.INT8 });
    assert.throws(() => decodeEmbed(reply({ int8: [[128]] }), int8), isError('UPSTREAM_PROTOCOL'));
    const bits = request(['a'], { encoding: EmbedEncoding.BINARY });
    assert.throws(() => decodeEmbed(reply({ ubinary: [[-1]] }), bits), isError('UPSTREAM_PROTOCOL'));
  });

  it('throws the error that it is', () => {
    assert.throws(() => decodeEmbed({ message: 'no' }, request(['a'])), isError('UPSTREAM_5XX'));
  });
});
