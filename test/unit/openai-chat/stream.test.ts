/** Streams: the lines of providers.md 4.0, 4.1, 4.6 and 4.8 that concern chunks. */
import assert from 'node:assert/strict';
import { FinishKind, UsageConfidence } from '../../../server/model/wire.ts';
import { openaiChat } from '../../../server/providers/openai-chat/index.ts';
import { isError } from '../../contract/dialect.ts';
import { chunk, contents, frames, quirky, stream, streamOf, TARGET, text } from './fixtures.ts';

const USAGE = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };

function call(index: number | undefined, id: unknown, name: unknown, input: unknown) {
  return { index, id, type: 'function', function: { name, arguments: input } };
}

describe('openai.chat streams: text', () => {
  it('takes content of null, "" and nothing alike; the role comes once', () => {
    const { parts, events } = stream(
      chunk({ role: 'assistant', content: null }),
      chunk({ content: '' }),
      chunk({}),
      chunk({ content: 'Hi' }),
    );
    assert.deepEqual(contents(parts), [text('Hi')]);
    assert.deepEqual(
      events.map(({ event }) => event?.$case),
      ['textStart', 'textDelta', 'textEnd', 'finished'],
    );
  });

  it('reads refusals, and finishes with one', () => {
    const { parts, finished } = stream(chunk({ refusal: 'I ' }), chunk({ refusal: 'cannot.' }));
    assert.deepEqual(contents(parts), [{ $case: 'refusal', value: { text: 'I cannot.' } }]);
    assert.deepEqual(finished.finishReason, { kind: FinishKind.REFUSAL, raw: 'stop', stopSequence: undefined });
  });

  for (const member of ['reasoning_content', 'reasoning']) {
    it(`reads reasoning in ${member}, and ends it where text begins`, () => {
      const { parts } = stream(
        chunk({ [member]: 'Hm' }),
        chunk({ [member]: '.' }),
        chunk({ content: 'Yes', [member]: null }),
      );
      assert.deepEqual(contents(parts), [{ $case: 'reasoning', value: { text: 'Hm.' } }, text('Yes')]);
    });
  }

  it('reads reasoning once that comes under two names', () => {
    const { parts } = stream(chunk({ reasoning: 'Hm.', reasoning_content: 'Hm.' }));
    assert.deepEqual(contents(parts), [{ $case: 'reasoning', value: { text: 'Hm.' } }]);
  });

  it('takes <think> tags apart where the host is known to write them, wherever they are cut', () => {
    const whole = '<think>\nHm.</think>\n\nYes <think>';
    for (let cut = 0; cut <= whole.length; cut++) {
      const { parts } = streamOf(
        quirky({ thinkTags: true }),
        chunk({ content: whole.slice(0, cut) }),
        chunk({ content: whole.slice(cut) }),
        chunk({}, 'stop'),
      );
      assert.deepEqual(contents(parts), [{ $case: 'reasoning', value: { text: '\nHm.' } }, text('\n\nYes <think>')]);
    }
    assert.deepEqual(contents(stream(chunk({ content: whole })).parts), [text(whole)]);
  });

  it('keeps text without <think> tags whole where the host could write them', () => {
    for (const whole of ['Yes', '<', '<thin', ' <thing>', '']) {
      const { parts } = streamOf(quirky({ thinkTags: true }), chunk({ content: whole }), chunk({}, 'stop'));
      assert.deepEqual(contents(parts), whole === '' ? [] : [text(whole)]);
    }
  });

  it('keeps reasoning whose </think> never comes', () => {
    const { parts } = streamOf(quirky({ thinkTags: true }), chunk({ content: '<think>Hm </th' }), chunk({}, 'length'));
    assert.deepEqual(contents(parts), [{ $case: 'reasoning', value: { text: 'Hm </th' } }]);
  });

  it('reads log probabilities by token', () => {
    const logprobs = {
      content: [
        { token: 'Hi', logprob: -0.5, bytes: [72, 105], top_logprobs: [{ token: 'Ho', logprob: -1, bytes: null }] },
      ],
    };
    const { parts } = stream({ choices: [{ index: 0, delta: { content: 'Hi' }, logprobs, finish_reason: null }] });
    const expected = [
      {
        token: 'Hi',
        logprob: -0.5,
        utf8: Uint8Array.of(72, 105),
        top: [{ token: 'Ho', logprob: -1, utf8: new Uint8Array() }],
      },
    ];
    assert.deepEqual(contents(parts), [{ $case: 'text', value: { text: 'Hi', citations: [], logprobs: expected } }]);
  });

  it('mends halves of surrogate pairs in JSON escapes, and joins those that are cut apart', () => {
    const { parts } = stream(
      '{"choices":[{"delta":{"content":"a\\ud83d"}}]}',
      '{"choices":[{"delta":{"content":"\\uddfcb\\ud83dc"}}]}',
      '{"choices":[{"delta":{"content":"d\\ud83d"}}]}',
    );
    assert.deepEqual(contents(parts), [text('a🗼b\ufffdcd\ufffd')]);
  });

  it('reads annotations, and citations beside the choices, as citations of the text (Perplexity)', () => {
    const { parts } = stream(
      chunk({ content: 'So [1].' }, null, { citations: ['https://a.example'] }),
      chunk(
        {
          annotations: [
            {
              type: 'url_citation',
              url_citation: { start_index: 0, end_index: 2, title: 'B', url: 'https://b.example' },
            },
          ],
        },
        null,
        { citations: ['https://a.example'], search_results: [{ title: 'A', url: 'https://a.example' }] },
      ),
    );
    const content = parts[0]?.content;
    assert.equal(content?.$case, 'text');
    const found = content.value.citations.map(({ uri, title, startIndex, endIndex }) => ({
      uri,
      title,
      startIndex,
      endIndex,
    }));
    assert.deepEqual(found, [
      { uri: 'https://b.example', title: 'B', startIndex: 0, endIndex: 2 },
      { uri: 'https://a.example', title: 'A', startIndex: undefined, endIndex: undefined },
    ]);
  });

  it('reads content that is a list of chunks: thinking, text, references (Mistral)', () => {
    const { parts } = stream(
      chunk({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }], closed: true }] }),
      chunk({
        content: [
          { type: 'text', text: 'Yes' },
          { type: 'reference', reference_ids: [1, 2] },
        ],
      }),
      chunk({ content: '!' }),
    );
    assert.deepEqual(contents(parts)[0], { $case: 'reasoning', value: { text: 'Hm.' } });
    const content = parts[1]?.content;
    assert.equal(content?.$case, 'text');
    assert.equal(content.value.text, 'Yes!');
    assert.deepEqual(JSON.parse(content.value.citations[0]?.rawJson ?? ''), {
      type: 'reference',
      reference_ids: [1, 2],
    });
  });

  it('reads images that the model made', () => {
    const { parts } = stream(
      chunk({ images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw==' } }] }),
    );
    const content = parts[0]?.content;
    assert.equal(content?.$case, 'image');
    assert.deepEqual(content.value.source, { $case: 'data', value: Uint8Array.of(0x89, 0x50, 0x4e, 0x47) });
    assert.equal(content.value.mediaType, 'image/png');
  });

  it('reads the one choice that was asked for where a host sends more', () => {
    const { parts } = stream({
      choices: [
        { index: 1, delta: { content: 'No' }, finish_reason: 'stop' },
        { index: 0, delta: { content: 'Yes' }, finish_reason: null },
      ],
    });
    assert.deepEqual(contents(parts), [text('Yes')]);
  });
});

