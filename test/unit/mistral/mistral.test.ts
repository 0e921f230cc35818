/** Where Mistral differs from chat completions: providers.md 4.8, each difference a quirk. */
import assert from 'node:assert/strict';
import { StreamFold } from '@kanmon/client/fold';
import {
  EmbedEncoding,
  EmbedRequest,
  FinishKind,
  Generation,
  type Part,
  ReasoningEffort,
  Role,
  ToolChoiceMode,
} from '../../../server/model/wire.ts';
import { openaiChat } from '../../../server/providers/openai-chat/index.ts';
import { decodeFrames, isError } from '../../contract/dialect.ts';
import { lacking, makeAllowances, makeTarget } from '../../support/targets.ts';
import { MISTRAL } from './mistral-host.ts';

const TARGET = makeTarget('openai.chat', { quirks: MISTRAL.quirks, capabilities: lacking(...MISTRAL.lacks) });

type Draft = Parameters<typeof Generation.fromPartial>[0];
type Content = NonNullable<Part['content']>;

function encode(draft: Draft, target = TARGET, stream = false) {
  const generation = Generation.fromPartial({ model: 'chat', messages: [turn(Role.USER, text('Hello'))], ...draft });
  return openaiChat.encodeComplete(generation, target, stream);
}

function messagesOf(draft: Draft) {
  return encode(draft).body.messages as readonly Record<string, unknown>[];
}

function turn(role: Role, ...contents: readonly Content[]) {
  return { role, parts: contents.map((content) => ({ content, opaqueState: [] })) };
}

function text(value: string): Content {
  return { $case: 'text', value: { text: value, citations: [], logprobs: [] } };
}

function bytes(value: string) {
  return { $case: 'data', value: new TextEncoder().encode(value) } as const;
}

function decodeError(status: number, body: unknown) {
  return openaiChat.decodeError(status, new Map(), 'application/json', JSON.stringify(body));
}

