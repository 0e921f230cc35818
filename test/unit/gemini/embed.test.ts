/** Embeddings and the counter of tokens: providers.md 4.4 and 4.9. */
import assert from 'node:assert/strict';
import { EmbedEncoding, EmbedInputType, EmbedRequest } from '../../../server/model/wire.ts';
import { decodeEmbed, encodeEmbed, MAX_EMBED_INPUTS } from '../../../server/providers/gemini/embed.ts';
import { googleGemini } from '../../../server/providers/gemini/index.ts';
import { isError } from '../../contract/dialect.ts';
import { deepFreeze, lacking, makeAllowances } from '../../support/targets.ts';
import { generation, quirky, system, TARGET, user } from './fixtures.ts';

function request(texts: readonly string[], changes: Partial<EmbedRequest> = {}): EmbedRequest {
  const inputs = texts.map((value) => ({ parts: [{ content: { $case: 'text', value } as const }] }));
  return deepFreeze(EmbedRequest.fromPartial({ model: 'embed', inputs, ...changes }));
}

const PREDICT = quirky({ embedMethod: 'predict' });

describe('google.gemini embeddings: requests', () => {
  it('embeds one input by embedContent', () => {
    const { path, body, adaptations } = encodeEmbed(request(['a']), TARGET);
    assert.equal(path, '/models/gemini-test:embedContent');
    assert.deepEqual(body, { model: 'models/gemini-test', content: { parts: [{ text: 'a' }] } });
    assert.deepEqual(adaptations, []);
  });

  it('embeds several by batchEmbedContents, each with its model and settings', () => {
    const { path, body } = encodeEmbed(
      request(['a', 'b'], { inputType: EmbedInputType.QUERY, dimensions: 3072 }),
      TARGET,
    );
    assert.equal(path, '/models/gemini-test:batchEmbedContents');
    const settings = { model: 'models/gemini-test', taskType: 'RETRIEVAL_QUERY', outputDimensionality: 3072 };
    assert.deepEqual(body, {
      requests: ['a', 'b'].map((text) => ({ ...settings, content: { parts: [{ text }] } })),
    });
    assert.equal(MAX_EMBED_INPUTS, 100);
  });

  it('has a word for each type of input', () => {
    const types = [
      EmbedInputType.UNSPECIFIED,
      EmbedInputType.QUERY,
      EmbedInputType.DOCUMENT,
      EmbedInputType.CLASSIFICATION,
      EmbedInputType.CLUSTERING,
    ];
    assert.deepEqual(
      types.map((inputType) => encodeEmbed(request(['a'], { inputType }), TARGET).body.taskType),
      [undefined, 'RETRIEVAL_QUERY', 'RETRIEVAL_DOCUMENT', 'CLASSIFICATION', 'CLUSTERING'],
    );
  });

  it('says that short vectors may not be normalised, which is no error under STRICT', () => {
    const { adaptations } = encodeEmbed(request(['a'], { dimensions: 768 }), { ...TARGET, adaptation: 'strict' });
    assert.deepEqual(
      adaptations.map(({ field }) => field),
      ['dimensions'],
    );
    assert.deepEqual(encodeEmbed(request(['a'], { dimensions: 3072 }), TARGET).adaptations, []);
  });

  it('embeds the parts of one input as one thing, images among them', () => {
    const image = {
      source: { $case: 'data', value: Uint8Array.of(1) },
      mediaType: 'image/png',
      detail: 'IMAGE_DETAIL_UNSPECIFIED',
    } as const;
    const inputs = [
      {
        parts: [
          { content: { $case: 'text', value: 'a' } as const },
          { content: { $case: 'image', value: image } as const },
        ],
      },
    ];
    const { body } = encodeEmbed({ ...request([]), inputs }, TARGET);
    assert.deepEqual(body.content, { parts: [{ text: 'a' }, { inlineData: { mimeType: 'image/png', data: 'AQ==' } }] });
    for (const target of [PREDICT, { ...TARGET, capabilities: lacking('imageInput') }]) {
      assert.throws(() => encodeEmbed({ ...request([]), inputs }, target), isError('PARAMETER_UNSUPPORTED'));
    }
  });

  it('refuses quantised vectors in either mode', () => {
    for (const encoding of [EmbedEncoding.INT8, EmbedEncoding.BINARY]) {
      assert.throws(() => encodeEmbed(request(['a'], { encoding }), TARGET), isError('PARAMETER_UNSUPPORTED'));
    }
  });

  it("asks Vertex's predict where the host has that", () => {
    const { path, body } = encodeEmbed(
      request(['a', 'b'], { inputType: EmbedInputType.DOCUMENT, dimensions: 3072 }),
      PREDICT,
    );
    assert.equal(path, '/models/gemini-test:predict');
    assert.deepEqual(body, {
      instances: [
        { content: 'a', task_type: 'RETRIEVAL_DOCUMENT' },
        { content: 'b', task_type: 'RETRIEVAL_DOCUMENT' },
      ],
      parameters: { outputDimensionality: 3072 },
    });
  });

  it('lets listed provider options pass, and none that it owns', () => {
    const allowances = makeAllowances({
      providerOptions: new Map([['google.gemini', new Set(['title', 'taskType', 'output_dimensionality'])]]),
    });
    const encode = (json: string) =>
      encodeEmbed(request(['a'], { providerOptionsJson: { 'google.gemini': json } }), { ...TARGET, allowances });
    assert.equal(encode('{"title":"T"}').body.title, 'T');
    for (const json of ['{"taskType":"X"}', '{"output_dimensionality":1}', '{"model":"x"}']) {
      assert.throws(() => encode(json), isError('OPTION_NOT_ALLOWED'));
    }
  });
});

