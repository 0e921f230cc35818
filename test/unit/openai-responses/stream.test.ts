/** Streams: each type of event, and what hosts do differently. */
import assert from 'node:assert/strict';
import { GatewayError } from '../../../server/model/errors.ts';
import { FinishKind, UsageConfidence } from '../../../server/model/wire.ts';
import { openaiResponses } from '../../../server/providers/openai-responses/index.ts';
import { isError } from '../../contract/dialect.ts';
import * as fixtures from './fixtures.ts';
import { added, completed, done, event, frames, message, stateOf, stream, streamOf, TARGET } from './fixtures.ts';

const TEXT = { output_index: 0, content_index: 0, item_id: 'msg_1' };
const START = added(0, message('', { content: [], status: 'in_progress' }));
const delta = (text: string, more: object = {}) =>
  event('response.output_text.delta', { ...TEXT, delta: text, ...more });
const CALL = {
  type: 'function_call',
  id: 'fc_1',
  call_id: 'call_1',
  name: 'look',
  arguments: '',
  status: 'in_progress',
};
const input = (output_index: number, text: string) =>
  event('response.function_call_arguments.delta', { output_index, item_id: 'fc', delta: text });

function textsOf({ parts }: fixtures.Streamed): readonly unknown[] {
  return parts.map(({ content }) =>
    content !== undefined && 'text' in content.value ? content.value.text : content?.$case,
  );
}

describe('openai.responses text in streams', () => {
  it('comes as it comes, and ends with its item and its state', () => {
    const { events } = stream(START, delta('Tō'), delta('kyō'), done(0, message('Tōkyō', { phase: 'commentary' })));
    assert.deepEqual(
      events.map((one) => one.event?.$case),
      ['textStart', 'textDelta', 'textDelta', 'textEnd', 'finished'],
    );
    assert.deepEqual(stateOf(stream(START, delta('a'), done(0, message('a', { phase: 'x' }))).parts[0]), {
      id: 'msg_1',
      phase: 'x',
    });
  });

  it('may begin without its content_part.added, and may have several parts', () => {
    const second = { ...TEXT, content_index: 1 };
    const parts = stream(
      START,
      delta('a'),
      event('response.refusal.delta', { ...second, delta: 'No' }),
      event('response.refusal.done', { ...second, refusal: 'No' }),
      done(
        0,
        message('', {
          content: [
            { type: 'output_text', text: 'a' },
            { type: 'refusal', refusal: 'No' },
          ],
        }),
      ),
    );
    assert.deepEqual(textsOf(parts), ['a', 'No']);
    assert.equal(parts.finished.finishReason?.kind, FinishKind.REFUSAL);
  });

  it('is mended where a character is cut between two fragments', () => {
    assert.deepEqual(
      textsOf(stream(START, delta('\ud83d'), delta('\uddfc'), delta('\ud83d'), done(0, message('🗼')))),
      ['🗼\ufffd'],
    );
  });

  for (const [name, events] of [
    ['in the end of the text', [START, event('response.output_text.done', { ...TEXT, text: 'Yes.' })]],
    ['in the end of the item', [START, done(0, message('Yes.'))]],
    ['without the beginning of the item', [done(0, message('Yes.'))]],
    [
      'with the beginning of the part',
      [START, event('response.content_part.added', { ...TEXT, part: { type: 'output_text', text: 'Yes.' } })],
    ],
  ] as const) {
    it(`that comes whole is told once: ${name}`, () => {
      assert.deepEqual(textsOf(stream(...events, done(0, message('Yes.')))).slice(0, 1), ['Yes.']);
    });
  }

  it('that comes with the last event only is told then', () => {
    const streamed = streamOf(
      event('response.completed', { response: fixtures.reply([message('Yes.'), { type: 'x', n: 0.5 }]) }),
    );
    assert.deepEqual(textsOf(streamed), ['Yes.', 'opaque']);
  });

  it('without the beginning of its item begins it, once', () => {
    const reasoned = event('response.reasoning_text.delta', { output_index: 1, content_index: 0, delta: 'Hm.' });
    assert.deepEqual(textsOf(stream(delta('a'), reasoned, delta('b'))), ['ab', 'Hm.']);
    assert.deepEqual(textsOf(stream(delta('a'), done(0, message('a')), delta('b'))), ['a']);
  });

  it('has citations, each once, however they come', () => {
    const annotation = { type: 'url_citation', url: 'https://example.com/', start_index: 0, end_index: 1 };
    const other = { ...annotation, url: 'https://example.org/' };
    const content = [{ type: 'output_text', text: 'a', annotations: [annotation, other] }];
    const one = event('response.output_text.annotation.added', { ...TEXT, annotation_index: 0, annotation });
    for (const events of [
      [START, delta('a'), one],
      [START, delta('a')],
    ]) {
      const [part] = stream(...events, done(0, message('', { content }))).parts;
      const urls = part?.content?.$case === 'text' ? part.content.value.citations.map(({ uri }) => uri) : [];
      assert.deepEqual(urls, [annotation.url, other.url]);
    }
  });

  it('has log probabilities, each once, with the fragments or at the end', () => {
    const logprobs = [{ token: 'a', logprob: -0.5, top_logprobs: [] }];
    const content = [{ type: 'output_text', text: 'a', annotations: [], logprobs }];
    for (const fragment of [delta('a', { logprobs }), delta('a', { logprobs: [] })]) {
      const [part] = stream(START, fragment, done(0, message('', { content }))).parts;
      assert.equal(part?.content?.$case === 'text' && part.content.value.logprobs.length, 1);
    }
  });
});