describe('openai.chat streams: usage', () => {
  const usageOf = (...chunks: readonly object[]) => stream(chunk({ content: 'Hi' }), ...chunks).finished.usage;

  it('reads it from an extra chunk with no choices', () => {
    assert.equal(usageOf({ choices: [], usage: USAGE })?.outputTokens, 5);
  });

  it('reads it from a chunk with choices', () => {
    assert.equal(usageOf(chunk({}, 'stop', { usage: USAGE }))?.outputTokens, 5);
  });

  it('takes the last one where every chunk has one, and adds nothing', () => {
    const usage = usageOf(
      chunk({}, null, { usage: { prompt_tokens: 10, completion_tokens: 1 } }),
      chunk({}, null, { usage: { prompt_tokens: 10, completion_tokens: 3 } }),
      chunk({}, 'stop', { usage: USAGE }),
      { choices: [], usage: USAGE },
    );
    assert.deepEqual([usage?.inputTokens, usage?.outputTokens], [10, 5]);
  });

  it('is unknown where it is null on all', () => {
    const usage = usageOf(chunk({}, null, { usage: null }), chunk({}, 'stop', { usage: null }));
    assert.equal(usage?.confidence, UsageConfidence.UNKNOWN);
    assert.equal(usage.outputTokens, undefined);
  });

  it('reads Groq’s x_groq', () => {
    assert.equal(usageOf(chunk({}, 'stop', { x_groq: { id: 'r', usage: USAGE } }))?.inputTokens, 10);
  });

  it('is partial before the end, with the tier of service that was used', () => {
    const decoder = openaiChat.openStream(TARGET);
    const usage = () => decoder.usage;
    assert.equal(usage(), undefined);
    const head = chunk({ content: 'Hi' }, null, { usage: USAGE, service_tier: 'default' });
    for (const frame of frames(head)) decoder.push(frame);
    assert.equal(usage()?.confidence, UsageConfidence.PARTIAL);
    assert.equal(usage()?.serviceTier, 'default');
    for (const frame of frames(chunk({}, 'stop'))) decoder.push(frame);
    decoder.end();
    assert.equal(usage()?.confidence, UsageConfidence.REPORTED);
  });
});

