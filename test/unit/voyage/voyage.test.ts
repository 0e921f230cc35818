/** Voyage: vectors and nothing else. providers.md 4.9. */
import assert from 'node:assert/strict';
import type { Reason } from '../../../server/model/reasons.ts';
import {
  EmbedEncoding,
  EmbedInputType,
  EmbedRequest,
  Generation,
  UsageConfidence,
} from '../../../server/model/wire.ts';
import type { Encoded, Target } from '../../../server/providers/dialect.ts';
import { decodeEmbed } from '../../../server/providers/voyage/decode.ts';
import { encodeEmbed } from '../../../server/providers/voyage/encode.ts';
import { voyageEmbeddings } from '../../../server/providers/voyage/index.ts';
import { isError } from '../../contract/dialect.ts';
import { describeWires, firstJson, type Recording } from '../../support/recordings.ts';
import { deepFreeze, lacking, makeAllowances, makeTarget } from '../../support/targets.ts';

const TARGET = makeTarget('voyage.embeddings', { upstreamModel: 'voyage-test' });

type Draft = Parameters<typeof EmbedRequest.fromPartial>[0];

function request(texts: readonly string[], changes: Draft = {}): EmbedRequest {
  const inputs = texts.map((value) => ({ parts: [{ content: { $case: 'text', value } as const }] }));
  return deepFreeze(EmbedRequest.fromPartial({ inputs, ...changes }));
}

function encode(embed: EmbedRequest, target: Partial<Target> = {}): Encoded {
  return encodeEmbed(embed, { ...TARGET, ...target });
}

function image(uri?: string) {
  const source =
    uri === undefined ? ({ $case: 'data', value: Uint8Array.of(1) } as const) : ({ $case: 'uri', value: uri } as const);
  return { content: { $case: 'image', value: { source, mediaType: 'image/png' } } as const };
}

function list(...vectors: readonly (readonly unknown[])[]) {
  const data = vectors.map((embedding, index) => ({ object: 'embedding', embedding, index }));
  return { object: 'list', data, model: 'voyage-test-2026', usage: { total_tokens: 12 } };
}