describe('openai.responses calls in streams', () => {
  it('are told apart by output_index, whatever their ids, also where they interleave', () => {
    const other = { ...CALL, id: 'fc_2', call_id: 'call_2', name: 'now' };
    const { parts, finished } = stream(
      added(0, CALL),
      added(1, other),
      input(1, '{"b"'),
      input(0, '{"a":'),
      input(1, ':2}'),
      input(0, '1}'),
      done(1, { ...other, arguments: '{"b":2}' }),
      done(0, { ...CALL, id: 'rotated', arguments: '{"a":1}' }),
    );
    const calls = parts.map(({ content }) => content?.value);
    assert.deepEqual(calls, [
      { id: 'call_1', name: 'look', input: { $case: 'argumentsJson', value: '{"a":1}' } },
      { id: 'call_2', name: 'now', input: { $case: 'argumentsJson', value: '{"b":2}' } },
    ]);
    assert.equal(finished.finishReason?.kind, FinishKind.TOOL_CALLS);
    assert.deepEqual(stateOf(parts[0]), { id: 'rotated' });
  });

  it('without arguments have an empty object', () => {
    const [part] = stream(added(0, CALL), input(0, ''), done(0, CALL)).parts;
    assert.deepEqual(part?.content?.value, {
      id: 'call_1',
      name: 'look',
      input: { $case: 'argumentsJson', value: '{}' },
    });
  });

  it('take their arguments whole where no fragment brings them', () => {
    const whole = event('response.function_call_arguments.done', { output_index: 0, arguments: '{"a":1}' });
    for (const events of [[added(0, CALL), whole], [added(0, CALL)]]) {
      const [part] = stream(...events, done(0, { ...CALL, arguments: '{"a":1}' })).parts;
      assert.equal(part?.content?.$case === 'toolCall' && part.content.value.input?.value, '{"a":1}');
    }
  });

  it('of custom tools have text', () => {
    const item = { type: 'custom_tool_call', id: 'ctc_1', call_id: 'c', name: 'note', input: '' };
    const fragment = (text: string) => event('response.custom_tool_call_input.delta', { output_index: 0, delta: text });
    const end = event('response.custom_tool_call_input.done', { output_index: 0, input: 'rain' });
    for (const events of [[fragment('ra'), fragment('in'), end], [end], []]) {
      const [part] = stream(added(0, item), ...events, done(0, { ...item, input: 'rain' })).parts;
      assert.deepEqual(part?.content?.value, { id: 'c', name: 'note', input: { $case: 'text', value: 'rain' } });
    }
  });

  it('are found by item_id, too, where a host sends no output_index', () => {
    const item = { item: CALL };
    const { parts } = stream(
      event('response.output_item.added', item),
      event('response.function_call_arguments.delta', { item_id: 'fc_1', delta: '{"a":1}' }),
      event('response.output_item.done', { item: { ...CALL, arguments: '{"a":1}' } }),
    );
    assert.equal(parts[0]?.content?.$case === 'toolCall' && parts[0].content.value.input?.value, '{"a":1}');
  });
});

