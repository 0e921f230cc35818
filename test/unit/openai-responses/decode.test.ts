/** Whole replies. */
import assert from 'node:assert/strict';
import { FinishKind, UsageConfidence } from '../../../server/model/wire.ts';
import { openaiResponses } from '../../../server/providers/openai-responses/index.ts';
import { isError } from '../../contract/dialect.ts';
import { decode, message, reply, stateOf } from './fixtures.ts';

const ENCRYPTED = 'gAAAAB+/==';

function partsOf(...output: readonly object[]) {
  return decode(reply(output)).message.parts;
}

describe('openai.responses items', () => {
  it('are parts in their order', () => {
    const parts = partsOf(
      { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'Hm.' }], encrypted_content: ENCRYPTED },
      { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search' } },
      message('Yes.'),
      { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'now', arguments: '' },
      { type: 'custom_tool_call', id: 'ctc_1', call_id: 'call_2', name: 'note', input: 'rain' },
    );
    const kinds = ['reasoning', 'opaque', 'text', 'toolCall', 'toolCall'];
    assert.deepEqual(
      parts.map(({ content }) => content?.$case),
      kinds,
    );
    assert.deepEqual(parts[3]?.content?.value, {
      id: 'call_1',
      name: 'now',
      input: { $case: 'argumentsJson', value: '{}' },
    });
    assert.deepEqual(parts[4]?.content?.value, { id: 'call_2', name: 'note', input: { $case: 'text', value: 'rain' } });
  });

  it('keep ids, what is encrypted, phase, status, namespace and caller as state', () => {
    const caller = { type: 'program', caller_id: 'p_1' };
    const parts = partsOf(
      { type: 'reasoning', id: 'rs_1', summary: [{ text: 'a' }, { text: 'b' }], encrypted_content: ENCRYPTED },
      message('Yes.', { phase: 'commentary', status: 'incomplete' }),
      { type: 'function_call', id: 'fc_1', call_id: 'c', name: 'now', arguments: '{}', namespace: 'crm', caller },
      { type: 'function_call', id: 'fc_2', call_id: 'd', name: 'now', arguments: '{}', caller: { type: 'direct' } },
    );
    assert.deepEqual(parts.map(stateOf), [
      { id: 'rs_1', type: 'summary_text' },
      { id: 'rs_1', type: 'summary_text', encrypted_content: ENCRYPTED },
      { id: 'msg_1', phase: 'commentary', status: 'incomplete' },
      { id: 'fc_1', namespace: 'crm', caller: JSON.stringify(caller) },
      { id: 'fc_2' },
    ]);
  });

  it('show reasoning that is all encrypted as an empty part, and hide what is empty and stored elsewhere', () => {
    const [hidden, ...others] = partsOf({ type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: ENCRYPTED });
    assert.deepEqual(hidden?.content?.value, { text: '' });
    assert.deepEqual(stateOf(hidden), { id: 'rs_1', encrypted_content: ENCRYPTED });
    assert.equal(others.length, 0);
    assert.deepEqual(partsOf({ type: 'reasoning', id: 'rs_1', summary: [] }), []);
  });

  it('keep no ids that hang on reasoning which cannot go back', () => {
    const stored = { type: 'reasoning', id: 'rs_1', summary: [{ text: 'Hm.' }] };
    assert.deepEqual(partsOf(message('First.', { id: 'msg_0' }), stored, message('Yes.')).map(stateOf), [
      { id: 'msg_0' },
      {},
      {},
    ]);
  });

  it('keep reasoning in the model’s own words, which open models take back', () => {
    const [part] = partsOf({
      type: 'reasoning',
      id: 'rs_1',
      summary: [],
      content: [{ type: 'reasoning_text', text: 'Hm.' }],
    });
    assert.deepEqual(part?.content?.value, { text: 'Hm.' });
    assert.deepEqual(stateOf(part), { id: 'rs_1', type: 'reasoning_text' });
  });

  it('have citations of every type, and log probabilities', () => {
    const annotations = [
      { type: 'url_citation', start_index: 1, end_index: 4, url: 'https://example.com/', title: 'A page' },
      { type: 'file_citation', index: 4, file_id: 'file_1', filename: 'a.pdf' },
      {
        type: 'container_file_citation',
        container_id: 'c',
        file_id: 'f',
        filename: 'b.csv',
        start_index: 0,
        end_index: 2,
      },
    ];
    const logprobs = [
      { token: 'Y', logprob: -0.5, bytes: [89], top_logprobs: [{ token: 'N', logprob: -1, bytes: [78] }] },
    ];
    const content = [{ type: 'output_text', text: 'Yes.', annotations, logprobs }];
    const [part] = partsOf(message('', { content }));
    assert.ok(part?.content?.$case === 'text');
    const { citations, logprobs: tokens } = part.content.value;
    assert.deepEqual(
      citations.map(({ startIndex, endIndex, uri, title }) => [startIndex, endIndex, uri, title]),
      [
        [1, 4, 'https://example.com/', 'A page'],
        [undefined, undefined, '', 'a.pdf'],
        [0, 2, '', 'b.csv'],
      ],
    );
    assert.deepEqual(
      citations.map(({ rawJson }) => JSON.parse(rawJson) as object),
      annotations,
    );
    const top = [{ token: 'N', logprob: -1, utf8: Uint8Array.of(78) }];
    assert.deepEqual(tokens, [{ token: 'Y', logprob: -0.5, utf8: Uint8Array.of(89), top }]);
  });

  it('of unknown types are kept with their digits, while log probabilities stay numbers', () => {
    const unknown = '{"type":"unheard_of","score":0.50,"big":12345678901234567890}';
    const text =
      '{"type":"message","content":[{"type":"output_text","text":"a","logprobs":[{"token":"a","logprob":-1.2e-05}]}]}';
    const body = `{"object":"response", "status":"completed", "output":[${unknown}, ${text}]}`;
    const { parts } = decode(openaiResponses.parseReply?.(body)).message;
    assert.ok(parts[0]?.content?.$case === 'opaque' && parts[1]?.content?.$case === 'text');
    assert.equal(parts[0].content.value.itemType, 'unheard_of');
    assert.equal(new TextDecoder().decode(parts[0].content.value.data), unknown);
    assert.equal(parts[1].content.value.logprobs[0]?.logprob, -1.2e-5);
  });

  it('with content of unknown types keep it', () => {
    const [part] = partsOf(message('', { content: [{ type: 'output_audio', data: 'UklG' }] }));
    assert.equal(part?.content?.$case === 'opaque' && part.content.value.itemType, 'output_audio');
  });

  it('that are calls without id or name are a protocol error', () => {
    assert.throws(
      () => partsOf({ type: 'function_call', call_id: 'c', arguments: '{}' }),
      isError('UPSTREAM_PROTOCOL'),
    );
  });
});

