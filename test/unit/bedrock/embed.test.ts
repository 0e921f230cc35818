/** Embeddings on Bedrock: each maker's wire, by the model's name. */
import assert from 'node:assert/strict';
import { EmbedEncoding, EmbedInputType, EmbedRequest } from '../../../server/model/wire.ts';
import { bedrockConverse } from '../../../server/providers/bedrock/index.ts';
import { isError } from '../../contract/dialect.ts';
import { makeTarget } from './bedrock-fixtures.ts';

const TITAN = 'amazon.titan-embed-text-v2:0';
const TITAN_IMAGE = 'amazon.titan-embed-image-v1';
const NOVA = 'us.amazon.nova-2-multimodal-embeddings-v1:0';
const COHERE = 'cohere.embed-v4:0';
const PIXEL = { source: { $case: 'data', value: Uint8Array.of(0x89) }, mediaType: 'image/png' } as const;

type Draft = Parameters<typeof EmbedRequest.fromPartial>[0];

function request(draft: Draft, ...inputs: readonly (string | readonly ('image' | string)[])[]): EmbedRequest {
  const parts = (input: string | readonly string[]) =>
    (typeof input === 'string' ? [input] : input).map((piece) =>
      piece === 'image'
        ? { content: { $case: 'image', value: PIXEL } as const }
        : { content: { $case: 'text', value: piece } as const },
    );
  return EmbedRequest.fromPartial({
    model: 'embed',
    inputs: inputs.map((input) => ({ parts: parts(input) })),
    ...draft,
  });
}

function encode(upstreamModel: string, ...args: Parameters<typeof request>) {
  const encoded = bedrockConverse.embed?.encode(request(...args), makeTarget({ upstreamModel }));
  assert.ok(encoded);
  return encoded;
}

function decode(upstreamModel: string, reply: object, of: EmbedRequest) {
  const decoded = bedrockConverse.embed?.decode(reply, of, makeTarget({ upstreamModel }));
  assert.ok(decoded);
  return decoded;
}

describe('bedrock: embeddings', () => {
  it('go to the model’s own invoke', () => {
    assert.equal(encode(TITAN, {}, 'a').path, '/model/amazon.titan-embed-text-v2%3A0/invoke');
  });

  it('are asked of Titan one at a time, with dimensions where it has a choice', () => {
    assert.deepEqual(encode(TITAN, { dimensions: 256 }, ['a', 'b']).body, { inputText: 'ab', dimensions: 256 });
    const v1 = () => encode('amazon.titan-embed-text-v1', { dimensions: 256 }, 'a');
    assert.throws(v1, isError('PARAMETER_UNSUPPORTED'));
    assert.throws(() => encode(TITAN, {}, ['a', 'image']), isError('PARAMETER_UNSUPPORTED'));
  });

  it('are asked of Titan Multimodal for text and image as one thing', () => {
    assert.deepEqual(encode(TITAN_IMAGE, { dimensions: 384 }, ['a', 'image']).body, {
      inputText: 'a',
      inputImage: 'iQ==',
      embeddingConfig: { outputEmbeddingLength: 384 },
    });
  });

  it('are asked of Nova for a purpose', () => {
    assert.deepEqual(encode(NOVA, { inputType: EmbedInputType.QUERY, dimensions: 384 }, 'a').body, {
      schemaVersion: 'nova-multimodal-embed-v1',
      taskType: 'SINGLE_EMBEDDING',
      singleEmbeddingParams: {
        embeddingPurpose: 'GENERIC_RETRIEVAL',
        embeddingDimension: 384,
        text: { truncationMode: 'NONE', value: 'a' },
      },
    });
    assert.deepEqual(encode(NOVA, {}, ['image']).body.singleEmbeddingParams, {
      embeddingPurpose: 'GENERIC_INDEX',
      image: { format: 'png', source: { bytes: 'iQ==' } },
    });
    assert.throws(() => encode(NOVA, {}, ['a', 'image']), isError('PARAMETER_UNSUPPORTED'));
  });

  it('are asked of Cohere up to 96 at a time, with the input type that it demands', () => {
    const encoded = encode(COHERE, { dimensions: 256 }, 'a', 'b');
    const rest = { input_type: 'search_document', embedding_types: ['float'], output_dimension: 256, truncate: 'NONE' };
    assert.deepEqual(encoded.body, { texts: ['a', 'b'], ...rest });
    assert.deepEqual(
      encoded.adaptations.map(({ field }) => field),
      ['input_type'],
    );
    const mixed = encode(COHERE, { inputType: EmbedInputType.CLUSTERING }, ['a', 'image'], 'b').body;
    assert.deepEqual(mixed.inputs, [
      {
        content: [
          { type: 'text', text: 'a' },
          { type: 'image_url', image_url: 'data:image/png;base64,iQ==' },
        ],
      },
      { content: [{ type: 'text', text: 'b' }] },
    ]);
  });

  it('know how many inputs each model takes', () => {
    const { maxInputs } = bedrockConverse.embed ?? {};
    assert.ok(typeof maxInputs === 'function');
    assert.deepEqual([TITAN, NOVA, COHERE, 'meta.llama'].map(maxInputs), [1, 1, 96, 1]);
  });

  it('come back quantised from Cohere, and packed as the contract has them', () => {
    const int8 = request({ encoding: EmbedEncoding.INT8 }, 'a');
    const [one] = decode(COHERE, { embeddings: { int8: [[-128, 127]] } }, int8).embeddings;
    assert.deepEqual(one?.vector, { $case: 'int8Values', value: Uint8Array.of(128, 127) });
    const bits = request({ encoding: EmbedEncoding.BINARY }, 'a');
    const { embeddings, dimensions } = decode(COHERE, { embeddings: { ubinary: [[0b1010_0000, 1]] } }, bits);
    assert.deepEqual(embeddings[0]?.vector, { $case: 'bits', value: Uint8Array.of(0b1010_0000, 1) });
    assert.equal(dimensions, 16);
  });

  it('are refused quantised where the model makes floats only', () => {
    for (const model of [TITAN, TITAN_IMAGE, NOVA])
      assert.throws(() => encode(model, { encoding: EmbedEncoding.INT8 }, 'a'), isError('PARAMETER_UNSUPPORTED'));
  });

  it('are broken where one is missing, is none, or has other dimensions than were asked for', () => {
    const two = request({}, 'a', 'b');
    const broken: readonly (readonly [model: string, reply: object, of: EmbedRequest])[] = [
      [COHERE, { embeddings: { float: [[1]] } }, two],
      [COHERE, { embeddings: { float: [[1], ['x']] } }, two],
      [COHERE, { embeddings: { float: [[1], [1, 2]] } }, two],
      [TITAN, {}, request({}, 'a')],
      [TITAN, { embedding: [1, 2] }, request({ dimensions: 3 }, 'a')],
      [NOVA, { embeddings: [] }, request({}, 'a')],
    ];
    for (const [model, reply, of] of broken)
      assert.throws(() => decode(model, reply, of), isError('UPSTREAM_PROTOCOL'));
  });

  it('count tokens by the body, else by the header, else not at all', () => {
    const of = request({}, 'a');
    assert.equal(decode(TITAN, { embedding: [1], inputTextTokenCount: 3 }, of).usage.inputTokens, 3);
    assert.equal(decode(NOVA, { embeddings: [{ embedding: [1] }] }, of).usage.inputTokens, undefined);
  });

  it('are refused of models that are not known to make them', () => {
    assert.throws(() => encode('anthropic.claude-x', {}, 'a'), isError('PARAMETER_UNSUPPORTED'));
  });
});
