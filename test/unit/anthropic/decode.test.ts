import assert from 'node:assert/strict';
import { FinishKind, UsageConfidence } from '../../../server/model/wire.ts';
import { anthropicMessages } from '../../../server/providers/anthropic/index.ts';
import { parseExactJson } from '../../../server/providers/shared/json.ts';
import { makeTarget } from './anthropic-fixtures.ts';

const UTF8 = new TextDecoder();

function decode(reply: unknown) {
  return anthropicMessages.decodeComplete(reply, makeTarget());
}

function reply(content: readonly unknown[], rest: object = {}) {
  return { type: 'message', role: 'assistant', model: 'claude-x', content, stop_reason: 'end_turn', ...rest };
}

describe('anthropic decode', () => {
  it('gives text, model and finish', () => {
    const { message, finishReason, upstreamModel } = decode(reply([{ type: 'text', text: 'Hi' }]));
    assert.deepEqual(message.parts[0]?.content, { $case: 'text', value: { text: 'Hi', citations: [], logprobs: [] } });
    assert.deepEqual(finishReason, { kind: FinishKind.STOP, raw: 'end_turn', stopSequence: undefined });
    assert.equal(upstreamModel, 'claude-x');
  });

  for (const [raw, kind] of [
    ['end_turn', FinishKind.STOP],
    ['stop_sequence', FinishKind.STOP],
    ['max_tokens', FinishKind.LENGTH],
    ['model_context_window_exceeded', FinishKind.LENGTH],
    ['tool_use', FinishKind.TOOL_CALLS],
    ['pause_turn', FinishKind.PAUSE],
    ['compaction', FinishKind.PAUSE],
    ['refusal', FinishKind.REFUSAL],
    ['a_new_word', FinishKind.OTHER],
  ] as const) {
    it(`maps stop_reason ${raw}`, () => {
      assert.deepEqual(decode(reply([], { stop_reason: raw })).finishReason, { kind, raw, stopSequence: undefined });
    });
  }

  it('names the stop sequence', () => {
    const { finishReason } = decode(reply([], { stop_reason: 'stop_sequence', stop_sequence: '###' }));
    assert.equal(finishReason.stopSequence, '###');
  });

  it('keeps thinking and its signature byte for byte', () => {
    const { message } = decode(reply([{ type: 'thinking', thinking: 'hm', signature: 'Er+/=ü' }]));
    const [part] = message.parts;
    assert.deepEqual(part?.content, { $case: 'reasoning', value: { text: 'hm' } });
    const [state] = part?.opaqueState ?? [];
    assert.equal(state?.kind, 'signature');
    assert.equal(UTF8.decode(state?.data), 'Er+/=ü');
    assert.deepEqual(state?.origin, {
      dialect: 'anthropic.messages',
      upstreamModel: 'claude-test',
      stateDomain: 'claude',
    });
  });

  it('keeps thinking that is only a signature', () => {
    const [part] = decode(reply([{ type: 'thinking', thinking: '', signature: 'abc' }])).message.parts;
    assert.deepEqual(part?.content, { $case: 'reasoning', value: { text: '' } });
    assert.equal(part?.opaqueState.length, 1);
  });

  it('keeps redacted thinking', () => {
    const [part] = decode(reply([{ type: 'redacted_thinking', data: 'enc==' }])).message.parts;
    assert.deepEqual(part?.content, { $case: 'reasoning', value: { text: '' } });
    assert.equal(part?.opaqueState[0]?.kind, 'redacted_thinking');
    assert.equal(UTF8.decode(part?.opaqueState[0]?.data), 'enc==');
  });

  it('gives the arguments of a tool call as JSON, large numbers with all their digits', () => {
    const body = JSON.stringify(reply([{ type: 'tool_use', id: 't1', name: 'f', input: { n: 1 } }])).replace(
      '"n":1',
      '"n":12345678901234567890',
    );
    const [part] = decode(anthropicMessages.parseReply?.(body)).message.parts;
    assert.deepEqual(part?.content, {
      $case: 'toolCall',
      value: { id: 't1', name: 'f', input: { $case: 'argumentsJson', value: '{"n":12345678901234567890}' } },
    });
    assert.deepEqual(part?.opaqueState, []);
  });

  it('keeps who called a tool, where that was not the model itself', () => {
    const caller = { type: 'code_execution_20260120', tool_id: 'srvtoolu_1' };
    const [part] = decode(reply([{ type: 'tool_use', id: 't1', name: 'f', input: {}, caller }])).message.parts;
    assert.equal(part?.opaqueState[0]?.kind, 'caller');
    assert.deepEqual(JSON.parse(UTF8.decode(part?.opaqueState[0]?.data)), caller);
    const direct = decode(reply([{ type: 'tool_use', id: 't1', name: 'f', input: {}, caller: { type: 'direct' } }]));
    assert.deepEqual(direct.message.parts[0]?.opaqueState, []);
  });

  it('keeps what the contract has no word for, whole', () => {
    const item = {
      type: 'web_search_tool_result',
      tool_use_id: 's1',
      content: [{ url: 'u', encrypted_content: 'x==' }],
    };
    const [part] = decode(reply([item])).message.parts;
    assert.ok(part?.content?.$case === 'opaque');
    assert.equal(part.content.value.itemType, 'web_search_tool_result');
    assert.equal(UTF8.decode(part.content.value.data), JSON.stringify(item));
  });

  it('reads citations of every kind of source', () => {
    const citations = [
      {
        type: 'char_location',
        cited_text: 'a',
        document_index: 1,
        document_title: 'T',
        start_char_index: 2,
        end_char_index: 5,
      },
      {
        type: 'page_location',
        cited_text: 'b',
        document_index: 0,
        document_title: null,
        start_page_number: 1,
        end_page_number: 2,
      },
      {
        type: 'web_search_result_location',
        cited_text: 'c',
        encrypted_index: 'e',
        title: 'W',
        url: 'https://x.example',
      },
      {
        type: 'search_result_location',
        cited_text: 'd',
        source: 'kb:1',
        title: 'S',
        search_result_index: 0,
        start_block_index: 0,
        end_block_index: 1,
      },
    ];
    const [part] = decode(reply([{ type: 'text', text: 'x', citations }])).message.parts;
    assert.ok(part?.content?.$case === 'text');
    const read = part.content.value.citations.map(({ uri, title, citedText, documentIndex, location }) => [
      citedText,
      uri,
      title,
      documentIndex,
      location && [location.unit, location.start, location.end],
    ]);
    assert.deepEqual(read, [
      ['a', '', 'T', 1, ['CITATION_LOCATION_UNIT_CHARACTER', 2, 5]],
      ['b', '', '', 0, ['CITATION_LOCATION_UNIT_PAGE', 1, 2]],
      ['c', 'https://x.example', 'W', undefined, undefined],
      ['d', 'kb:1', 'S', undefined, ['CITATION_LOCATION_UNIT_BLOCK', 0, 1]],
    ]);
    assert.deepEqual(
      part.content.value.citations.map(({ rawJson }): unknown => JSON.parse(rawJson)),
      citations,
    );
  });

  it('says why the provider refused, with no content at all', () => {
    const stop_details = { type: 'refusal', category: 'cyber', explanation: 'Not this.' };
    const { message, finishReason } = decode(reply([], { stop_reason: 'refusal', stop_details }));
    assert.equal(finishReason.kind, FinishKind.REFUSAL);
    assert.deepEqual(
      message.parts.map(({ content }) => content),
      [{ $case: 'refusal', value: { text: 'Not this.' } }],
    );
    assert.deepEqual(decode(reply([], { stop_reason: 'refusal', stop_details: null })).message.parts, []);
  });

  it('throws the error that a reply is', () => {
    const error = { type: 'overloaded_error', message: 'Overloaded' };
    assert.throws(() => decode({ type: 'error', error }), { reason: 'UPSTREAM_OVERLOADED' });
  });

  for (const [name, value] of [
    ['a text', 'Hi'],
    ['null', null],
    ['a list', []],
    ['an object without content', { type: 'message' }],
    ['a tool call without an id', reply([{ type: 'tool_use', name: 'f', input: {} }])],
  ] as const) {
    it(`refuses ${name}`, () => {
      assert.throws(() => decode(value), { reason: 'UPSTREAM_PROTOCOL' });
    });
  }
});

