/** Embeddings: providers.md 4.9. */
import assert from 'node:assert/strict';
import { EmbedEncoding, EmbedInputType, EmbedRequest, UsageConfidence } from '../../../server/model/wire.ts';
import { decodeEmbed, encodeEmbed, MAX_EMBED_INPUTS } from '../../../server/providers/openai-chat/embed.ts';
import { isError } from '../../contract/dialect.ts';
import { deepFreeze, lacking, makeAllowances } from '../../support/targets.ts';
import { quirky, TARGET } from './fixtures.ts';

function request(texts: readonly string[], changes: Partial<EmbedRequest> = {}): EmbedRequest {
  const inputs = texts.map((value) => ({ parts: [{ content: { $case: 'text', value } as const }] }));
  return deepFreeze(EmbedRequest.fromPartial({ model: 'embed', inputs, ...changes }));
}

function list(...items: readonly object[]) {
  return {
    object: 'list',
    data: items,
    model: 'text-embedding-3-small',
    usage: { prompt_tokens: 12, total_tokens: 12 },
  };
}

describe('openai.chat embeddings: requests', () => {
  it('asks for floats by name, never null and never base64', () => {
    const { path, body } = encodeEmbed(request(['a', 'b']), TARGET);
    assert.equal(path, '/embeddings');
    assert.deepEqual(body, { model: 'model-1', input: ['a', 'b'], encoding_format: 'float' });
  });

  it('leaves the format away where the host rejects it', () => {
    assert.equal('encoding_format' in encodeEmbed(request(['a']), quirky({ embeddingFormat: false })).body, false);
  });

  it('sends dimensions and the hashed end user', () => {
    const { body } = encodeEmbed(request(['a'], { dimensions: 256 }), { ...TARGET, endUserHash: 'hash' });
    assert.equal(body.dimensions, 256);
    assert.equal(body.user, 'hash');
    const lacks = { ...TARGET, endUserHash: 'hash', capabilities: lacking('endUser') };
    assert.equal('user' in encodeEmbed(request(['a']), lacks).body, false);
  });

  it('joins the texts of one input', () => {
    const parts = ['a', 'b'].map((value) => ({ content: { $case: 'text', value } as const }));
    const { body } = encodeEmbed({ ...request([]), inputs: [{ parts }] }, TARGET);
    assert.deepEqual(body.input, ['ab']);
  });

  it('drops an input type, or refuses it under STRICT', () => {
    const typed = request(['a'], { inputType: EmbedInputType.QUERY });
    assert.equal(encodeEmbed(typed, TARGET).adaptations[0]?.field, 'input_type');
    assert.throws(() => encodeEmbed(typed, { ...TARGET, adaptation: 'strict' }), isError('PARAMETER_UNSUPPORTED'));
  });

  it('refuses quantised vectors and images in either mode', () => {
    for (const encoding of [EmbedEncoding.INT8, EmbedEncoding.BINARY]) {
      assert.throws(() => encodeEmbed(request(['a'], { encoding }), TARGET), isError('PARAMETER_UNSUPPORTED'));
    }
    const image = {
      source: { $case: 'data', value: Uint8Array.of(1) },
      mediaType: 'image/png',
      detail: 'IMAGE_DETAIL_UNSPECIFIED',
    } as const;
    const inputs = [{ parts: [{ content: { $case: 'image', value: image } as const }] }];
    assert.throws(() => encodeEmbed({ ...request([]), inputs }, TARGET), isError('PARAMETER_UNSUPPORTED'));
  });

  it('lets listed provider options pass, and none that it owns', () => {
    const allowances = makeAllowances({
      providerOptions: new Map([['openai.chat', new Set(['truncate', 'input', 'encoding_format'])]]),
    });
    const encode = (json: string) =>
      encodeEmbed(request(['a'], { providerOptionsJson: { 'openai.chat': json } }), { ...TARGET, allowances });
    assert.equal(encode('{"truncate":"END"}').body.truncate, 'END');
    for (const json of ['{"input":"x"}', '{"encoding_format":"base64"}', '{"model":"x"}', '{"other":1}']) {
      assert.throws(() => encode(json), isError('OPTION_NOT_ALLOWED'));
    }
  });

  it('takes 2,048 inputs at once', () => assert.equal(MAX_EMBED_INPUTS, 2048));
});