describe('openai.responses reasoning in streams', () => {
  const item = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'provisional' };
  const place = (summary_index: number) => ({ output_index: 0, summary_index });

  it('has a part for each piece of the summary; only the end of the item has what is encrypted', () => {
    const end = {
      ...item,
      summary: [
        { type: 'summary_text', text: 'ab' },
        { type: 'summary_text', text: 'c' },
      ],
      encrypted_content: 'gA==',
    };
    const { parts } = stream(
      added(0, item),
      event('response.reasoning_summary_part.added', { ...place(0), part: { type: 'summary_text', text: '' } }),
      event('response.reasoning_summary_text.delta', { ...place(0), delta: 'a' }),
      event('response.reasoning_summary_text.delta', { ...place(0), delta: 'b' }),
      event('response.reasoning_summary_text.done', { ...place(0), text: 'ab' }),
      event('response.reasoning_summary_text.delta', { ...place(1), delta: 'c' }),
      event('response.reasoning_summary_part.done', { ...place(1), part: { type: 'summary_text', text: 'c' } }),
      done(0, end),
    );
    assert.deepEqual(
      parts.map(({ content }) => content?.value),
      [{ text: 'ab' }, { text: 'c' }],
    );
    assert.deepEqual(parts.map(stateOf), [
      { id: 'rs_1', type: 'summary_text' },
      { id: 'rs_1', type: 'summary_text', encrypted_content: 'gA==' },
    ]);
    assert.deepEqual(fixtures.replay([...parts, ...stream(done(0, message('Yes.'))).parts])[0], end);
  });

  for (const prefix of ['response.reasoning_text', 'response.reasoning']) {
    it(`has the model's own words by ${prefix}.*`, () => {
      const own = { type: 'reasoning', id: 'rs_1', summary: [], content: [{ type: 'reasoning_text', text: 'Hm.' }] };
      const at = { output_index: 0, content_index: 0 };
      const { parts } = stream(
        added(0, { ...own, content: [] }),
        event('response.content_part.added', { ...at, part: { type: 'reasoning_text', text: '' } }),
        event(`${prefix}.delta`, { ...at, delta: 'Hm' }),
        event(`${prefix}.delta`, { ...at, delta: '.' }),
        event(`${prefix}.done`, { ...at, text: 'Hm.' }),
        done(0, own),
      );
      assert.deepEqual(
        parts.map(({ content }) => content?.value),
        [{ text: 'Hm.' }],
      );
      assert.deepEqual(stateOf(parts[0]), { id: 'rs_1', type: 'reasoning_text' });
    });
  }
});

describe('openai.responses items of the provider’s tools in streams', () => {
  it('are kept with their digits when they are whole; their progress is not told', () => {
    const json = '{"type":"file_search_call","id":"fs_1","results":[{"score":0.50}]}';
    const { parts, events, finished } = stream(
      added(0, { type: 'file_search_call', id: 'fs_1' }),
      event('response.file_search_call.searching', { output_index: 0, item_id: 'fs_1' }),
      `{"type":"response.output_item.done","output_index":0,"item":${json}}`,
    );
    assert.equal(events.length, 2);
    const content = parts[0]?.content;
    assert.equal(content?.$case === 'opaque' && new TextDecoder().decode(content.value.data), json);
    assert.deepEqual(finished.usage?.serverToolUses, [{ tool: 'file_search', count: 1 }]);
  });
});