describe('openai.responses finish', () => {
  const finish = (output: readonly object[], more: object = {}) => {
    const { kind, raw } = decode(reply(output, more)).finishReason;
    return [kind, raw];
  };
  const call = { type: 'function_call', id: 'fc_1', call_id: 'c', name: 'now', arguments: '{}' };
  const refusal = message('', { content: [{ type: 'refusal', refusal: 'No.' }] });
  const cut = (reason?: string) => ({ status: 'incomplete', incomplete_details: reason && { reason } });

  for (const [name, output, more, expected] of [
    ['a whole message', [message('Yes.')], {}, [FinishKind.STOP, 'completed']],
    ['a call', [call], {}, [FinishKind.TOOL_CALLS, 'completed']],
    ['an approval that is waited for', [{ type: 'mcp_approval_request' }], {}, [FinishKind.TOOL_CALLS, 'completed']],
    ['a refusal', [refusal], {}, [FinishKind.REFUSAL, 'completed']],
    ['the limit', [message('Y')], cut('max_output_tokens'), [FinishKind.LENGTH, 'max_output_tokens']],
    ['the limit within a call', [call], cut('max_output_tokens'), [FinishKind.LENGTH, 'max_output_tokens']],
    ['a filter', [message('Y')], cut('content_filter'), [FinishKind.CONTENT_FILTER, 'content_filter']],
    ['an unknown reason', [message('Y')], cut('tired'), [FinishKind.OTHER, 'tired']],
    ['no reason', [message('Y')], cut(), [FinishKind.OTHER, 'incomplete']],
    ['an unknown status', [message('Y')], { status: 'dreaming' }, [FinishKind.OTHER, 'dreaming']],
    ['no status', [message('Y')], { status: undefined }, [FinishKind.OTHER, '']],
  ] as const) {
    it(`takes ${name} for ${expected[0]}`, () => assert.deepEqual(finish(output, more), expected));
  }
});