describe('openai.chat embeddings: replies', () => {
  const two = list({ index: 1, embedding: [0.5, 1] }, { index: 0, embedding: [-1, 0] });

  it('orders by index', () => {
    const { embeddings, dimensions, upstreamModel, usage } = decodeEmbed(two, request(['a', 'b']));
    assert.deepEqual(
      embeddings.map(({ vector }) => vector),
      [
        { $case: 'floats', value: { values: [-1, 0] } },
        { $case: 'floats', value: { values: [0.5, 1] } },
      ],
    );
    assert.equal(dimensions, 2);
    assert.equal(upstreamModel, 'text-embedding-3-small');
    assert.deepEqual([usage.inputTokens, usage.outputTokens, usage.confidence], [12, 0, UsageConfidence.REPORTED]);
  });

  it('takes the order of the list where there is no index', () => {
    const { embeddings } = decodeEmbed(list({ embedding: [1] }, { embedding: [2] }), request(['a', 'b']));
    assert.deepEqual(embeddings[1]?.vector, { $case: 'floats', value: { values: [2] } });
  });

  it('packs little-endian floats', () => {
    const { embeddings } = decodeEmbed(two, request(['a', 'b'], { encoding: EmbedEncoding.FLOAT32_LE }));
    const bytes = Uint8Array.of(0, 0, 0, 0x3f, 0, 0, 0x80, 0x3f);
    assert.deepEqual(embeddings[1]?.vector, { $case: 'float32Le', value: bytes });
  });

  it('takes base64 of little-endian floats from hosts that send it unasked', () => {
    const packed = list({ index: 0, embedding: 'AAAAPwAAgD8=' });
    assert.deepEqual(decodeEmbed(packed, request(['a'])).embeddings[0]?.vector, {
      $case: 'floats',
      value: { values: [0.5, 1] },
    });
  });

  it('verifies dimensions that were asked for', () => {
    assert.equal(decodeEmbed(two, request(['a', 'b'], { dimensions: 2 })).dimensions, 2);
    assert.throws(() => decodeEmbed(two, request(['a', 'b'], { dimensions: 3 })), isError('UPSTREAM_PROTOCOL'));
  });

  const broken: readonly (readonly [name: string, reply: unknown])[] = [
    ['a vector too few', list({ index: 0, embedding: [1] })],
    [
      'a vector too many',
      list({ index: 0, embedding: [1] }, { index: 1, embedding: [1] }, { index: 2, embedding: [1] }),
    ],
    ['one index twice', list({ index: 0, embedding: [1] }, { index: 0, embedding: [1] })],
    ['an index beyond the inputs', list({ index: 0, embedding: [1] }, { index: 2, embedding: [1] })],
    ['an index that is none', list({ index: 0, embedding: [1] }, { index: 'length', embedding: [1] })],
    ['vectors of unequal length', list({ index: 0, embedding: [1] }, { index: 1, embedding: [1, 2] })],
    ['empty vectors', list({ index: 0, embedding: [] }, { index: 1, embedding: [] })],
    ['numbers that are none', list({ index: 0, embedding: [1] }, { index: 1, embedding: [null] })],
    ['no vector', list({ index: 0, embedding: [1] }, { index: 1 })],
    ['base64 that is none', list({ index: 0, embedding: '!' }, { index: 1, embedding: '!' })],
    ['base64 that is too short', list({ index: 0, embedding: 'AAAA' }, { index: 1, embedding: 'AAAA' })],
    ['a list that is none', { data: 'x' }],
    ['nothing', null],
  ];
  for (const [name, value] of broken) {
    it(`refuses ${name}`, () =>
      assert.throws(() => decodeEmbed(value, request(['a', 'b'])), isError('UPSTREAM_PROTOCOL')));
  }

  it('throws the error that it is', () => {
    assert.throws(() => decodeEmbed({ error: { code: 429 } }, request(['a'])), isError('UPSTREAM_RATE_LIMITED'));
  });
});