describe('openai.responses ends of streams', () => {
  it('pass over unknown events, keep the order of arrival whatever the numbers say, and stop at the last word', () => {
    const { events, parts } = streamOf(
      event('response.queued', { sequence_number: 9, response: { status: 'queued' } }),
      event('response.unheard_of', { sequence_number: -1 }),
      { ...START, sequence_number: 0 },
      { ...delta('a'), sequence_number: 0 },
      { ...delta('b'), sequence_number: -1 },
      completed(),
      delta('c'),
      event('response.failed', { response: { error: { code: 'server_error' } } }),
    );
    assert.deepEqual(textsOf({ parts } as fixtures.Streamed), ['ab']);
    assert.equal(events.at(-1)?.event?.$case, 'finished');
  });

  it('close items whose own end never came, with what the whole output has of them', () => {
    const last = event('response.completed', { response: fixtures.reply([message('ab', { phase: 'final_answer' })]) });
    const { parts } = streamOf(START, delta('ab'), last);
    assert.deepEqual(stateOf(parts[0]), { id: 'msg_1', phase: 'final_answer' });
  });

  it('know the event by its field, where the data does not name it', () => {
    const decoder = openaiResponses.openStream(TARGET);
    decoder.push({ event: 'response.completed', data: JSON.stringify({ response: fixtures.reply([message('a')]) }) });
    assert.equal(decoder.finishing, true);
    assert.equal(decoder.done, true);
  });

  it('say why an incomplete response ended', () => {
    for (const [reason, kind] of [
      ['max_output_tokens', FinishKind.LENGTH],
      ['content_filter', FinishKind.CONTENT_FILTER],
    ] as const) {
      const response = fixtures.reply([], { status: 'incomplete', incomplete_details: { reason } });
      const { finished } = streamOf(START, delta('a'), event('response.incomplete', { response }));
      assert.deepEqual([finished.finishReason?.kind, finished.finishReason?.raw], [kind, reason]);
    }
  });

  it('without a last word are truncated, [DONE] or not', () => {
    for (const events of [[], [START, delta('a')], [START, delta('a'), done(0, message('a')), '[DONE]']]) {
      assert.throws(() => streamOf(...events), isError('UPSTREAM_TRUNCATED'));
    }
  });

  it('have partial usage before the last word, and reported usage after it', () => {
    const usage = { input_tokens: 3, output_tokens: 2 };
    const decoder = openaiResponses.openStream(TARGET);
    for (const frame of frames(event('response.in_progress', { response: { model: 'm-1', usage } })))
      decoder.push(frame);
    assert.equal(decoder.upstreamModel, 'm-1');
    assert.equal(decoder.usage?.confidence, UsageConfidence.PARTIAL);
    for (const frame of frames(completed({ usage, model: 'm-2' }))) decoder.push(frame);
    assert.equal(decoder.usage?.confidence, UsageConfidence.REPORTED);
    assert.equal(decoder.upstreamModel, 'm-2');
  });
});

describe('openai.responses errors in streams', () => {
  const flat = { type: 'error', code: 'rate_limit_exceeded', message: 'Slow down.', param: null, sequence_number: 3 };
  const nested = { type: 'error', error: { type: 'requests', code: 'rate_limit_exceeded', message: 'Slow down.' } };
  const failed = event('response.failed', {
    response: { status: 'failed', error: { code: 'rate_limit_exceeded', message: 'Slow down.' } },
  });
  const bare = { error: { code: 'rate_limit_exceeded', message: 'Slow down.' } };

  for (const [name, wire] of Object.entries({ flat, nested, failed, bare })) {
    it(`are thrown, with their reason: ${name}`, () => {
      assert.throws(() => streamOf(wire), isError('UPSTREAM_RATE_LIMITED'));
      assert.throws(() => streamOf(START, delta('a'), wire), isError('UPSTREAM_RATE_LIMITED'));
    });
  }

  it('that are followed by response.failed are reported once', () => {
    const decoder = openaiResponses.openStream(TARGET);
    const [error, end] = frames(flat, failed);
    assert.ok(error !== undefined && end !== undefined);
    assert.throws(() => decoder.push(error), GatewayError);
    assert.deepEqual(decoder.push(end), []);
    assert.equal(decoder.done, true);
  });

  for (const [code, reason] of [
    ['invalid_prompt', 'UPSTREAM_CONTENT_FILTERED'],
    ['invalid_image_url', 'UPSTREAM_REJECTED'],
    ['vector_store_timeout', 'UPSTREAM_5XX'],
    ['server_error', 'UPSTREAM_5XX'],
    ['unheard_of', 'UPSTREAM_STREAM_ERROR'],
  ] as const) {
    it(`of the code ${code} are ${reason}`, () => {
      const response = { status: 'failed', error: { code, message: 'x' } };
      assert.throws(() => streamOf(event('response.failed', { response })), isError(reason));
    });
  }

  it('are thrown for a response that is cancelled, or failed under another name', () => {
    assert.throws(() => streamOf(event('response.cancelled')), isError('UPSTREAM_STREAM_ERROR'));
    const response = fixtures.reply([], { status: 'failed', error: { code: 'server_error' } });
    assert.throws(() => streamOf(event('response.completed', { response })), isError('UPSTREAM_5XX'));
  });

  it('are a protocol error where an event is not JSON', () => {
    assert.throws(() => streamOf('{"type":'), isError('UPSTREAM_PROTOCOL'));
  });
});