describe('anthropic usage', () => {
  function usage(counts: object) {
    return decode(reply([], { usage: counts })).usage;
  }

  it('adds the three parts of the input, which do not overlap', () => {
    const read = usage({
      input_tokens: 5,
      cache_read_input_tokens: 100,
      cache_creation_input_tokens: 30,
      cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 },
      output_tokens: 9,
      output_tokens_details: { thinking_tokens: 4 },
    });
    assert.equal(read.inputTokens, 135);
    assert.equal(read.cacheReadTokens, 100);
    assert.deepEqual(read.cacheWrites, [
      { tokens: 10, ttl: { seconds: 300, nanos: 0 } },
      { tokens: 20, ttl: { seconds: 3600, nanos: 0 } },
    ]);
    assert.equal(read.outputTokens, 9);
    assert.equal(read.reasoningTokens, 4);
    assert.equal(read.confidence, UsageConfidence.REPORTED);
  });

  it('has no lifetime for writes whose split is not said', () => {
    const read = usage({ input_tokens: 5, cache_creation_input_tokens: 30, output_tokens: 1 });
    assert.deepEqual(read.cacheWrites, [{ tokens: 30, ttl: undefined }]);
    assert.equal(read.inputTokens, 35);
    assert.equal(read.cacheReadTokens, undefined);
  });

  it('keeps zero and unknown apart', () => {
    const zero = usage({
      input_tokens: 0,
      cache_read_input_tokens: 0,
      cache_creation_input_tokens: 0,
      output_tokens: 0,
    });
    assert.equal(zero.inputTokens, 0);
    assert.equal(zero.cacheReadTokens, 0);
    assert.equal(zero.outputTokens, 0);
    const none = decode(reply([])).usage;
    assert.equal(none.inputTokens, undefined);
    assert.equal(none.confidence, UsageConfidence.UNKNOWN);
    assert.equal(none.rawJson, '');
  });

  it('says nothing of the total of the input where only a part of it is known', () => {
    assert.equal(usage({ cache_read_input_tokens: 7, output_tokens: 1 }).inputTokens, undefined);
  });

  it('reads tier, region, server tools, and keeps what was sent', () => {
    const counts = {
      input_tokens: 1,
      output_tokens: 1,
      service_tier: 'priority',
      inference_geo: 'us',
      server_tool_use: { web_search_requests: 3, web_fetch_requests: 0 },
    };
    const read = usage(counts);
    assert.equal(read.serviceTier, 'priority');
    assert.equal(read.inferenceRegion, 'us');
    assert.deepEqual(read.serverToolUses, [{ tool: 'web_search', count: 3 }]);
    assert.deepEqual(parseExactJson(read.rawJson), counts);
    assert.equal(usage({ ...counts, inference_geo: 'not_available' }).inferenceRegion, '');
  });
});
