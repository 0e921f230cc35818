/** Whole replies: the lines of providers.md 4.1 and 4.8 that concern them. What streams share is in stream.test.ts. */
import assert from 'node:assert/strict';
import { FinishKind, UsageConfidence } from '../../../server/model/wire.ts';
import { isError } from '../../contract/dialect.ts';
import { contents, decode, jsonCall, quirky, reply, text, textCall } from './fixtures.ts';

describe('openai.chat replies', () => {
  it('reads text, reasoning, calls and refusals, in this order', () => {
    const { message } = decode(
      reply({
        content: 'Yes.',
        refusal: 'No.',
        reasoning_content: 'Hm.',
        tool_calls: [
          { id: 'a', type: 'function', function: { name: 'f', arguments: '{"a":1}' } },
          { id: 'b', type: 'custom', custom: { name: 'g', input: '+1' } },
        ],
      }),
    );
    assert.deepEqual(contents(message.parts), [
      { $case: 'reasoning', value: { text: 'Hm.' } },
      text('Yes.'),
      { $case: 'refusal', value: { text: 'No.' } },
      jsonCall('a', 'f', '{"a":1}'),
      textCall('b', 'g', '+1'),
    ]);
  });

  for (const input of ['', null, undefined]) {
    it(`makes {} of arguments that are ${JSON.stringify(input)}`, () => {
      const { message } = decode(reply({ tool_calls: [{ id: 'a', function: { name: 'f', arguments: input } }] }));
      assert.deepEqual(contents(message.parts), [jsonCall('a', 'f', '{}')]);
    });
  }

  it('keeps arguments that are no JSON as they are', () => {
    const { message } = decode(reply({ tool_calls: [{ id: 'a', function: { name: 'f', arguments: '{"a' } }] }));
    assert.deepEqual(contents(message.parts), [jsonCall('a', 'f', '{"a')]);
  });

  it('has no parts where nothing was said', () => {
    const { message, finishReason } = decode(reply({ content: '' }, 'content_filter'));
    assert.deepEqual(message.parts, []);
    assert.equal(finishReason.kind, FinishKind.CONTENT_FILTER);
  });

  it('takes <think> tags apart where the host is known to write them', () => {
    const { message } = decode(reply({ content: '<think>Hm.</think>Yes.' }), quirky({ thinkTags: true }));
    assert.deepEqual(contents(message.parts), [{ $case: 'reasoning', value: { text: 'Hm.' } }, text('Yes.')]);
  });

  it('mends halves of surrogate pairs', () => {
    const { message } = decode(reply({ content: 'a\ud83d', reasoning: '\udc00b' }));
    assert.deepEqual(contents(message.parts), [{ $case: 'reasoning', value: { text: '\ufffdb' } }, text('a\ufffd')]);
  });

  it('keeps an unknown finish reason as other', () => {
    const { finishReason } = decode(reply({ content: 'Hi' }, 'insufficient_system_resource'));
    assert.deepEqual(finishReason, {
      kind: FinishKind.OTHER,
      raw: 'insufficient_system_resource',
      stopSequence: undefined,
    });
  });

  it('keeps an image by URI', () => {
    const { message } = decode(reply({ images: [{ image_url: { url: 'https://example.com/a.png' } }] }));
    const content = message.parts[0]?.content;
    assert.equal(content?.$case, 'image');
    assert.deepEqual(content.value.source, { $case: 'uri', value: 'https://example.com/a.png' });
  });

  it('guesses the format of sound from its bytes', () => {
    const cases = [
      ['UklGRg==', 'audio/wav'],
      ['SUQzBA==', 'audio/mpeg'],
      ['//tQxA==', 'audio/mpeg'],
      ['ZkxhQw==', 'audio/flac'],
      ['T2dnUw==', 'audio/ogg'],
      ['AAECAw==', 'audio/pcm'],
    ] as const;
    for (const [data, mediaType] of cases) {
      const content = decode(reply({ audio: { id: 'x', data, transcript: '' } })).message.parts[0]?.content;
      assert.equal(content?.$case === 'audio' ? content.value.mediaType : '', mediaType);
    }
  });

  it('throws the error that a body under 200 is', () => {
    assert.throws(() => decode({ error: { message: 'busy', code: 503 } }), isError('UPSTREAM_OVERLOADED'));
    assert.throws(() => decode({ error: { message: 'boom' } }), isError('UPSTREAM_5XX'));
    assert.throws(() => decode(reply({ content: '' }, 'error')), isError('UPSTREAM_5XX'));
    assert.throws(() => decode({ choices: [{ error: { code: 429 } }] }), isError('UPSTREAM_RATE_LIMITED'));
  });

  it('throws UPSTREAM_PROTOCOL on what is no chat completion', () => {
    for (const value of [null, 1, 'x', [], {}, { choices: [] }, { choices: [{}] }, { choices: 'x' }]) {
      assert.throws(() => decode(value), isError('UPSTREAM_PROTOCOL'));
    }
  });
});