describe('voyage.embeddings: requests', () => {
  it('goes to /v1/embeddings, with no truncation and no format', () => {
    const { path, body, adaptations } = encode(request(['a', 'b']));
    assert.equal(path, '/v1/embeddings');
    assert.deepEqual(body, { model: 'voyage-test', input: ['a', 'b'], truncation: false });
    assert.deepEqual(adaptations, []);
  });

  it('names query and document, and drops other types', () => {
    assert.equal(encode(request(['a'], { inputType: EmbedInputType.QUERY })).body.input_type, 'query');
    assert.equal(encode(request(['a'], { inputType: EmbedInputType.DOCUMENT })).body.input_type, 'document');
    const clustering = request(['a'], { inputType: EmbedInputType.CLUSTERING });
    const encoded = encode(clustering);
    assert.equal('input_type' in encoded.body, false);
    assert.equal(encoded.adaptations[0]?.field, 'input_type');
    assert.throws(() => encode(clustering, { adaptation: 'strict' }), isError('PARAMETER_UNSUPPORTED'));
  });

  it('names dimensions and types of numbers, floats nowhere', () => {
    assert.equal(encode(request(['a'], { dimensions: 512 })).body.output_dimension, 512);
    assert.equal(encode(request(['a'], { encoding: EmbedEncoding.INT8 })).body.output_dtype, 'int8');
    assert.equal(encode(request(['a'], { encoding: EmbedEncoding.BINARY })).body.output_dtype, 'ubinary');
    assert.equal('output_dtype' in encode(request(['a'], { encoding: EmbedEncoding.FLOAT32_LE })).body, false);
  });

  it('joins the texts of one input, and refuses a part without content', () => {
    const parts = ['a', 'b'].map((value) => ({ content: { $case: 'text', value } as const }));
    assert.deepEqual(encode(request([], { inputs: [{ parts }] })).body.input, ['ab']);
    assert.throws(() => encode(request([], { inputs: [{ parts: [{}] }] })), isError('INVALID_REQUEST'));
  });

  it('sends images mixed with text, to the endpoint that takes them', () => {
    const parts = [{ content: { $case: 'text', value: 'A cat.' } as const }, image()];
    const { path, body } = encode(request([], { inputs: [{ parts }] }));
    assert.equal(path, '/v1/multimodalembeddings');
    const content = [
      { type: 'text', text: 'A cat.' },
      { type: 'image_base64', image_base64: 'data:image/png;base64,AQ==' },
    ];
    assert.deepEqual(body, { model: 'voyage-test', inputs: [{ content }], truncation: false });
  });

  it('sends texts there too where the model is one of mixed inputs', () => {
    const { path, body } = encode(request(['a']), { upstreamModel: 'voyage-multimodal-3.5' });
    assert.equal(path, '/v1/multimodalembeddings');
    assert.deepEqual(body.inputs, [{ content: [{ type: 'text', text: 'a' }] }]);
  });

  it('hands image URIs on only where they are allowed, and never beside bytes', () => {
    const byUri = request([], { inputs: [{ parts: [image('https://x.example/a.png')] }] });
    assert.throws(() => encode(byUri), isError('OPTION_NOT_ALLOWED'));
    const allowances = makeAllowances({ uris: true });
    assert.deepEqual(encode(byUri, { allowances }).body.inputs, [
      { content: [{ type: 'image_url', image_url: 'https://x.example/a.png' }] },
    ]);
    const both = request([], { inputs: [{ parts: [image('https://x.example/a.png')] }, { parts: [image()] }] });
    assert.throws(() => encode(both, { allowances }), isError('PARAMETER_UNSUPPORTED'));
  });

  it('refuses images where the model takes none, and quantised vectors of them', () => {
    const inputs = [{ parts: [image()] }];
    assert.throws(
      () => encode(request([], { inputs }), { capabilities: lacking('imageInput') }),
      isError('PARAMETER_UNSUPPORTED'),
    );
    const encoding = EmbedEncoding.INT8;
    assert.throws(() => encode(request([], { inputs, encoding })), isError('PARAMETER_UNSUPPORTED'));
  });

  it('lets listed provider options pass, truncation too, and none that it owns', () => {
    const listed = new Set(['truncation', 'input', 'encoding_format', 'output_dtype']);
    const allowances = makeAllowances({ providerOptions: new Map([['voyage.embeddings', listed]]) });
    const of = (json: string) =>
      encode(request(['a'], { providerOptionsJson: { 'voyage.embeddings': json } }), { allowances });
    assert.equal(of('{"truncation":true}').body.truncation, true);
    for (const json of ['{"input":"x"}', '{"encoding_format":"base64"}', '{"output_dtype":"int8"}', '{"model":"x"}']) {
      assert.throws(() => of(json), isError('OPTION_NOT_ALLOWED'));
    }
  });

  it('takes 1,000 inputs at once', () => assert.equal(voyageEmbeddings.embed?.maxInputs, 1000));

  it('refuses generations before anything is sent, and says what it has instead', () => {
    const generation = Generation.fromPartial({});
    assert.throws(() => voyageEmbeddings.encodeComplete(generation, TARGET, false), isError('PARAMETER_UNSUPPORTED'));
    assert.throws(() => voyageEmbeddings.encodeComplete(generation, TARGET, true), /makes vectors only.*Embed/);
    assert.throws(() => voyageEmbeddings.decodeComplete({}, TARGET), isError('PARAMETER_UNSUPPORTED'));
    assert.throws(() => voyageEmbeddings.openStream(TARGET), isError('PARAMETER_UNSUPPORTED'));
  });
});

describe('voyage.embeddings: replies', () => {
  it('orders by index, with usage and the model', () => {
    const { data, ...rest } = list([0.5], [-1]);
    const { embeddings, dimensions, usage, upstreamModel } = decodeEmbed(
      { ...rest, data: data.toReversed() },
      request(['a', 'b']),
    );
    assert.deepEqual(
      embeddings.map(({ vector }) => vector),
      [
        { $case: 'floats', value: { values: [0.5] } },
        { $case: 'floats', value: { values: [-1] } },
      ],
    );
    assert.deepEqual([dimensions, upstreamModel], [1, 'voyage-test-2026']);
    assert.deepEqual([usage.inputTokens, usage.outputTokens, usage.confidence], [12, 0, UsageConfidence.REPORTED]);
    assert.equal(usage.rawJson, '{"total_tokens":12}');
  });

  it('gives signed bytes and bits', () => {
    const bytes = decodeEmbed(list([-1, 2]), request(['a'], { encoding: EmbedEncoding.INT8 }));
    assert.deepEqual(bytes.embeddings[0]?.vector, { $case: 'int8Values', value: Uint8Array.of(255, 2) });
    const bits = decodeEmbed(list([1, 2]), request(['a'], { encoding: EmbedEncoding.BINARY, dimensions: 16 }));
    assert.deepEqual(bits.embeddings[0]?.vector, { $case: 'bits', value: Uint8Array.of(1, 2) });
  });

  it('has unknown usage where none was told', () => {
    const { usage: _, ...rest } = list([1]);
    assert.equal(decodeEmbed(rest, request(['a'])).usage.confidence, UsageConfidence.UNKNOWN);
  });

  const broken: readonly (readonly [name: string, reply: unknown])[] = [
    ['a vector too few', list([1])],
    [
      'one index twice',
      {
        ...list(),
        data: [
          { index: 0, embedding: [1] },
          { index: 0, embedding: [1] },
        ],
      },
    ],
    ['vectors of unequal length', list([1], [1, 2])],
    [
      'base64',
      {
        ...list(),
        data: [
          { index: 0, embedding: 'AAAA' },
          { index: 1, embedding: 'AAAA' },
        ],
      },
    ],
    ['no list', { object: 'list' }],
    ['nothing', null],
  ];
  for (const [name, value] of broken) {
    it(`refuses ${name}`, () =>
      assert.throws(() => decodeEmbed(value, request(['a', 'b'])), isError('UPSTREAM_PROTOCOL')));
  }

  it('verifies dimensions', () => {
    assert.throws(() => decodeEmbed(list([1]), request(['a'], { dimensions: 2 })), isError('UPSTREAM_PROTOCOL'));
  });

  it('throws the error that it is', () => {
    assert.throws(() => decodeEmbed({ detail: 'no' }, request(['a'])), /reported an error: no/);
  });
});