describe('mistral requests', () => {
  it('names the limit of tokens max_tokens and the seed random_seed', () => {
    const { body } = encode({ maxOutputTokens: 9, seed: 7 });
    assert.deepEqual([body.max_tokens, body.random_seed], [9, 7]);
    for (const member of ['max_completion_tokens', 'seed']) assert.equal(member in body, false);
  });

  it('sends no stream_options: usage comes unasked', () => {
    const { body } = encode({}, TARGET, true);
    assert.equal(body.stream, true);
    assert.equal('stream_options' in body, false);
  });

  it('says any for required, and leaves other tools out instead of a list of allowed ones', () => {
    const tools = ['look', 'find'].map((name) => ({ kind: { $case: 'function', value: { name } } }) as const);
    const required = encode({ tools, toolChoice: { choice: { $case: 'mode', value: ToolChoiceMode.REQUIRED } } });
    assert.equal(required.body.tool_choice, 'any');
    const allowed = { mode: ToolChoiceMode.REQUIRED, names: ['find'] };
    const narrowed = encode({ tools, toolChoice: { choice: { $case: 'allowed', value: allowed } } });
    assert.equal(narrowed.body.tool_choice, 'any');
    assert.equal((narrowed.body.tools as readonly unknown[]).length, 1);
    const named = encode({ tools, toolChoice: { choice: { $case: 'name', value: 'find' } } });
    assert.deepEqual(named.body.tool_choice, { type: 'function', function: { name: 'find' } });
  });

  it('makes ids of tool calls nine letters or digits, the same for call and result, and keeps its own', () => {
    const call = (id: string): Content => ({
      $case: 'toolCall',
      value: { id, name: 'look', input: { $case: 'argumentsJson', value: '{}' } },
    });
    const result = (toolCallId: string): Content => ({
      $case: 'toolResult',
      value: { toolCallId, content: [{ content: { $case: 'text', value: 'Done.' } }], isError: false },
    });
    const [, assistant, first, second] = messagesOf({
      messages: [
        turn(Role.USER, text('Hello')),
        turn(Role.ASSISTANT, call('toolu_01'), call('gSIMJiOkT')),
        turn(Role.TOOL, result('toolu_01'), result('gSIMJiOkT')),
      ],
    });
    const calls = (assistant?.tool_calls ?? []) as readonly { id: string }[];
    const ids = calls.map(({ id }) => id);
    assert.match(ids[0] ?? '', /^[A-Za-z0-9]{9}$/);
    assert.equal(ids[1], 'gSIMJiOkT');
    assert.deepEqual([first?.tool_call_id, second?.tool_call_id], ids);
  });

  it('drops what its schema forbids, before it is refused for it', () => {
    const { body, adaptations } = encode(
      { topK: 4, logprobs: {}, verbosity: 'VERBOSITY_LOW' },
      { ...TARGET, endUserHash: 'x' },
    );
    assert.deepEqual(Object.keys(body), ['model', 'messages']);
    assert.deepEqual(
      adaptations.map(({ field }) => field),
      ['generation.top_k', 'generation.verbosity', 'generation.logprobs'],
    );
  });

  it('asks for reasoning by its effort; prompt_mode and safe_prompt pass as listed provider options', () => {
    assert.equal(encode({ reasoning: { effort: ReasoningEffort.HIGH } }).body.reasoning_effort, 'high');
    assert.equal(encode({ reasoning: { effort: ReasoningEffort.NONE } }).body.reasoning_effort, 'none');
    const providerOptionsJson = { 'openai.chat': '{"prompt_mode":"reasoning","safe_prompt":true}' };
    assert.throws(() => encode({ providerOptionsJson }), isError('OPTION_NOT_ALLOWED'));
    const listed = new Map([['openai.chat', new Set(['prompt_mode', 'safe_prompt'])]]);
    const { body } = encode(
      { providerOptionsJson },
      { ...TARGET, allowances: makeAllowances({ providerOptions: listed }) },
    );
    assert.deepEqual([body.prompt_mode, body.safe_prompt], ['reasoning', true]);
  });

  it('marks a turn of the model at the end as the prefix of the answer, and no other', () => {
    const messages = [turn(Role.USER, text('Hello')), turn(Role.ASSISTANT, text('Dear'))];
    assert.deepEqual(messagesOf({ messages })[1], { role: 'assistant', content: 'Dear', prefix: true });
    const goesOn = messagesOf({ messages: [...messages, turn(Role.USER, text('Go on.'))] });
    assert.equal('prefix' in (goesOn[1] ?? {}), false);
  });

  it('sends earlier thoughts as thinking chunks, and refusals as text', () => {
    const thought: Content = { $case: 'reasoning', value: { text: 'Hm.' } };
    const refusal: Content = { $case: 'refusal', value: { text: 'I cannot.' } };
    const messages = [
      turn(Role.USER, text('Hello')),
      turn(Role.ASSISTANT, thought, refusal),
      turn(Role.USER, text('So?')),
    ];
    assert.deepEqual(messagesOf({ messages })[1], {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }] },
        { type: 'text', text: 'I cannot.' },
      ],
    });
  });

  it('sends documents as document_url and sound as base64 alone', () => {
    const document: Content = {
      $case: 'document',
      value: { source: bytes('%PDF'), mediaType: 'application/pdf', filename: 'a.pdf', title: '', cite: false },
    };
    const audio: Content = { $case: 'audio', value: { source: bytes('RIFF'), mediaType: 'audio/ogg', transcript: '' } };
    const [sent] = messagesOf({ messages: [turn(Role.USER, document, audio)] });
    assert.deepEqual(sent?.content, [
      { type: 'document_url', document_url: 'data:application/pdf;base64,JVBERg==', document_name: 'a.pdf' },
      { type: 'input_audio', input_audio: 'UklGRg==' },
    ]);
  });

  it('hands documents on by URI, where that is allowed', () => {
    const source = { $case: 'uri', value: 'https://x.example/a.pdf' } as const;
    const value = { source, mediaType: '', filename: '', title: '', cite: false };
    const messages = [turn(Role.USER, { $case: 'document', value })];
    assert.throws(() => encode({ messages }), isError('OPTION_NOT_ALLOWED'));
    const { body } = encode({ messages }, { ...TARGET, allowances: makeAllowances({ uris: true }) });
    assert.deepEqual(body.messages, [
      { role: 'user', content: [{ type: 'document_url', document_url: 'https://x.example/a.pdf' }] },
    ]);
  });
});

describe('mistral replies', () => {
  const decode = (message: object, finish: string, usage?: object) =>
    openaiChat.decodeComplete(
      { id: 'r', model: 'm', choices: [{ index: 0, message, finish_reason: finish }], usage },
      TARGET,
    );

  it('knows model_length, and error as an error', () => {
    assert.equal(decode({ content: 'x' }, 'model_length').finishReason.kind, FinishKind.LENGTH);
    assert.throws(() => decode({ content: 'x' }, 'error'), isError('UPSTREAM_5XX'));
  });

  it('reads usage with cached tokens by either name, and the tier', () => {
    const counts = { prompt_tokens: 9, completion_tokens: 2, service_tier: 'priority' };
    const { usage } = decode({ content: 'x' }, 'stop', { ...counts, prompt_token_details: { cached_tokens: 4 } });
    assert.deepEqual([usage.inputTokens, usage.cacheReadTokens, usage.serviceTier], [9, 4, 'priority']);
    assert.equal(decode({ content: 'x' }, 'stop', { ...counts, num_cached_tokens: 3 }).usage.cacheReadTokens, 3);
    assert.equal(decode({ content: 'x' }, 'stop', counts).usage.cacheReadTokens, undefined);
  });

  it('keeps the signature of a thought, whole and streamed, and sends it back where it was', () => {
    const chunk = { type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }], signature: 'c2ln+/=' };
    const content = [chunk, { type: 'text', text: 'Yes.' }];
    const frames = [{ content: [chunk] }, { content: 'Yes.' }].map((delta, place) => {
      const choices = [{ index: 0, delta, finish_reason: place === 1 ? 'stop' : null }];
      return { event: '', data: JSON.stringify({ id: 'r', model: 'm', choices }) };
    });
    const fold = new StreamFold();
    fold.pushAll(decodeFrames(openaiChat, TARGET, frames));
    for (const { parts } of [decode({ content }, 'stop').message, fold.message()]) {
      const messages = [turn(Role.USER, text('Hello')), { role: Role.ASSISTANT, parts }, turn(Role.USER, text('So?'))];
      assert.deepEqual(messagesOf({ messages })[1]?.content, content);
    }
  });

  it('gives references as citations and what it has no word for as items', () => {
    const content = [
      { type: 'text', text: 'So it is' },
      { type: 'reference', reference_ids: [3, 'a'] },
      { type: 'text', text: '.' },
      { type: 'file', file_id: 'f1' },
    ];
    const { parts } = decode({ content }, 'stop').message;
    assert.deepEqual(
      parts.map((part) => part.content?.$case),
      ['text', 'opaque'],
    );
    const [first] = parts;
    assert.equal(first?.content?.$case === 'text' && first.content.value.citations.length, 1);
  });
});

