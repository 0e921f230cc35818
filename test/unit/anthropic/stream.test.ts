import assert from 'node:assert/strict';
import { FinishKind, UsageConfidence } from '../../../server/model/wire.ts';
import { anthropicMessages } from '../../../server/providers/anthropic/index.ts';
import { block, decodeStream, ends, finishedOf, makeTarget, start } from './anthropic-fixtures.ts';

const UTF8 = new TextDecoder();

const hello = block(0, { type: 'text', text: '' }, { type: 'text_delta', text: 'Hello' });

function kinds(payloads: readonly (object | string)[]) {
  return decodeStream(payloads).events.map(({ event }) => event?.$case);
}

describe('anthropic stream', () => {
  it('gives text, and finished once and last', () => {
    const { events, upstreamModel } = decodeStream([start, ...hello, ...ends]);
    assert.deepEqual(
      events.map(({ event }) => event?.$case),
      ['textStart', 'textDelta', 'textEnd', 'finished'],
    );
    assert.equal(upstreamModel, 'claude-test-20260101');
    assert.equal(finishedOf(events).finishReason?.kind, FinishKind.STOP);
  });

  it('passes over pings anywhere, unknown events, empty frames and a [DONE]', () => {
    const noise = [{ type: 'ping' }, { type: 'a_new_event', x: 1 }, '', '[DONE]'];
    const payloads = [start, ...hello, ...ends].flatMap((payload) => [...noise, payload]);
    assert.deepEqual(kinds(payloads), ['textStart', 'textDelta', 'textEnd', 'finished']);
  });

  it('passes over unknown deltas of a known block', () => {
    const payloads = block(0, { type: 'text', text: '' }, { type: 'a_new_delta', text: 'no' });
    assert.deepEqual(kinds([start, ...payloads, ...ends]), ['textStart', 'textEnd', 'finished']);
  });

  it('takes the kind of an event from its frame where the payload has none', () => {
    const decoder = anthropicMessages.openStream(makeTarget());
    assert.throws(() => decoder.push({ event: 'error', data: '{"error":{"type":"overloaded_error","message":"x"}}' }), {
      reason: 'UPSTREAM_OVERLOADED',
    });
  });

  it('joins the fragments of tool arguments word for word', () => {
    const fragments = ['', '{"a": 1', '2345678901234567890, "b":', ' "x"}'];
    const deltas = fragments.map((partial_json) => ({ type: 'input_json_delta', partial_json }));
    const { parts } = decodeStream([
      start,
      ...block(0, { type: 'tool_use', id: 't', name: 'f', input: {} }, ...deltas),
      ...ends,
    ]);
    assert.deepEqual(parts[0]?.content, {
      $case: 'toolCall',
      value: { id: 't', name: 'f', input: { $case: 'argumentsJson', value: fragments.join('') } },
    });
  });

  it('gives {} to a tool call that streams no arguments', () => {
    for (const deltas of [[], [{ type: 'input_json_delta', partial_json: '' }]]) {
      const { parts } = decodeStream([
        start,
        ...block(0, { type: 'tool_use', id: 't', name: 'f', input: {} }, ...deltas),
        ...ends,
      ]);
      assert.ok(parts[0]?.content?.$case === 'toolCall');
      assert.deepEqual(parts[0].content.value.input, { $case: 'argumentsJson', value: '{}' });
    }
  });

  it('takes the whole input of a relay that sends it with the start', () => {
    const { parts } = decodeStream([
      start,
      ...block(0, { type: 'tool_use', id: 't', name: 'f', input: { a: 1 } }),
      ...ends,
    ]);
    assert.ok(parts[0]?.content?.$case === 'toolCall');
    assert.deepEqual(parts[0].content.value.input, { $case: 'argumentsJson', value: '{"a":1}' });
  });

  it('keeps interleaved blocks apart', () => {
    const payloads = [
      { type: 'content_block_start', index: 0, content_block: { type: 'tool_use', id: 'a', name: 'f', input: {} } },
      { type: 'content_block_start', index: 1, content_block: { type: 'tool_use', id: 'b', name: 'g', input: {} } },
      { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: '{"x":' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '{"y":1}' } },
      { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: '2}' } },
      { type: 'content_block_stop', index: 0 },
      { type: 'content_block_stop', index: 1 },
    ];
    const { parts } = decodeStream([start, ...payloads, ...ends]);
    const inputs = parts.map(({ content }) => content?.$case === 'toolCall' && content.value.input?.value);
    assert.deepEqual(inputs, ['{"y":1}', '{"x":2}']);
  });

  it('closes gaps in the index: parts are numbered from 0 without one', () => {
    const payloads = [...block(2, { type: 'text', text: 'a' }), ...block(5, { type: 'text', text: 'b' })];
    const { events } = decodeStream([start, ...payloads, ...ends]);
    const indexes = events.flatMap(({ event }) => (event?.$case === 'textStart' ? [event.value.partIndex] : []));
    assert.deepEqual(indexes, [0, 1]);
  });

  it('gives thinking and its signature, also without a word', () => {
    const signed = block(
      0,
      { type: 'thinking', thinking: '', signature: '' },
      { type: 'signature_delta', signature: 'S/+=' },
    );
    const worded = block(
      1,
      { type: 'thinking', thinking: '' },
      { type: 'thinking_delta', thinking: 'h' },
      { type: 'thinking_delta', thinking: 'm' },
      { type: 'signature_delta', signature: 'T' },
    );
    const { parts } = decodeStream([start, ...signed, ...worded, ...ends]);
    assert.deepEqual(
      parts.map(({ content, opaqueState }) => [content?.value, UTF8.decode(opaqueState[0]?.data)]),
      [
        [{ text: '' }, 'S/+='],
        [{ text: 'hm' }, 'T'],
      ],
    );
  });

  it('gives redacted thinking', () => {
    const { parts } = decodeStream([start, ...block(0, { type: 'redacted_thinking', data: 'enc' }), ...ends]);
    assert.equal(parts[0]?.opaqueState[0]?.kind, 'redacted_thinking');
    assert.equal(UTF8.decode(parts[0]?.opaqueState[0]?.data), 'enc');
  });

  it('gives citations in their order', () => {
    const cite = (cited_text: string) => ({
      type: 'citations_delta',
      citation: { type: 'page_location', cited_text, document_index: 0, start_page_number: 1, end_page_number: 2 },
    });
    const { parts } = decodeStream([start, ...block(0, { type: 'text', text: '' }, cite('a'), cite('b')), ...ends]);
    assert.ok(parts[0]?.content?.$case === 'text');
    assert.deepEqual(
      parts[0].content.value.citations.map(({ citedText }) => citedText),
      ['a', 'b'],
    );
  });

  it('keeps a server tool call whole, its streamed input included', () => {
    const use = { type: 'server_tool_use', id: 's1', name: 'web_search', input: {} };
    const fragments = ['{"query": "x", "n": 12345678901', '234567890}'];
    const deltas = fragments.map((partial_json) => ({ type: 'input_json_delta', partial_json }));
    const { parts } = decodeStream([start, ...block(0, use, ...deltas), ...ends]);
    assert.ok(parts[0]?.content?.$case === 'opaque');
    assert.equal(
      UTF8.decode(parts[0].content.value.data),
      '{"type":"server_tool_use","id":"s1","name":"web_search","input":{"query":"x","n":12345678901234567890}}',
    );
  });

  it('keeps a block of an unknown type whole, its deltas and its large numbers included', () => {
    const opening =
      '{"type":"content_block_start","index":0,"content_block":{"type":"compaction","content":null,"n":10000000000000000001}}';
    const delta = (content: string) => ({
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'compaction_delta', content },
    });
    const { parts } = decodeStream([
      start,
      opening,
      delta('so '),
      delta('far'),
      { type: 'content_block_stop', index: 0 },
      ...ends,
    ]);
    assert.ok(parts[0]?.content?.$case === 'opaque');
    assert.equal(parts[0].content.value.itemType, 'compaction');
    assert.equal(
      UTF8.decode(parts[0].content.value.data),
      '{"type":"compaction","content":"so far","n":10000000000000000001}',
    );
  });

  it('does not tear a character whose halves come in two deltas', () => {
    const halves = ['"a\\ud83d"', '"\\ude00b"'].map((json) => ({
      type: 'text_delta',
      text: JSON.parse(json) as string,
    }));
    const { events } = decodeStream([start, ...block(0, { type: 'text', text: '' }, ...halves), ...ends]);
    const texts = events.flatMap(({ event }) => (event?.$case === 'textDelta' ? [event.value.text] : []));
    assert.deepEqual(texts, ['a', '😀b']);
  });

  it('passes over a duplicate message_start, before and amid the content', () => {
    const [opening, ...rest] = hello;
    const { events, parts } = decodeStream([start, start, opening ?? {}, start, ...rest, ...ends]);
    assert.equal(parts.length, 1);
    assert.equal(finishedOf(events).usage?.inputTokens, 10);
  });

  it('goes on with the message of another model that is spliced in: blocks are ended and counted on', () => {
    const second = { type: 'message_start', message: { ...start.message, id: 'msg_2', model: 'claude-fallback' } };
    const [opening, delta] = hello;
    const { parts, upstreamModel, events } = decodeStream([
      start,
      opening ?? {},
      delta ?? {},
      second,
      ...hello,
      ...ends,
    ]);
    assert.deepEqual(
      parts.map(({ content }) => content?.$case === 'text' && content.value.text),
      ['Hello', 'Hello'],
    );
    assert.equal(upstreamModel, 'claude-fallback');
    assert.equal(finishedOf(events).usage?.outputTokens, 7);
  });

  it('takes the blocks that a message_start already holds', () => {
    const content = [{ type: 'tool_use', id: 't', name: 'f', input: { a: 1 } }];
    const { parts } = decodeStream([{ type: 'message_start', message: { ...start.message, content } }, ...ends]);
    assert.equal(parts[0]?.content?.$case, 'toolCall');
  });

  it('opens a text block whose start is missing, and ends one whose stop is', () => {
    const stray = { type: 'content_block_delta', index: 3, delta: { type: 'text_delta', text: 'x' } };
    assert.deepEqual(kinds([start, stray, ...ends]), ['textStart', 'textDelta', 'textEnd', 'finished']);
  });

  it('ends a block whose place another one takes', () => {
    const opening = { type: 'content_block_start', index: 0, content_block: { type: 'text', text: 'a' } };
    const expected = ['textStart', 'textDelta', 'textEnd', 'textStart', 'textDelta', 'textEnd', 'finished'];
    assert.deepEqual(kinds([start, opening, opening, ...ends]), expected);
  });

  it('says why the provider refused', () => {
    const stop = { stop_reason: 'refusal', stop_details: { type: 'refusal', category: null, explanation: 'No.' } };
    const { parts, events } = decodeStream([
      start,
      { type: 'message_delta', delta: stop, usage: {} },
      { type: 'message_stop' },
    ]);
    assert.deepEqual(parts[0]?.content, { $case: 'refusal', value: { text: 'No.' } });
    assert.equal(finishedOf(events).finishReason?.kind, FinishKind.REFUSAL);
  });

  it('passes over what comes after message_stop', () => {
    assert.deepEqual(kinds([start, ...hello, ...ends, ...hello]), ['textStart', 'textDelta', 'textEnd', 'finished']);
  });
});

