/** Whole replies of Converse: what recordings do not show. */
import assert from 'node:assert/strict';
import { FinishKind } from '../../../server/model/wire.ts';
import { bedrockConverse } from '../../../server/providers/bedrock/index.ts';
import { isError } from '../../contract/dialect.ts';
import { makeTarget } from './bedrock-fixtures.ts';

function decode(content: readonly object[], rest: object = {}) {
  return bedrockConverse.decodeComplete(
    { output: { message: { content } }, stopReason: 'end_turn', ...rest },
    makeTarget(),
  );
}

describe('bedrock: replies', () => {
  const finishes: readonly (readonly [raw: string, kind: FinishKind])[] = [
    ['end_turn', FinishKind.STOP],
    ['stop_sequence', FinishKind.STOP],
    ['tool_use', FinishKind.TOOL_CALLS],
    ['max_tokens', FinishKind.LENGTH],
    ['model_context_window_exceeded', FinishKind.LENGTH],
    ['guardrail_intervened', FinishKind.CONTENT_FILTER],
    ['content_filtered', FinishKind.CONTENT_FILTER],
    ['malformed_model_output', FinishKind.OTHER],
    ['malformed_tool_use', FinishKind.OTHER],
    ['a_word_of_tomorrow', FinishKind.OTHER],
  ];
  for (const [raw, kind] of finishes) {
    it(`finish by ${raw}`, () => {
      const { finishReason } = decode([], { stopReason: raw });
      assert.deepEqual([finishReason.kind, finishReason.raw], [kind, raw]);
    });
  }

  it('count their input with what the cache read and wrote, writes by lifetime', () => {
    const { usage } = decode([], {
      usage: {
        inputTokens: 16,
        outputTokens: 9,
        totalTokens: 2530,
        cacheReadInputTokens: 105,
        cacheWriteInputTokens: 2400,
        cacheDetails: [
          { ttl: '1h', inputTokens: 2000 },
          { ttl: '5m', inputTokens: 300 },
        ],
      },
    });
    assert.equal(usage.inputTokens, 2521);
    assert.equal(usage.cacheReadTokens, 105);
    assert.deepEqual(usage.cacheWrites, [
      { tokens: 2000, ttl: { seconds: 3600, nanos: 0 } },
      { tokens: 300, ttl: { seconds: 300, nanos: 0 } },
      { tokens: 100, ttl: undefined },
    ]);
  });

  it('keep what is zero apart from what is unknown', () => {
    assert.equal(decode([], { usage: { inputTokens: 0, outputTokens: 0 } }).usage.inputTokens, 0);
    assert.equal(decode([], { usage: { cacheReadInputTokens: 7 } }).usage.inputTokens, undefined);
    assert.equal(decode([]).usage.inputTokens, undefined);
  });

  it('keep every digit of a tool call’s arguments', () => {
    const json =
      '{"output":{"message":{"content":[{"toolUse":{"toolUseId":"t","name":"n","input":{"n":12345678901234567890}}}]}},"stopReason":"tool_use"}';
    const { message } = bedrockConverse.decodeComplete(bedrockConverse.parseReply?.(json), makeTarget());
    const [part] = message.parts;
    assert.equal(part?.content?.$case === 'toolCall' && part.content.value.input?.value, '{"n":12345678901234567890}');
  });

  it('keep blocks of an unknown kind, named by their member', () => {
    const [part] = decode([{ audio: { format: 'mp3', source: { bytes: 'AA==' } } }]).message.parts;
    assert.equal(part?.content?.$case === 'opaque' && part.content.value.itemType, 'audio');
  });

  it('are the error that a bare __type says, though their status is 200', () => {
    const reply = { Output: { __type: 'com.amazon.coral.service#UnknownOperationException' }, Version: '1.0' };
    assert.throws(() => bedrockConverse.decodeComplete(reply, makeTarget()), isError('UPSTREAM_MODEL_NOT_FOUND'));
  });

  it('are broken without a message or a stop reason', () => {
    for (const reply of [{}, [], null, { output: { message: { content: [] } } }, { stopReason: 'end_turn' }])
      assert.throws(() => bedrockConverse.decodeComplete(reply, makeTarget()), isError('UPSTREAM_PROTOCOL'));
  });
});