describe('openai.responses usage', () => {
  it('has totals that include their parts', () => {
    const usage = {
      input_tokens: 20,
      input_tokens_details: { cached_tokens: 4, cache_write_tokens: 8 },
      output_tokens: 9,
      output_tokens_details: { reasoning_tokens: 5 },
      total_tokens: 29,
    };
    const decoded = decode(reply([], { usage, service_tier: 'flex' })).usage;
    assert.equal(decoded.inputTokens, 20);
    assert.equal(decoded.outputTokens, 9);
    assert.equal(decoded.cacheReadTokens, 4);
    assert.deepEqual(decoded.cacheWrites, [{ tokens: 8, ttl: undefined }]);
    assert.equal(decoded.reasoningTokens, 5);
    assert.equal(decoded.serviceTier, 'flex');
    assert.deepEqual(JSON.parse(decoded.rawJson), usage);
  });

  it('keeps absent and zero apart, and believes no false count', () => {
    const usage = { input_tokens: 0, output_tokens: -1, output_tokens_details: { reasoning_tokens: 1.5 } };
    const decoded = decode(reply([], { usage })).usage;
    assert.equal(decoded.inputTokens, 0);
    assert.equal(decoded.outputTokens, undefined);
    assert.equal(decoded.reasoningTokens, undefined);
    assert.equal(decoded.confidence, UsageConfidence.PARTIAL);
    assert.equal(decode(reply([])).usage.confidence, UsageConfidence.UNKNOWN);
  });

  it('counts the runs of the provider’s tools: searches, not the pages that are opened', () => {
    const search = (type: string) => ({ type: 'web_search_call', action: { type } });
    const { serverToolUses } = decode(
      reply([
        search('search'),
        search('open_page'),
        search('search'),
        { type: 'web_search_call' },
        { type: 'mcp_call' },
      ]),
    ).usage;
    assert.deepEqual(serverToolUses, [
      { tool: 'web_search', count: 3 },
      { tool: 'mcp', count: 1 },
    ]);
  });
});

describe('openai.responses replies that are none', () => {
  for (const [name, value, reason] of [
    ['a list', [], 'UPSTREAM_PROTOCOL'],
    ['no output', { object: 'response' }, 'UPSTREAM_PROTOCOL'],
    ['a chat completion', { choices: [] }, 'UPSTREAM_PROTOCOL'],
    ['one that is not whole', reply([], { status: 'in_progress' }), 'UPSTREAM_PROTOCOL'],
    ['one that waits in a queue', reply([], { status: 'queued' }), 'UPSTREAM_PROTOCOL'],
    ['a cancelled one', reply([], { status: 'cancelled' }), 'UPSTREAM_5XX'],
    ['a failed one', reply([], { status: 'failed', error: { code: 'server_error', message: 'x' } }), 'UPSTREAM_5XX'],
    ['a failed one without a word', reply([], { status: 'failed' }), 'UPSTREAM_5XX'],
    ['a rate limit', reply([], { status: 'failed', error: { code: 'rate_limit_exceeded' } }), 'UPSTREAM_RATE_LIMITED'],
    ['a bare error', { error: { code: 'insufficient_quota', message: 'x' } }, 'UPSTREAM_QUOTA_EXHAUSTED'],
  ] as const) {
    it(`are ${reason}: ${name}`, () => assert.throws(() => decode(value), isError(reason)));
  }
});
