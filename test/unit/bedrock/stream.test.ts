/** Streams of ConverseStream: what recordings do not show. */
import assert from 'node:assert/strict';
import { FinishKind, UsageConfidence } from '../../../server/model/wire.ts';
import { bedrockConverse } from '../../../server/providers/bedrock/index.ts';
import { isError } from '../../contract/dialect.ts';
import { decodeStream, delta, ENDS, finishedOf, makeTarget, type WireEvent } from './bedrock-fixtures.ts';

const toolStart = (index: number, toolUseId: string): WireEvent => [
  'contentBlockStart',
  { contentBlockIndex: index, start: { toolUse: { toolUseId, name: 'look' } } },
];

describe('bedrock: streams', () => {
  it('begin text and reasoning without contentBlockStart', () => {
    const { parts } = decodeStream([
      delta(0, { reasoningContent: { text: 'Hm' } }),
      delta(0, { reasoningContent: { signature: 'sig' } }),
      ['contentBlockStop', { contentBlockIndex: 0 }],
      delta(1, { text: 'Hi' }),
      ...ENDS,
    ]);
    assert.deepEqual(
      parts.map(({ content }) => content?.$case),
      ['reasoning', 'text'],
    );
    assert.equal(new TextDecoder().decode(parts[0]?.opaqueState[0]?.data), 'sig');
  });

  it('may go from reasoning to text under one index', () => {
    const { parts } = decodeStream([delta(0, { reasoningContent: { text: 'Hm' } }), delta(0, { text: 'Hi' }), ...ENDS]);
    assert.deepEqual(
      parts.map(({ content }) => content?.$case),
      ['reasoning', 'text'],
    );
  });

  it('keep parallel tool calls apart by their index, and give {} to those without input', () => {
    const { parts } = decodeStream([
      toolStart(1, 'a'),
      toolStart(2, 'b'),
      toolStart(3, 'c'),
      delta(1, { toolUse: { input: '{"x"' } }),
      delta(2, { toolUse: { input: '{}' } }),
      delta(1, { toolUse: { input: ':1}' } }),
      delta(3, { toolUse: { input: '' } }),
      ...ENDS,
    ]);
    const inputs = parts.map(({ content }) => content?.$case === 'toolCall' && content.value.input?.value);
    assert.deepEqual(inputs, ['{"x":1}', '{}', '{}']);
  });

  it('are not over with messageStop: usage comes after it', () => {
    const decoder = bedrockConverse.openStream(makeTarget());
    decoder.push({ event: 'messageStop', data: '{"stopReason":"end_turn"}' });
    assert.deepEqual([decoder.finishing, decoder.done], [true, false]);
    decoder.push({ event: 'metadata', data: '{"usage":{"inputTokens":1,"outputTokens":2}}' });
    assert.equal(decoder.done, true);
    assert.equal(finishedOf(decoder.end()).usage?.outputTokens, 2);
  });

  it('may have usage before messageStop, which is partial until then', () => {
    const decoder = bedrockConverse.openStream(makeTarget());
    decoder.push({ event: 'metadata', data: '{"usage":{"inputTokens":1,"outputTokens":2}}' });
    assert.equal(decoder.usage?.confidence, UsageConfidence.PARTIAL);
    assert.throws(() => decoder.end(), isError('UPSTREAM_TRUNCATED'));
    decoder.push({ event: 'messageStop', data: '{"stopReason":"end_turn"}' });
    assert.equal(decoder.done, true);
    assert.equal(finishedOf(decoder.end()).usage?.confidence, UsageConfidence.REPORTED);
  });

  it('have unknown usage without metadata, and end well all the same', () => {
    const { events } = decodeStream([delta(0, { text: 'Hi' }), ['messageStop', { stopReason: 'max_tokens' }]]);
    const { finishReason, usage } = finishedOf(events);
    assert.equal(finishReason?.kind, FinishKind.LENGTH);
    assert.equal(usage?.confidence, UsageConfidence.UNKNOWN);
    assert.equal(usage.outputTokens, undefined);
  });

  it('name the stop sequence that was met, the service tier, and the model that a router chose', () => {
    const decoder = bedrockConverse.openStream(makeTarget());
    const stop = { stopReason: 'stop_sequence', additionalModelResponseFields: { delta: { stop_sequence: '###' } } };
    decoder.push({ event: 'messageStop', data: JSON.stringify(stop) });
    const trace = { promptRouter: { invokedModelId: 'arn:aws:bedrock:us-east-1::foundation-model/x' } };
    decoder.push({ event: 'metadata', data: JSON.stringify({ usage: {}, serviceTier: { type: 'flex' }, trace }) });
    const { finishReason, usage } = finishedOf(decoder.end());
    assert.equal(finishReason?.stopSequence, '###');
    assert.equal(usage?.serviceTier, 'flex');
    assert.equal(decoder.upstreamModel, 'arn:aws:bedrock:us-east-1::foundation-model/x');
  });

  it('join a redacted thought that comes in pieces of base64', () => {
    const { parts } = decodeStream([
      delta(0, { reasoningContent: { redactedContent: 'QQ==' } }),
      delta(0, { reasoningContent: { redactedContent: 'Qg==' } }),
      ...ENDS,
    ]);
    assert.equal(new TextDecoder().decode(parts[0]?.opaqueState[0]?.data), 'QUI=');
  });

  it('pass over what comes after messageStop but metadata', () => {
    const { parts } = decodeStream([
      delta(0, { text: 'Hi' }),
      ENDS[0] as WireEvent,
      delta(1, { text: 'late' }),
      toolStart(2, 'x'),
    ]);
    assert.equal(parts.length, 1);
  });

  it('are broken where a call is begun without id or continued without begin, or the stop has no reason', () => {
    const broken: readonly WireEvent[] = [
      ['contentBlockStart', { contentBlockIndex: 0, start: { toolUse: { name: 'look' } } }],
      delta(0, { toolUse: { input: '{}' } }),
      ['messageStop', {}],
      ['contentBlockDelta', { contentBlockIndex: 0 }],
    ];
    for (const event of broken) assert.throws(() => decodeStream([event, ...ENDS]), isError('UPSTREAM_PROTOCOL'));
  });
});