describe('google.gemini embeddings: replies', () => {
  const values = (...numbers: readonly number[]) => ({ values: numbers });

  it('has one vector, a list of vectors, or predictions', () => {
    const one = decodeEmbed({ embedding: values(0.5, 1) }, request(['a']));
    assert.deepEqual(one.embeddings, [{ vector: { $case: 'floats', value: { values: [0.5, 1] } } }]);
    assert.deepEqual([one.dimensions, one.usage.confidence], [2, 'USAGE_CONFIDENCE_UNKNOWN']);
    const two = decodeEmbed(
      { embeddings: [values(1), values(2)] },
      request(['a', 'b'], { encoding: EmbedEncoding.FLOAT32_LE }),
    );
    assert.deepEqual(two.embeddings[0], { vector: { $case: 'float32Le', value: Uint8Array.of(0, 0, 0x80, 0x3f) } });
    const predictions = [1, 2].map((n) => ({
      embeddings: { ...values(n), statistics: { token_count: n + 2, truncated: false } },
    }));
    const predicted = decodeEmbed({ predictions }, request(['a', 'b']));
    assert.deepEqual([predicted.usage.inputTokens, predicted.usage.outputTokens], [7, 0]);
  });

  it('has the counts of the whole reply where it says them', () => {
    const { usage } = decodeEmbed({ embedding: values(1), usageMetadata: { promptTokenCount: 4 } }, request(['a']));
    assert.deepEqual([usage.inputTokens, usage.outputTokens, usage.rawJson], [4, 0, '{"promptTokenCount":4}']);
  });

  it('refuses vectors that are missing, unequal, none, or not of the length that was asked for', () => {
    for (const broken of [
      null,
      {},
      { embeddings: [values(1)] },
      { embeddings: [values(1), values(1, 2)] },
      { embeddings: [values(1), { values: ['1'] }] },
      { embeddings: [values(), values()] },
    ]) {
      assert.throws(() => decodeEmbed(broken, request(['a', 'b'])), isError('UPSTREAM_PROTOCOL'));
    }
    assert.throws(
      () => decodeEmbed({ embedding: values(1) }, request(['a'], { dimensions: 2 })),
      isError('UPSTREAM_PROTOCOL'),
    );
  });

  it('throws the error that it is', () => {
    const error = { error: { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'x' } };
    for (const value of [error, [error]])
      assert.throws(() => decodeEmbed(value, request(['a'])), isError('UPSTREAM_RATE_LIMITED'));
  });
});

describe('google.gemini counter of tokens', () => {
  const draft = generation({ messages: [system('S'), user('Hi')], temperature: 1 });

  it('asks about the whole request, which the Gemini API wants wrapped', () => {
    const encoded = googleGemini.countTokens?.encode(draft, TARGET);
    assert.equal(encoded?.path, '/models/gemini-test:countTokens');
    assert.deepEqual(encoded?.body, {
      generateContentRequest: {
        model: 'models/gemini-test',
        contents: [{ role: 'user', parts: [{ text: 'Hi' }] }],
        systemInstruction: { parts: [{ text: 'S' }] },
        generationConfig: { temperature: 1 },
      },
    });
  });

  it('asks Vertex about its members', () => {
    const encoded = googleGemini.countTokens?.encode(draft, quirky({ countTokensForm: 'flat' }));
    assert.deepEqual(Object.keys(encoded?.body ?? {}), ['contents', 'systemInstruction', 'generationConfig']);
  });

  it('reads the total, cached tokens included', () => {
    assert.equal(googleGemini.countTokens?.decode({ totalTokens: 31, cachedContentTokenCount: 10 }), 31);
    for (const value of [null, {}, { totalTokens: -1 }]) {
      assert.throws(() => googleGemini.countTokens?.decode(value), isError('UPSTREAM_PROTOCOL'));
    }
  });
});