describe('openai.chat usage', () => {
  const usageOf = (usage: unknown, more: object = {}) =>
    decode(reply({ content: 'Hi' }, 'stop', { usage, ...more })).usage;

  it('prompt_tokens includes what was cached and written; completion_tokens includes reasoning and sound', () => {
    const usage = usageOf(
      {
        prompt_tokens: 1000,
        completion_tokens: 50,
        total_tokens: 1050,
        prompt_tokens_details: { cached_tokens: 300, cache_write_tokens: 200, audio_tokens: 7 },
        completion_tokens_details: {
          reasoning_tokens: 40,
          audio_tokens: 3,
          accepted_prediction_tokens: 2,
          rejected_prediction_tokens: 1,
        },
      },
      { service_tier: 'flex' },
    );
    assert.equal(usage.inputTokens, 1000);
    assert.equal(usage.cacheReadTokens, 300);
    assert.deepEqual(usage.cacheWrites, [{ tokens: 200, ttl: undefined }]);
    assert.equal(usage.inputAudioTokens, 7);
    assert.equal(usage.outputTokens, 50);
    assert.equal(usage.reasoningTokens, 40);
    assert.equal(usage.outputAudioTokens, 3);
    assert.equal(usage.serviceTier, 'flex');
    assert.equal(usage.confidence, UsageConfidence.REPORTED);
  });

  it('adds reasoning that is counted beside the completion (xAI)', () => {
    const details = { completion_tokens_details: { reasoning_tokens: 340 } };
    assert.equal(usageOf({ prompt_tokens: 12, completion_tokens: 2, total_tokens: 354, ...details }).outputTokens, 342);
    assert.equal(usageOf({ prompt_tokens: 12, completion_tokens: 2, ...details }).outputTokens, 342);
    const close = { completion_tokens_details: { reasoning_tokens: 30 } };
    assert.equal(usageOf({ prompt_tokens: 12, completion_tokens: 40, total_tokens: 82, ...close }).outputTokens, 70);
    assert.equal(usageOf({ prompt_tokens: 12, completion_tokens: 40, total_tokens: 52, ...close }).outputTokens, 40);
  });

  it('reads DeepSeek’s prompt_cache_hit_tokens', () => {
    const usage = usageOf({
      prompt_tokens: 20,
      completion_tokens: 1,
      prompt_cache_hit_tokens: 16,
      prompt_cache_miss_tokens: 4,
    });
    assert.equal(usage.cacheReadTokens, 16);
  });

  it('ignores what it does not know, and keeps all of it', () => {
    const wire = { prompt_tokens: 1, completion_tokens: 2, cost: 0.1, queue_time: 0.2, num_sources_used: 3 };
    assert.deepEqual(JSON.parse(usageOf(wire).rawJson), wire);
  });

  it('row 69: what is no count is unknown, and 0 is 0', () => {
    for (const value of [-1, 1.5, 2 ** 53, '5', null, {}]) {
      const usage = usageOf({ prompt_tokens: value, completion_tokens: 0, prompt_tokens_details: null });
      assert.equal(usage.inputTokens, undefined);
      assert.equal(usage.outputTokens, 0);
      assert.equal(usage.confidence, UsageConfidence.PARTIAL);
    }
  });

  it('is unknown where there is none', () => {
    for (const value of [undefined, null, 'x', []]) {
      const usage = usageOf(value);
      assert.equal(usage.confidence, UsageConfidence.UNKNOWN);
      assert.equal(usage.rawJson, '');
    }
  });
});
