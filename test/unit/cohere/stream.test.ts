/** Streams: providers.md 4.7. */
import assert from 'node:assert/strict';
import { FinishKind, UsageConfidence } from '../../../server/model/wire.ts';
import { cohereV2 } from '../../../server/providers/cohere/index.ts';
import { isError } from '../../contract/dialect.ts';
import {
  callDelta,
  callEvents,
  citationEvent,
  content,
  contentEnd,
  contents,
  end,
  start,
  stream,
  TARGET,
} from './cohere-fixtures.ts';

const USAGE = { tokens: { input_tokens: 507, output_tokens: 10 }, cached_tokens: 448 };

function plan(piece: string) {
  return { type: 'tool-plan-delta', delta: { message: { tool_plan: piece } } };
}

function textOf(...values: readonly string[]) {
  return values.map((value) => ({ $case: 'text', value: { text: value, citations: [], logprobs: [] } }));
}

function textEvents(index: number, ...pieces: readonly string[]) {
  return [
    content('start', index, { type: 'text', text: '' }),
    ...pieces.map((piece) => content('delta', index, { text: piece })),
    contentEnd(index),
  ];
}

function jsonCall(id: string, json: string) {
  return { $case: 'toolCall', value: { id, name: 'look', input: { $case: 'argumentsJson', value: json } } };
}

function kindsOf(events: ReturnType<typeof stream>['events']): readonly string[] {
  return events.map(({ event }) => event?.$case ?? '');
}

describe('cohere.v2 streams: content', () => {
  it('joins pieces of text, also those that its start holds and torn characters', () => {
    const { parts, finished } = stream(
      start,
      content('start', 0, { type: 'text', text: 'To' }),
      content('delta', 0, { text: 'kyo \ud83d' }),
      content('delta', 0, { text: '\uddfc' }),
      contentEnd(0),
      end('COMPLETE', { usage: USAGE }),
    );
    assert.deepEqual(contents(parts), textOf('Tokyo 🗼'));
    assert.deepEqual(finished.finishReason, { kind: FinishKind.STOP, raw: 'COMPLETE', stopSequence: undefined });
    assert.equal(finished.usage?.inputTokens, 507);
  });

  it('ends thoughts with their content-end, before the text begins', () => {
    const { events } = stream(
      start,
      content('start', 0, { type: 'thinking', thinking: '' }),
      content('delta', 0, { thinking: 'Hm.' }),
      contentEnd(0),
      ...textEvents(1, 'Yes.'),
      end(),
    );
    assert.deepEqual(kindsOf(events), [
      'reasoningStart',
      'reasoningDelta',
      'reasoningEnd',
      'textStart',
      'textDelta',
      'textEnd',
      'finished',
    ]);
  });

  it('begins content by its first piece where its start is missing, and ends it where its end is', () => {
    const { parts } = stream(content('delta', 0, { thinking: 'Hm.' }), content('delta', 1, { text: 'Yes.' }), end());
    assert.deepEqual(contents(parts), [{ $case: 'reasoning', value: { text: 'Hm.' } }, ...textOf('Yes.')]);
  });

  it('ends content whose index begins anew', () => {
    assert.deepEqual(
      contents(stream(...textEvents(0, 'One.'), ...textEvents(0, 'Two.'), end()).parts),
      textOf('One.', 'Two.'),
    );
  });

  it('keeps content of an unknown type as an item of its own', () => {
    const { parts } = stream(content('start', 0, { type: 'hologram', x: 1 }), contentEnd(0), end());
    assert.deepEqual(parts[0]?.content?.$case, 'opaque');
  });

  it('gives pieces of text their log probabilities', () => {
    const logprobs = { text: 'Hi', token_ids: [1], logprobs: [-0.5] };
    const { parts } = stream(
      content('start', 0, { type: 'text', text: '' }),
      content('delta', 0, { text: 'Hi' }, { logprobs }),
      end(),
    );
    const part = parts[0]?.content;
    assert.ok(part?.$case === 'text');
    assert.deepEqual(part.value.logprobs, [{ token: 'Hi', logprob: -0.5, utf8: new Uint8Array(), top: [] }]);
  });
});