describe('anthropic stream usage', () => {
  function usageOf(first: object, last: object) {
    const opening = { type: 'message_start', message: { ...start.message, usage: first } };
    const closing = { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: last };
    return finishedOf(decodeStream([opening, closing, { type: 'message_stop' }]).events).usage;
  }

  it('never adds start and delta: the delta is cumulative and may restate the input', () => {
    const usage = usageOf({ input_tokens: 43, output_tokens: 3 }, { input_tokens: 61, output_tokens: 24 });
    assert.equal(usage?.inputTokens, 61);
    assert.equal(usage?.outputTokens, 24);
    assert.equal(usage?.confidence, UsageConfidence.REPORTED);
  });

  it('keeps what the delta does not say, or says is null', () => {
    const cache = {
      cache_creation_input_tokens: 8,
      cache_creation: { ephemeral_5m_input_tokens: 8 },
      service_tier: 'batch',
    };
    const usage = usageOf(
      { input_tokens: 4, cache_read_input_tokens: 2, ...cache, output_tokens: 1 },
      { input_tokens: null, cache_creation_input_tokens: 8, output_tokens: 5 },
    );
    assert.equal(usage?.inputTokens, 14);
    assert.deepEqual(usage?.cacheWrites, [{ tokens: 8, ttl: { seconds: 300, nanos: 0 } }]);
    assert.equal(usage?.serviceTier, 'batch');
  });

  it('is partial where the final counts never came', () => {
    const payloads = [start, { type: 'message_delta', delta: { stop_reason: 'end_turn' } }, { type: 'message_stop' }];
    assert.equal(finishedOf(decodeStream(payloads).events).usage?.confidence, UsageConfidence.PARTIAL);
  });

  it('is partial before the end, and unknown before the start', () => {
    const decoder = anthropicMessages.openStream(makeTarget());
    const read = () => decoder.usage && [decoder.usage.inputTokens, decoder.usage.confidence];
    assert.deepEqual(read(), undefined);
    decoder.push({ event: '', data: JSON.stringify(start) });
    assert.deepEqual(read(), [10, UsageConfidence.PARTIAL]);
  });
});