describe('mistral errors', () => {
  const fault = {
    type: 'extra_forbidden',
    loc: ['body', 'stream_options'],
    msg: 'Extra inputs are not permitted',
    input: 1,
  };

  it('reads lists of faults in each of their places', () => {
    const words = 'The provider answered 422: body.stream_options: Extra inputs are not permitted';
    for (const body of [
      { detail: [fault] },
      { object: 'error', message: { detail: [fault] }, type: 'invalid_request_error', param: null, code: null },
      { object: 'Error', message: [fault], type: 'invalid_request_error', code: 3001 },
    ]) {
      const error = decodeError(422, body);
      assert.equal(error.reason, 'UPSTREAM_REJECTED');
      assert.equal(error.message, words);
    }
  });

  for (const [name, status, body, reason] of [
    ['a key that is none', 401, { detail: 'Unauthorized' }, 'UPSTREAM_CREDENTIALS'],
    [
      'an unknown model',
      400,
      { object: 'error', message: 'Invalid model: x', type: 'invalid_model', code: '1500' },
      'UPSTREAM_MODEL_NOT_FOUND',
    ],
    [
      'a prompt that is too long',
      400,
      {
        object: 'error',
        message: 'Prompt contains 131102 tokens, too large for model with 131072 maximum context length',
      },
      'PROMPT_TOO_LONG',
    ],
    [
      'too many tokens to embed',
      400,
      { object: 'error', message: 'Too many tokens in batch. Max is 16384 got 17555' },
      'PROMPT_TOO_LONG',
    ],
    ['a rate limit', 429, { message: 'Requests rate limit exceeded' }, 'UPSTREAM_RATE_LIMITED'],
    [
      'a lack of capacity',
      429,
      { object: 'error', message: 'Service tier capacity exceeded for this model.', code: '3505' },
      'UPSTREAM_RATE_LIMITED',
    ],
  ] as const) {
    it(`knows ${name}`, () => assert.equal(decodeError(status, body).reason, reason));
  }
});

describe('mistral embeddings', () => {
  const embed = (changes: Parameters<typeof EmbedRequest.fromPartial>[0]) =>
    EmbedRequest.fromPartial({ inputs: [{ parts: [{ content: { $case: 'text', value: 'a' } }] }], ...changes });

  it('names dimensions output_dimension, and bytes and bits by output_dtype', () => {
    const encoded = (changes: Parameters<typeof embed>[0]) => openaiChat.embed?.encode(embed(changes), TARGET).body;
    assert.deepEqual(encoded({ dimensions: 256 }), {
      model: 'model-1',
      input: ['a'],
      encoding_format: 'float',
      output_dimension: 256,
    });
    assert.equal(encoded({ encoding: EmbedEncoding.INT8 })?.output_dtype, 'int8');
    assert.equal(encoded({ encoding: EmbedEncoding.BINARY })?.output_dtype, 'ubinary');
    assert.equal('output_dtype' in (encoded({ encoding: EmbedEncoding.FLOAT32_LE }) ?? {}), false);
  });

  it('gives bytes and bits, and refuses base64 for them', () => {
    const reply = (embedding: unknown) => ({
      data: [{ index: 0, embedding }],
      model: 'm',
      usage: { prompt_tokens: 1 },
    });
    const decode = (embedding: unknown, encoding: EmbedEncoding) =>
      openaiChat.embed?.decode(reply(embedding), embed({ encoding }), TARGET).embeddings[0]?.vector;
    assert.deepEqual(decode([-1, 1], EmbedEncoding.INT8), { $case: 'int8Values', value: Uint8Array.of(255, 1) });
    assert.deepEqual(decode([255], EmbedEncoding.BINARY), { $case: 'bits', value: Uint8Array.of(255) });
    assert.throws(() => decode('AAAAAA==', EmbedEncoding.INT8), isError('UPSTREAM_PROTOCOL'));
  });

  it('takes 512 inputs at once', () => assert.equal(MISTRAL.quirks.maxEmbedInputs, 512));
});