describe('cohere.v2 streams: tools', () => {
  it('gives the plan as a thought that ends where the calls begin', () => {
    const { parts, events } = stream(
      start,
      plan('I will '),
      plan('look.'),
      ...callEvents(0, 'c1', '{"a":', '1}'),
      end('TOOL_CALL'),
    );
    assert.deepEqual(contents(parts), [
      { $case: 'reasoning', value: { text: 'I will look.' } },
      jsonCall('c1', '{"a":1}'),
    ]);
    assert.deepEqual(kindsOf(events).slice(0, 5), [
      'reasoningStart',
      'reasoningDelta',
      'reasoningDelta',
      'reasoningEnd',
      'toolCallStart',
    ]);
  });

  it('ends a plan that no call follows', () => {
    const { parts, events } = stream(plan('I will'), end('MAX_TOKENS'));
    assert.deepEqual(contents(parts), [{ $case: 'reasoning', value: { text: 'I will' } }]);
    assert.deepEqual(kindsOf(events), ['reasoningStart', 'reasoningDelta', 'reasoningEnd', 'finished']);
  });

  it('gives a call without arguments {}: none, JSON’s null in one piece or in several, or an empty one', () => {
    const pieces = [[], ['null'], ['nu', 'll'], [''], ['n', '', 'ull']];
    const { parts } = stream(
      ...pieces.flatMap((some, index) => callEvents(index, `c${index}`, ...some)),
      end('TOOL_CALL'),
    );
    assert.deepEqual(
      contents(parts),
      pieces.map((_, index) => jsonCall(`c${index}`, '{}')),
    );
  });

  it('loses nothing of arguments that only begin like null', () => {
    for (const json of ['nul', 'nullify', 'n', 'null ']) {
      assert.deepEqual(contents(stream(...callEvents(0, 'c1', ...json), end('MAX_TOKENS')).parts), [
        jsonCall('c1', json),
      ]);
    }
  });

  it('keeps interleaved calls apart', () => {
    const [first, firstEnd] = callEvents(0, 'c1');
    const [second, secondEnd] = callEvents(1, 'c2');
    const pieces = [callDelta(0, '{"a"'), callDelta(1, '{"b"'), callDelta(0, ':1}'), callDelta(1, ':2}')];
    const { parts } = stream(
      ...[first, second, ...pieces, firstEnd, secondEnd].filter((event) => event !== undefined),
      end('TOOL_CALL'),
    );
    assert.deepEqual(contents(parts), [jsonCall('c1', '{"a":1}'), jsonCall('c2', '{"b":2}')]);
  });

  it('ends a call that the limit of tokens cut', () => {
    const [head] = callEvents(0, 'c1');
    assert.deepEqual(contents(stream(head ?? {}, callDelta(0, '{"a'), end('MAX_TOKENS')).parts), [
      jsonCall('c1', '{"a'),
    ]);
  });

  it('passes over pieces of a call that never began, and refuses one without a name', () => {
    assert.deepEqual(stream(callDelta(3, 'x'), { type: 'tool-call-end', index: 3 }, end()).parts, []);
    const nameless = { type: 'tool-call-start', index: 0, delta: { message: { tool_calls: { id: 'c1' } } } };
    assert.throws(() => stream(nameless, end()), isError('UPSTREAM_PROTOCOL'));
  });
});

describe('cohere.v2 streams: citations', () => {
  const cited = { start: 0, end: 4, text: 'Yes.', sources: [{ type: 'document', id: 'document:0' }] };

  function endsOf(...events: readonly object[]) {
    return stream(...events, end()).parts.map(({ content: part }) =>
      part?.$case === 'text' ? part.value.citations.map(({ endIndex }) => endIndex) : undefined,
    );
  }

  it('adds them to the text, before and after its content-end', () => {
    const events = [
      content('start', 0, { type: 'text', text: '' }),
      content('delta', 0, { text: 'Yes.' }),
      citationEvent(cited),
      { type: 'citation-end', index: 0 },
      contentEnd(0),
      citationEvent({ ...cited, end: 3 }, 1),
      { type: 'citation-end', index: 1 },
    ];
    assert.deepEqual(endsOf(...events), [[4, 3]]);
  });

  it('adds them to the text that they name, else to the last one', () => {
    const events = [
      ...textEvents(0, 'One.'),
      ...textEvents(1, 'Two.'),
      citationEvent(cited),
      citationEvent({ ...cited, end: 2, content_index: 0 }, 1),
    ];
    assert.deepEqual(endsOf(...events), [[2], [4]]);
  });

  it('passes over those of no text', () => {
    assert.deepEqual(endsOf(citationEvent(cited), citationEvent({ type: 'PLAN' }, 1)), []);
  });
});

