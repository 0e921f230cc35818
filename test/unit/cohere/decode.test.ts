/** Whole replies: providers.md 4.7. */
import assert from 'node:assert/strict';
import { FinishKind, UsageConfidence } from '../../../server/model/wire.ts';
import { billedUsage } from '../../../server/providers/cohere/usage.ts';
import { isError } from '../../contract/dialect.ts';
import { contents, decode, reply } from './cohere-fixtures.ts';

const COUNTS = {
  billed_units: { input_tokens: 12, output_tokens: 7 },
  tokens: { input_tokens: 507, output_tokens: 10 },
  cached_tokens: 448,
};

function wireCall(id: string, args: unknown) {
  return { id, type: 'function', function: { name: 'look', arguments: args } };
}

describe('cohere.v2 replies: parts', () => {
  it('gives text, thoughts, the tool plan as a thought, and calls, in this order', () => {
    const { message } = decode(
      reply(
        {
          tool_calls: [wireCall('c1', '{"a": 1.0}')],
          tool_plan: 'I will look.',
          content: [
            { type: 'thinking', thinking: 'Hm.' },
            { type: 'text', text: 'Yes.' },
          ],
        },
        'TOOL_CALL',
      ),
    );
    assert.deepEqual(contents(message.parts), [
      { $case: 'reasoning', value: { text: 'Hm.' } },
      { $case: 'text', value: { text: 'Yes.', citations: [], logprobs: [] } },
      { $case: 'reasoning', value: { text: 'I will look.' } },
      { $case: 'toolCall', value: { id: 'c1', name: 'look', input: { $case: 'argumentsJson', value: '{"a": 1.0}' } } },
    ]);
  });

  for (const [name, args] of [
    ['the text "null"', 'null'],
    ['an empty text', ''],
    ['nothing', undefined],
    ['JSON’s own null', null],
  ] as const) {
    it(`gives a call without arguments {} where Cohere says ${name}`, () => {
      const { message } = decode(reply({ tool_calls: [wireCall('c1', args)] }, 'TOOL_CALL'));
      const content = message.parts[0]?.content;
      assert.ok(content?.$case === 'toolCall');
      assert.deepEqual(content.value.input, { $case: 'argumentsJson', value: '{}' });
    });
  }

  it('refuses a call without id or name', () => {
    assert.throws(() => decode(reply({ tool_calls: [wireCall('', '{}')] })), isError('UPSTREAM_PROTOCOL'));
    assert.throws(() => decode(reply({ tool_calls: [{ id: 'c1', function: {} }] })), isError('UPSTREAM_PROTOCOL'));
  });

  it('mends halves of surrogate pairs', () => {
    const { message } = decode(reply({ content: [{ type: 'text', text: '\ud83d' }] }));
    assert.deepEqual(contents(message.parts), [
      { $case: 'text', value: { text: '\ufffd', citations: [], logprobs: [] } },
    ]);
  });

  it('keeps content of an unknown type as an item of its own', () => {
    const { message } = decode(reply({ content: [{ type: 'hologram', x: [1] }] }));
    const content = message.parts[0]?.content;
    assert.ok(content?.$case === 'opaque');
    assert.equal(content.value.itemType, 'hologram');
    assert.equal(new TextDecoder().decode(content.value.data), '{"type":"hologram","x":[1]}');
  });

  it('may be empty', () => assert.deepEqual(decode(reply({})).message.parts, []));

  it('gives the first text its log probabilities, of a piece that of all its tokens', () => {
    const logprobs = [
      { text: 'Hi', token_ids: [1], logprobs: [-0.25] },
      { text: '😀', token_ids: [2, 3], logprobs: [-0.5, -1] },
      { text: '!', token_ids: [4] },
    ];
    const content = [
      { type: 'thinking', thinking: 'Hm.' },
      { type: 'text', text: 'Hi😀!' },
    ];
    const { message } = decode(reply({ content }, 'COMPLETE', { logprobs }));
    const part = message.parts[1]?.content;
    assert.ok(part?.$case === 'text');
    assert.deepEqual(
      part.value.logprobs.map(({ token, logprob }) => [token, logprob]),
      [
        ['Hi', -0.25],
        ['😀', -1.5],
      ],
    );
  });
});

