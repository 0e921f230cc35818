/** Tool calls in streams: how their fragments find each other. */
import assert from 'node:assert/strict';
import { FinishKind } from '../../../server/model/wire.ts';
import { chunk, contents, jsonCall, stream, streamOf, TARGET, text, textCall } from './fixtures.ts';

function call(index: number | undefined, id: unknown, name: unknown, input: unknown) {
  return { index, id, type: 'function', function: { name, arguments: input } };
}

describe('openai.chat streams: tool calls', () => {
  it('keys fragments by index; id and name on the first one only', () => {
    const { parts } = stream(
      chunk({ tool_calls: [call(0, 'call_a', 'f', '')] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: '{"a"' } }] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: ':1}' } }] }),
    );
    assert.deepEqual(contents(parts), [jsonCall('call_a', 'f', '{"a":1}')]);
  });

  for (const empty of ['', null]) {
    it(`takes a later id and name of ${JSON.stringify(empty)} for none`, () => {
      const { parts } = stream(
        chunk({ tool_calls: [call(0, 'call_a', 'f', '{')] }),
        chunk({ tool_calls: [call(0, empty, empty, '}')] }),
      );
      assert.deepEqual(contents(parts), [jsonCall('call_a', 'f', '{}')]);
    });
  }

  it('keeps the id and name that a host repeats', () => {
    const { parts } = stream(
      chunk({ tool_calls: [call(0, 'call_a', 'f', '{')] }),
      chunk({ tool_calls: [call(0, 'call_a', 'f', '}')] }),
    );
    assert.deepEqual(contents(parts), [jsonCall('call_a', 'f', '{}')]);
  });

  it('takes a whole call in one delta, with text and without an index (Mistral)', () => {
    const { parts } = stream(
      chunk({ content: 'Wait.', tool_calls: [{ id: 'gSIMJiOkT', function: { name: 'f', arguments: '{"a": 1}' } }] }),
    );
    assert.deepEqual(contents(parts), [text('Wait.'), jsonCall('gSIMJiOkT', 'f', '{"a": 1}')]);
  });

  it('tells calls without an index apart by their ids', () => {
    const { parts } = stream(
      chunk({ tool_calls: [call(undefined, 'a', 'f', '{'), call(undefined, 'b', 'g', '')] }),
      chunk({ tool_calls: [call(undefined, 'a', '', '}')] }),
    );
    assert.deepEqual(contents(parts), [jsonCall('a', 'f', '{}'), jsonCall('b', 'g', '{}')]);
  });

  it('tells calls apart that share an index (Gemini’s compatible endpoint)', () => {
    const { parts } = stream(
      chunk({ tool_calls: [call(0, 'a', 'f', '{}')] }),
      chunk({ tool_calls: [call(0, 'b', 'g', '{}')] }),
    );
    assert.deepEqual(contents(parts), [jsonCall('a', 'f', '{}'), jsonCall('b', 'g', '{}')]);
  });

  it('joins interleaved calls', () => {
    const { parts, events } = stream(
      chunk({ tool_calls: [call(0, 'a', 'f', '{"x'), call(1, 'b', 'g', '{"y')] }),
      chunk({ tool_calls: [call(1, null, null, '":2}')] }),
      chunk({ tool_calls: [call(0, null, null, '":1}')] }),
    );
    assert.deepEqual(contents(parts), [jsonCall('a', 'f', '{"x":1}'), jsonCall('b', 'g', '{"y":2}')]);
    const indexes = events.flatMap(({ event }) => (event?.$case === 'toolCallDelta' ? event.value.partIndex : []));
    assert.deepEqual(indexes, [0, 1, 1, 0]);
  });

  it('makes {} of empty arguments', () => {
    const { parts } = stream(chunk({ tool_calls: [call(0, 'a', 'f', '')] }));
    assert.deepEqual(contents(parts), [jsonCall('a', 'f', '{}')]);
  });

  it('delivers arguments that are cut as they are (row 71)', () => {
    const cut = streamOf(TARGET, chunk({ tool_calls: [call(0, 'a', 'f', '{"a": [1,')] }), chunk({}, 'length'));
    assert.deepEqual(contents(cut.parts), [jsonCall('a', 'f', '{"a": [1,')]);
    assert.equal(cut.finished.finishReason?.kind, FinishKind.LENGTH);
  });

  it('holds input back until the name has come', () => {
    const { parts } = stream(
      chunk({ tool_calls: [call(0, 'a', null, '{')] }),
      chunk({ tool_calls: [call(0, null, 'f', '}')] }),
    );
    assert.deepEqual(contents(parts), [jsonCall('a', 'f', '{}')]);
  });

  it('makes an id where there is none, unlike the ids of other replies', () => {
    const idOf = (replyId: string) => {
      const { parts } = streamOf(
        TARGET,
        { ...chunk({ tool_calls: [call(0, null, 'f', '{}')] }), id: replyId },
        chunk({}, 'stop'),
      );
      const content = parts[0]?.content;
      return content?.$case === 'toolCall' ? content.value.id : '';
    };
    assert.match(idOf('cmpl-1'), /^call_[\w-]+$/);
    assert.notEqual(idOf('cmpl-1'), idOf('cmpl-2'));
  });

  it('reads custom tools, whose input is text', () => {
    const { parts } = stream(
      chunk({ tool_calls: [{ index: 0, id: 'a', type: 'custom', custom: { name: 'patch', input: '+ o' } }] }),
      chunk({ tool_calls: [{ index: 0, custom: { input: 'ne' } }] }),
    );
    assert.deepEqual(contents(parts), [textCall('a', 'patch', '+ one')]);
  });

  it('reads arguments that are an object (Ollama)', () => {
    const { parts } = stream(chunk({ tool_calls: [call(0, 'a', 'f', { city: 'Tōkyō' })] }));
    assert.deepEqual(contents(parts), [jsonCall('a', 'f', '{"city":"Tōkyō"}')]);
  });

  it('reads the function_call of old', () => {
    const { parts, finished } = streamOf(
      TARGET,
      chunk({ function_call: { name: 'f', arguments: '{' } }),
      chunk({ function_call: { arguments: '}' } }),
      chunk({}, 'function_call'),
    );
    assert.deepEqual(contents(parts), [jsonCall('call_chatcmpl-1_0', 'f', '{}')]);
    assert.deepEqual(finished.finishReason?.kind, FinishKind.TOOL_CALLS);
  });
});