describe('cohere.v2 streams: ends and errors', () => {
  it('is whole with message-end only', () => {
    const decoder = cohereV2.openStream(TARGET);
    const push = (event: object) => decoder.push({ event: '', data: JSON.stringify(event) });
    for (const event of [start, ...textEvents(0, 'Yes.')]) push(event);
    assert.deepEqual([decoder.done, decoder.finishing, decoder.usage], [false, false, undefined]);
    assert.throws(() => decoder.end(), isError('UPSTREAM_TRUNCATED'));
    push(end('COMPLETE', { usage: USAGE }));
    assert.deepEqual([decoder.done, decoder.finishing, decoder.usage?.inputTokens], [true, true, 507]);
    assert.deepEqual(push(content('delta', 0, { text: 'More' })), []);
    assert.equal(decoder.upstreamModel, '');
  });

  it('takes a message-end without a finish reason for a cut', () => {
    assert.throws(() => stream(start, { type: 'message-end', delta: {} }), isError('UPSTREAM_TRUNCATED'));
  });

  it('needs no [DONE] and takes one', () => {
    assert.deepEqual(contents(stream(...textEvents(0, 'Yes.'), end(), '[DONE]').parts), textOf('Yes.'));
    assert.throws(() => stream(...textEvents(0, 'Yes.'), '[DONE]'), isError('UPSTREAM_TRUNCATED'));
  });

  it('is an error where Cohere says ERROR or TIMEOUT, with what it says of it', () => {
    assert.throws(() => stream(start, end('ERROR', { error: 'no GPU' })), isError('UPSTREAM_STREAM_ERROR'));
    assert.throws(() => stream(start, end('ERROR', { error: 'no GPU' })), /no GPU/);
    assert.throws(() => stream(start, end('TIMEOUT')), isError('UPSTREAM_TIMEOUT'));
  });

  it('still tells the usage of an answer that failed', () => {
    const decoder = cohereV2.openStream(TARGET);
    const failed = JSON.stringify(end('ERROR', { usage: USAGE }));
    assert.throws(() => decoder.push({ event: '', data: failed }), isError('UPSTREAM_STREAM_ERROR'));
    assert.equal(decoder.usage?.outputTokens, 10);
  });

  it('throws an error that comes as an event', () => {
    assert.throws(() => stream({ message: 'rate limited' }), isError('UPSTREAM_STREAM_ERROR'));
    const decoder = cohereV2.openStream(TARGET);
    assert.throws(() => decoder.push({ event: 'error', data: '{"x":1}' }), isError('UPSTREAM_STREAM_ERROR'));
  });

  it('throws UPSTREAM_PROTOCOL on what is not JSON, without quoting it', () => {
    assert.throws(() => stream('{"type": secret'), isError('UPSTREAM_PROTOCOL'));
    assert.throws(
      () => stream('{"type": secret'),
      (error: Error) => !error.message.includes('secret'),
    );
  });

  it('knows the type of an event by SSE’s field too', () => {
    const decoder = cohereV2.openStream(TARGET);
    decoder.push({ event: 'message-end', data: '{"delta":{"finish_reason":"COMPLETE"}}' });
    assert.equal(decoder.done, true);
  });

  it('passes over debug events, unknown ones, empty ones, and what is no object', () => {
    assert.deepEqual(
      stream(start, { type: 'debug', prompt: 'x' }, { type: 'unheard' }, '', '[]', '1', end()).parts,
      [],
    );
  });

  it('has unknown usage where none was told', () => {
    assert.equal(stream(end()).finished.usage?.confidence, UsageConfidence.UNKNOWN);
  });
});