describe('cohere.v2 replies: citations', () => {
  const document = {
    type: 'document',
    id: 'document:2',
    document: { title: 'Report', url: 'https://x.example', text: 'Long.' },
  };
  const tool = { type: 'tool', id: 'look_1:0', tool_output: { sky: 'clear' } };

  function citationsOf(message: object) {
    const [part] = decode(reply(message)).message.parts.filter(({ content }) => content?.$case === 'text');
    return part?.content?.$case === 'text' ? part.content.value.citations : [];
  }

  it('makes one of each source, with places, title, URI and the request’s document', () => {
    const wire = { start: 3, end: 8, text: 'clear', sources: [document, tool], type: 'TEXT_CONTENT' };
    const citations = citationsOf({ content: [{ type: 'text', text: 'It is clear.' }], citations: [wire] });
    const common = { startIndex: 3, endIndex: 8, citedText: '', location: undefined, rawJson: JSON.stringify(wire) };
    assert.deepEqual(citations, [
      { ...common, uri: 'https://x.example', title: 'Report', documentIndex: 2 },
      { ...common, uri: '', title: '', documentIndex: undefined },
    ]);
  });

  it('knows its own documents only, and their pieces', () => {
    const of = (id: unknown) => {
      const citations = [{ start: 0, end: 1, sources: [{ type: 'document', id }] }];
      return citationsOf({ content: [{ type: 'text', text: 'A' }], citations })[0]?.documentIndex;
    };
    assert.deepEqual(['document:0', 'document:3:1', 'doc:0', 'document:x', 7].map(of), [
      0,
      3,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('goes without sources and places', () => {
    const [citation] = citationsOf({ content: [{ type: 'text', text: 'A' }], citations: [{}] });
    assert.deepEqual([citation?.startIndex, citation?.endIndex, citation?.rawJson], [undefined, undefined, '{}']);
  });

  it('belongs to the block that it names, else to the last text', () => {
    const content = [
      { type: 'text', text: 'One.' },
      { type: 'thinking', thinking: 'Hm.' },
      { type: 'text', text: 'Two.' },
    ];
    const citations = [
      { start: 0, end: 1, content_index: 0 },
      { start: 0, end: 2, content_index: 1 },
      { start: 0, end: 3 },
    ];
    const { message } = decode(reply({ content, citations }));
    const ends = message.parts.map(({ content: part }) =>
      part?.$case === 'text' ? part.value.citations.map(({ endIndex }) => endIndex) : undefined,
    );
    assert.deepEqual(ends, [[1], undefined, [2, 3]]);
  });

  it('passes over those of plans and thoughts, and those of no text', () => {
    const content = [{ type: 'text', text: 'A' }];
    const citations = [{ type: 'PLAN' }, { type: 'THINKING_CONTENT' }, null, 'x'];
    assert.deepEqual(citationsOf({ content, citations }), []);
    assert.deepEqual(decode(reply({ citations: [{ start: 0 }] })).message.parts, []);
  });
});

describe('cohere.v2 replies: finish', () => {
  for (const [word, kind] of [
    ['COMPLETE', FinishKind.STOP],
    ['STOP_SEQUENCE', FinishKind.STOP],
    ['MAX_TOKENS', FinishKind.LENGTH],
    ['TOOL_CALL', FinishKind.TOOL_CALLS],
    ['UNHEARD_OF', FinishKind.OTHER],
  ] as const) {
    it(`knows ${word}`, () => {
      assert.deepEqual(decode(reply({}, word)).finishReason, { kind, raw: word, stopSequence: undefined });
    });
  }

  it('is an error where Cohere says ERROR or TIMEOUT: it did not finish', () => {
    assert.throws(() => decode(reply({}, 'ERROR')), isError('UPSTREAM_5XX'));
    assert.throws(() => decode(reply({}, 'TIMEOUT')), isError('UPSTREAM_TIMEOUT'));
    assert.throws(() => decode(reply({}, 'ERROR', { error: 'no GPU' })), /ended its answer with ERROR: no GPU/);
  });

  it('refuses what is no answer', () => {
    for (const value of [null, [], {}, { message: {} }, { finish_reason: 'COMPLETE' }, reply({}, null)]) {
      assert.throws(() => decode(value), isError('UPSTREAM_PROTOCOL'));
    }
    assert.throws(() => decode({ message: 'too many tokens: size limit exceeded' }), isError('PROMPT_TOO_LONG'));
  });

  it('names no model', () => assert.equal(decode(reply({})).upstreamModel, ''));
});

describe('cohere.v2 replies: usage', () => {
  it('counts tokens, not billed units, with what was cached as a part of the input', () => {
    const { usage } = decode(reply({}, 'COMPLETE', { usage: COUNTS }));
    assert.deepEqual(
      [usage.inputTokens, usage.outputTokens, usage.cacheReadTokens, usage.confidence],
      [507, 10, 448, UsageConfidence.REPORTED],
    );
    assert.deepEqual(JSON.parse(usage.rawJson), COUNTS);
  });

  it('tells absent from zero', () => {
    assert.equal(decode(reply({}, 'COMPLETE', { usage: { ...COUNTS, cached_tokens: 0 } })).usage.cacheReadTokens, 0);
    const { tokens } = COUNTS;
    assert.equal(decode(reply({}, 'COMPLETE', { usage: { tokens } })).usage.cacheReadTokens, undefined);
    assert.equal(decode(reply({})).usage.confidence, UsageConfidence.UNKNOWN);
  });

  it('takes billed units for no tokens where those are missing', () => {
    const { usage } = decode(reply({}, 'COMPLETE', { usage: { billed_units: COUNTS.billed_units } }));
    assert.deepEqual([usage.inputTokens, usage.confidence], [undefined, UsageConfidence.UNKNOWN]);
  });

  it('never breaks on what is no count', () => {
    const tokens = { input_tokens: -1, output_tokens: 1.5 };
    const { usage } = decode(reply({}, 'COMPLETE', { usage: { tokens, cached_tokens: 1e300 } }));
    assert.deepEqual([usage.inputTokens, usage.outputTokens, usage.cacheReadTokens], [undefined, undefined, undefined]);
  });

  it('bills on billed units', () => {
    const billed = billedUsage(decode(reply({}, 'COMPLETE', { usage: COUNTS })).usage);
    assert.deepEqual(
      [billed.inputTokens, billed.outputTokens, billed.cacheReadTokens, billed.confidence],
      [12, 7, undefined, UsageConfidence.REPORTED],
    );
  });

  it('bills on the usage itself where nothing else is known', () => {
    for (const usage of [
      decode(reply({})).usage,
      decode(reply({}, 'COMPLETE', { usage: { tokens: COUNTS.tokens } })).usage,
    ]) {
      assert.equal(billedUsage(usage), usage);
    }
  });
});