describe('voyage.embeddings: errors', () => {
  const decode = (status: number, body: unknown, headers: Record<string, string> = {}) =>
    voyageEmbeddings.decodeError(
      status,
      new Map(Object.entries(headers)),
      'application/json',
      typeof body === 'string' ? body : JSON.stringify(body),
    );

  for (const [status, detail, reason] of [
    [400, 'The batch size is too large.', 'UPSTREAM_REJECTED'],
    [400, 'The max allowed tokens per submitted batch is 120000. Your batch has 130000 tokens.', 'PROMPT_TOO_LONG'],
    [400, "Model voyage-0 is not supported. Supported models are ['voyage-4'].", 'UPSTREAM_MODEL_NOT_FOUND'],
    [401, 'Provided API key is invalid.', 'UPSTREAM_CREDENTIALS'],
    [403, 'Forbidden', 'UPSTREAM_CREDENTIALS'],
    [429, 'You have exceeded your rate limit.', 'UPSTREAM_RATE_LIMITED'],
    [500, 'Internal error', 'UPSTREAM_5XX'],
    [502, 'Bad Gateway', 'UPSTREAM_OVERLOADED'],
    [503, 'Service Unavailable', 'UPSTREAM_OVERLOADED'],
    [504, 'Gateway Timeout', 'UPSTREAM_OVERLOADED'],
    [301, '', 'UPSTREAM_REDIRECT'],
  ] as const satisfies readonly (readonly [number, string, Reason])[]) {
    it(`${status} is ${reason}: ${detail.slice(0, 40)}`, () => assert.equal(decode(status, { detail }).reason, reason));
  }

  it('reads lists of faults, texts, and neither HTML nor nothing', () => {
    const fault = { loc: ['body', 'input'], msg: 'field required', type: 'missing' };
    assert.equal(decode(422, { detail: [fault] }).message, 'The provider answered 422: body.input: field required');
    assert.match(decode(500, 'plain').message, /: plain$/);
    assert.equal(decode(502, '<html>').message, 'The provider answered 502.');
    assert.equal(decode(500, '').message, 'The provider answered 500.');
  });

  it('keeps words about the key from callers, and reads when to try again', () => {
    assert.equal(decode(401, { detail: 'Key pa-abc is invalid' }).message, 'The provider answered 401.');
    assert.equal(decode(429, {}, { 'retry-after': '2' }).details.retryAfterMs, 2000);
  });
});

describeWires('recordings of voyage.embeddings', isVoyage, (recordings) => {
  for (const recording of recordings) {
    it(`${recording.name} gives its vectors in order`, () => {
      const reply = JSON.parse(recording.text) as VoyageWire;
      const decoded = decodeEmbed(reply, request(reply.data.map(() => 'a')));
      const expected = reply.data.toSorted((a, b) => a.index - b.index).map(({ embedding }) => embedding);
      assert.deepEqual(
        decoded.embeddings.map(({ vector }) => (vector?.$case === 'floats' ? vector.value.values : [])),
        expected,
      );
      assert.equal(decoded.usage.inputTokens, reply.usage.total_tokens);
      assert.equal(decoded.upstreamModel, reply.model);
    });
  }
});

interface VoyageWire {
  readonly data: readonly { readonly index: number; readonly embedding: readonly number[] }[];
  readonly model: string;
  readonly usage: { readonly total_tokens: number };
}

/** OpenAI's list, but for the usage, which has a total alone. */
function isVoyage(recording: Recording): boolean {
  const json = recording.form === 'reply' ? (firstJson(recording) as Partial<VoyageWire> | undefined) : undefined;
  const { data, usage } = json ?? {};
  if (!Array.isArray(data) || usage === undefined || 'prompt_tokens' in usage) return false;
  const [first] = data as VoyageWire['data'];
  return Array.isArray(first?.embedding) && 'total_tokens' in usage;
}