describe('openai.chat streams: ends and errors', () => {
  it('is done at [DONE], also with something behind it, and needs none', () => {
    for (const done of ['[DONE]', '[DONE] ', '[DONE]{"choices":[]}']) {
      const decoder = openaiChat.openStream(TARGET);
      for (const frame of frames(chunk({ content: 'Hi' }), chunk({}, 'stop'), done)) decoder.push(frame);
      assert.equal(decoder.done, true);
      assert.deepEqual(decoder.push({ event: '', data: JSON.stringify(chunk({ content: 'late' })) }), []);
    }
    assert.deepEqual(contents(streamOf(TARGET, chunk({ content: 'Hi' }), chunk({}, 'stop')).parts), [text('Hi')]);
  });

  it('is truncated without a finish reason, even after [DONE]', () => {
    assert.throws(() => streamOf(TARGET), isError('UPSTREAM_TRUNCATED'));
    assert.throws(() => streamOf(TARGET, '[DONE]'), isError('UPSTREAM_TRUNCATED'));
    assert.throws(() => streamOf(TARGET, chunk({ content: 'Hi' }), '[DONE]'), isError('UPSTREAM_TRUNCATED'));
  });

  it('is truncated without [DONE] where the host is known to send it', () => {
    const target = quirky({ doneMarker: true });
    assert.throws(() => streamOf(target, chunk({}, 'stop')), isError('UPSTREAM_TRUNCATED'));
    assert.equal(streamOf(target, chunk({}, 'stop'), '[DONE]').finished.finishReason?.raw, 'stop');
  });

  it('says when it is finishing', () => {
    const decoder = openaiChat.openStream(TARGET);
    const [first, last] = frames(chunk({ content: '' }), chunk({}, 'stop'));
    assert.ok(first && last);
    decoder.push(first);
    assert.equal(decoder.finishing, false);
    decoder.push(last);
    assert.equal(decoder.finishing, true);
    assert.equal(decoder.done, false);
  });

  it('passes over Azure’s first chunk without choices, model and id, and chunks without a delta', () => {
    const { parts } = stream(
      { id: '', model: '', created: 0, choices: [], prompt_filter_results: [{ prompt_index: 0 }] },
      chunk({ content: 'Hi' }),
      {
        id: '',
        model: '',
        choices: [{ index: 0, content_filter_results: {}, content_filter_offsets: {}, finish_reason: null }],
      },
    );
    assert.deepEqual(contents(parts), [text('Hi')]);
  });

  it('passes over padding (obfuscation), empty events and what is no object', () => {
    const { parts } = stream({ ...chunk({ content: 'Hi' }), obfuscation: 'x'.repeat(9) }, '', '{}', 'null', '[]', '1');
    assert.deepEqual(contents(parts), [text('Hi')]);
  });

  const errors: readonly (readonly [name: string, event: object, reason: Parameters<typeof isError>[0]])[] = [
    ['an error object (vLLM)', { error: { message: 'boom', type: 'InternalServerError', code: 500 } }, 'UPSTREAM_5XX'],
    [
      'a bare error object',
      { object: 'error', message: 'boom', type: 'BadRequestError', code: 400 },
      'UPSTREAM_REJECTED',
    ],
    ['an error as a text', { error: 'boom' }, 'UPSTREAM_STREAM_ERROR'],
    ['an error without a word', { error: {} }, 'UPSTREAM_STREAM_ERROR'],
    ['a rate limit', { error: { code: 'rate_limit_exceeded', message: 'slow down' } }, 'UPSTREAM_RATE_LIMITED'],
    ['an overload', { error: { type: 'overloaded_error' } }, 'UPSTREAM_OVERLOADED'],
    [
      'an error beside a choice (OpenRouter)',
      { ...chunk({}, 'error'), error: { code: 502, message: 'boom' } },
      'UPSTREAM_5XX',
    ],
    ['an error within a choice', { choices: [{ index: 0, delta: {}, error: { code: 429 } }] }, 'UPSTREAM_RATE_LIMITED'],
    ['the finish word error (Mistral)', chunk({}, 'error'), 'UPSTREAM_STREAM_ERROR'],
  ];
  for (const [name, event, reason] of errors) {
    it(`throws on ${name}`, () => {
      assert.throws(() => stream(chunk({ content: 'Hi' }), event), isError(reason));
      assert.throws(() => stream(event), isError(reason));
    });
  }

  it('throws on an event that is named error', () => {
    const decoder = openaiChat.openStream(TARGET);
    const data = '{"message":"boom"}';
    assert.throws(() => decoder.push({ event: 'error', data }), isError('UPSTREAM_STREAM_ERROR'));
  });

  it('throws UPSTREAM_PROTOCOL on what is not JSON, without quoting it', () => {
    const decoder = openaiChat.openStream(TARGET);
    assert.throws(
      () => decoder.push({ event: '', data: "ha this isn't json!" }),
      (thrown) => isError('UPSTREAM_PROTOCOL')(thrown) && !String(thrown).includes('ha this'),
    );
  });

  const finishes: readonly (readonly [raw: string, kind: FinishKind])[] = [
    ['stop', FinishKind.STOP],
    ['length', FinishKind.LENGTH],
    ['model_length', FinishKind.LENGTH],
    ['tool_calls', FinishKind.TOOL_CALLS],
    ['function_call', FinishKind.TOOL_CALLS],
    ['content_filter', FinishKind.CONTENT_FILTER],
    ['insufficient_system_resource', FinishKind.OTHER],
  ];
  for (const [raw, kind] of finishes) {
    it(`knows the finish reason ${raw}`, () => {
      const { finished } = streamOf(TARGET, chunk({ content: 'Hi' }), chunk({}, raw));
      assert.deepEqual(finished.finishReason, { kind, raw, stopSequence: undefined });
    });
  }

  it('keeps the first finish reason where a host repeats itself', () => {
    const { finished } = streamOf(TARGET, chunk({ content: 'Hi' }, 'length'), chunk({}, 'stop'));
    assert.equal(finished.finishReason?.kind, FinishKind.LENGTH);
  });

  it('finishes with tool calls where a host says stop after some', () => {
    const { finished } = stream(chunk({ tool_calls: [call(0, 'a', 'f', '{}')] }));
    assert.deepEqual(finished.finishReason, { kind: FinishKind.TOOL_CALLS, raw: 'stop', stopSequence: undefined });
  });

  it('names the stop sequence where the host does (vLLM, SGLang)', () => {
    for (const member of ['stop_reason', 'matched_stop']) {
      const last = { choices: [{ index: 0, delta: {}, finish_reason: 'stop', [member]: 'END' }] };
      assert.equal(streamOf(TARGET, last).finished.finishReason?.stopSequence, 'END');
      const token = { choices: [{ index: 0, delta: {}, finish_reason: 'stop', [member]: 151643 }] };
      assert.equal(streamOf(TARGET, token).finished.finishReason?.stopSequence, undefined);
    }
  });
});