describe('anthropic stream, its end and its faults', () => {
  function push(...payloads: readonly (object | string)[]) {
    const decoder = anthropicMessages.openStream(makeTarget());
    for (const payload of payloads) {
      decoder.push({ event: '', data: typeof payload === 'string' ? payload : JSON.stringify(payload) });
    }
    return decoder;
  }

  it('is finishing with the stop reason and done with message_stop', () => {
    const [delta, stop] = ends;
    const decoder = push(start, ...hello);
    assert.deepEqual([decoder.finishing, decoder.done], [false, false]);
    decoder.push({ event: '', data: JSON.stringify(delta) });
    assert.deepEqual([decoder.finishing, decoder.done], [true, false]);
    decoder.push({ event: '', data: JSON.stringify(stop) });
    assert.deepEqual([decoder.finishing, decoder.done], [true, true]);
  });

  it('cut after any of its events, never ends well', () => {
    const whole = [start, ...hello, ...ends];
    for (let length = 0; length < whole.length; length += 1) {
      assert.throws(() => push(...whole.slice(0, length)).end(), { reason: 'UPSTREAM_TRUNCATED' }, `after ${length}`);
    }
  });

  it('with a message_stop but no stop reason is cut too', () => {
    assert.throws(() => push(start, ...hello, { type: 'message_stop' }).end(), { reason: 'UPSTREAM_TRUNCATED' });
  });

  for (const [type, reason] of [
    ['overloaded_error', 'UPSTREAM_OVERLOADED'],
    ['rate_limit_error', 'UPSTREAM_RATE_LIMITED'],
    ['api_error', 'UPSTREAM_STREAM_ERROR'],
    ['timeout_error', 'UPSTREAM_TIMEOUT'],
    ['authentication_error', 'UPSTREAM_CREDENTIALS'],
    ['invalid_request_error', 'UPSTREAM_REJECTED'],
    ['a_new_error', 'UPSTREAM_STREAM_ERROR'],
  ] as const) {
    it(`throws an error event of ${type}`, () => {
      assert.throws(() => push(start, ...hello, { type: 'error', error: { type, message: 'm' } }), { reason });
    });
  }

  for (const [name, data] of [
    ['is not JSON', '{"type":"content_block'],
    ['is JSON but no object', 'null'],
    ['is a block without content', '{"type":"content_block_start","index":0}'],
    ['is a delta without content', '{"type":"content_block_delta","index":0}'],
    [
      'is a tool call without a name',
      '{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"x"}}',
    ],
  ] as const) {
    it(`refuses a frame that ${name}, without quoting it`, () => {
      assert.throws(
        () => push(data),
        (error: Error & { reason?: string }) =>
          error.reason === 'UPSTREAM_PROTOCOL' &&
          !error.message.includes('content_block"') &&
          error.cause === undefined,
      );
    });
  }
});
