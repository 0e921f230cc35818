import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import { openaiChat } from '../../../server/providers/openai-chat/index.ts';
import { RepeatedChunk } from '../../../server/providers/openai-chat/repeated-chunk.ts';
import { makeTarget } from '../../support/targets.ts';

const TARGET = makeTarget('openai.chat');

function chunk(delta: object, more: object = {}): string {
  return JSON.stringify({ id: 'c-1', model: 'm-1', choices: [{ index: 0, delta, finish_reason: null }], ...more });
}

function readContent(value: unknown): string | undefined {
  const content = (value as { content?: unknown } | undefined)?.content;
  return typeof content === 'string' ? content : undefined;
}

/** The events of a stream whose chunks are all of these; `spaced` makes each envelope another one, so that all are parsed. */
function decode(chunks: readonly string[], spaced: boolean): unknown {
  const decoder = openaiChat.openStream(TARGET);
  const texts = spaced ? chunks.map((data, index) => `${data}${' '.repeat(index + 1)}`) : chunks;
  const events = texts.flatMap((data) => decoder.push({ event: '', data }));
  return { events, model: decoder.upstreamModel, usage: decoder.usage };
}

describe('repeated chunks of chat completions', () => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 6 }),
    fc.constantFrom('', '"', '\\', '\n', '\ud83d', '\ude00', '😀', '","role":"tool', 'content', '"content":"a"'),
  );
  const deltas = fc.oneof(
    { weight: 6, arbitrary: texts.map((content) => ({ content })) },
    texts.map((content) => ({ content, refusal: null, role: 'assistant' })),
    texts.map((reasoning_content) => ({ content: null, reasoning_content })),
    fc.tuple(texts, texts).map(([content, refusal]) => ({ content, refusal })),
  );
  const heads = fc.constantFrom(
    {},
    { model: 'm-2' },
    { usage: { prompt_tokens: 1, completion_tokens: 2 } },
    { note: '"content":"a"' },
  );
  const chunks = fc.array(
    fc
      .tuple(deltas, fc.oneof({ weight: 5, arbitrary: fc.constant({}) }, heads))
      .map(([delta, more]) => chunk(delta, more)),
    { maxLength: 12 },
  );

  it('are read as the parser reads them, whatever stands around them', () => {
    fc.assert(
      fc.property(chunks, (all) => deepStrictEqual(decode(all, false), decode(all, true))),
      { numRuns: 400 },
    );
  });

  it('are recognised by what stands around their text, escapes and all', () => {
    const repeated = new RepeatedChunk(readContent);
    repeated.learn('{"id":7,"content":"a"}', { id: 7, content: 'a' });
    strictEqual(repeated.match('{"id":7,"content":"b\\nc"}'), 'b\nc');
    strictEqual(repeated.match('{"id":7,"content":"b","role":"x"}'), undefined);
    strictEqual(repeated.match('{"id":8,"content":"b"}'), undefined);
    strictEqual(repeated.match('{"id":7,"content":"}'), undefined);
  });

  it('are not learnt from a text that only looks like the content', () => {
    const repeated = new RepeatedChunk((value) => readContent((value as { delta?: unknown }).delta));
    const data = '{"content":"a","delta":{"content" : "a"}}';
    repeated.learn(data, JSON.parse(data));
    strictEqual(repeated.match('{"content":"b","delta":{"content" : "a"}}'), undefined);
  });

  it('are given up where every envelope is another one', () => {
    let reads = 0;
    const repeated = new RepeatedChunk((value) => {
      reads += 1;
      return readContent(value);
    });
    for (let id = 0; id < 100; id += 1) repeated.learn(`{"id":${id},"content":"a"}`, { id, content: 'a' });
    strictEqual(reads < 30, true);
  });
});
