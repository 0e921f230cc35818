import assert from 'node:assert/strict';
import { StreamFold } from '@kanmon/client/fold';
import {
  Citation,
  FinishKind,
  OpaqueState,
  Part,
  StreamEvent,
  StreamFinished,
  StreamStarted,
  TokenLogprob,
  ToolInputKind,
} from '../../server/model/wire.ts';

type Event = NonNullable<StreamEvent['event']>;

describe('StreamFold', () => {
  it('joins interleaved parts by their index, in the order of the indexes', () => {
    const parts = fold([
      { $case: 'textStart', value: { partIndex: 1 } },
      { $case: 'reasoningStart', value: { partIndex: 0 } },
      textDelta(1, 'To'),
      { $case: 'reasoningDelta', value: { partIndex: 0, text: 'hm' } },
      textDelta(1, 'kyo'),
      { $case: 'reasoningDelta', value: { partIndex: 0, text: 'm' } },
      { $case: 'textEnd', value: { partIndex: 1, opaqueState: [] } },
      { $case: 'reasoningEnd', value: { partIndex: 0, opaqueState: [] } },
    ]);
    assert.deepEqual(
      parts.map(({ content }) => content),
      [
        { $case: 'reasoning', value: { text: 'hmm' } },
        { $case: 'text', value: { text: 'Tokyo', citations: [], logprobs: [] } },
      ],
    );
  });

  it('appends citations and log probabilities in the order in which they came', () => {
    const [part] = fold([
      { $case: 'textStart', value: { partIndex: 0 } },
      textDelta(0, 'a', ['a']),
      { $case: 'citation', value: { partIndex: 0, citation: Citation.fromPartial({ uri: 'x:1' }) } },
      textDelta(0, 'bc', ['b', 'c']),
      { $case: 'citation', value: { partIndex: 0, citation: Citation.fromPartial({ uri: 'x:2' }) } },
    ]);
    assert.ok(part?.content?.$case === 'text');
    assert.deepEqual(
      part.content.value.citations.map(({ uri }) => uri),
      ['x:1', 'x:2'],
    );
    assert.deepEqual(
      part.content.value.logprobs.map(({ token }) => token),
      ['a', 'b', 'c'],
    );
  });

  it('keeps the opaque state of every kind of part', () => {
    const state = (kind: string) => [OpaqueState.fromPartial({ kind, data: Uint8Array.of(0, 255) })];
    const parts = fold([
      { $case: 'textStart', value: { partIndex: 0 } },
      { $case: 'refusalStart', value: { partIndex: 1 } },
      { $case: 'reasoningStart', value: { partIndex: 2 } },
      toolCallStart(3, ToolInputKind.JSON),
      { $case: 'textEnd', value: { partIndex: 0, opaqueState: state('t') } },
      { $case: 'refusalEnd', value: { partIndex: 1, opaqueState: state('r') } },
      { $case: 'reasoningEnd', value: { partIndex: 2, opaqueState: state('s') } },
      { $case: 'toolCallEnd', value: { partIndex: 3, opaqueState: state('c') } },
    ]);
    assert.deepEqual(
      parts.map(({ opaqueState }) => opaqueState),
      ['t', 'r', 's', 'c'].map(state),
    );
  });

  it('gives a tool call without arguments an empty object, and one without text an empty text', () => {
    const parts = fold([
      toolCallStart(0, ToolInputKind.JSON),
      toolCallStart(1, ToolInputKind.TEXT),
      toolCallStart(2, ToolInputKind.JSON),
      { $case: 'toolCallDelta', value: { partIndex: 2, fragment: '{"a"' } },
      { $case: 'toolCallDelta', value: { partIndex: 2, fragment: ':1}' } },
    ]);
    assert.deepEqual(
      parts.map(({ content }) => (content?.$case === 'toolCall' ? content.value.input : undefined)),
      [
        { $case: 'argumentsJson', value: '{}' },
        { $case: 'text', value: '' },
        { $case: 'argumentsJson', value: '{"a":1}' },
      ],
    );
  });

  for (const kind of ['image', 'audio', 'video', 'document'] as const) {
    it(`joins the data that follows a part: ${kind}`, () => {
      const [part] = fold([
        { $case: 'part', value: { partIndex: 0, part: mediaPart(kind), dataFollows: true } },
        { $case: 'partData', value: { partIndex: 0, data: Uint8Array.of(1, 2), last: false } },
        { $case: 'partData', value: { partIndex: 0, data: Uint8Array.of(3), last: true } },
      ]);
      assert.ok(part?.content?.$case === kind);
      assert.equal(part.content.value.mediaType, `${kind}/x`);
      assert.deepEqual(part.content.value.source, { $case: 'data', value: Uint8Array.of(1, 2, 3) });
    });
  }

  it('joins the data that follows an opaque part', () => {
    const opaque = Part.fromPartial({ content: { $case: 'opaque', value: { itemType: 'x' } } });
    const [part] = fold([
      { $case: 'part', value: { partIndex: 0, part: opaque, dataFollows: true } },
      { $case: 'partData', value: { partIndex: 0, data: Uint8Array.of(7), last: true } },
    ]);
    assert.ok(part?.content?.$case === 'opaque');
    assert.deepEqual(part.content.value.data, Uint8Array.of(7));
    assert.equal(part.content.value.itemType, 'x');
  });

  it('passes over an event that it does not know', () => {
    const known = StreamEvent.encode({ event: { $case: 'textStart', value: { partIndex: 0 } } }).finish();
    const unknown = StreamEvent.decode(Uint8Array.of(0xfa, 0x3e, 0)); // Field 1007, empty.
    const fold = new StreamFold();
    fold.pushAll([unknown, StreamEvent.decode(known), unknown]);
    assert.equal(fold.message().parts.length, 1);
  });

  it('gives the answer so far, and a copy that later events leave alone', () => {
    const fold = new StreamFold();
    fold.push({ event: { $case: 'textStart', value: { partIndex: 0 } } });
    fold.push({ event: textDelta(0, 'a', ['a']) });
    const early = fold.message();
    fold.push({ event: textDelta(0, 'b', ['b']) });
    assert.deepEqual(early.parts[0]?.content, {
      $case: 'text',
      value: { text: 'a', citations: [], logprobs: [logprob('a')] },
    });
  });

  it('has no response before the stream is whole', () => {
    const fold = new StreamFold();
    assert.equal(fold.started(), undefined);
    assert.throws(() => fold.toResponse(), /not begun/);
    fold.push({ event: { $case: 'started', value: StreamStarted.fromPartial({ callId: 'c' }) } });
    assert.throws(() => fold.toResponse(), /cut short/);
    assert.equal(fold.finished(), undefined);
    const finished = StreamFinished.fromPartial({ finishReason: { kind: FinishKind.STOP } });
    fold.push({ event: { $case: 'finished', value: finished } });
    assert.equal(fold.toResponse().callId, 'c');
    assert.equal(fold.toResponse().finishReason?.kind, FinishKind.STOP);
  });

  it('refuses a delta of a part that is not open, or open as another kind', () => {
    assert.throws(() => fold([textDelta(2, 'x')]), /part 2 is not open/);
    assert.throws(() => fold([toolCallStart(0, ToolInputKind.JSON), textDelta(0, 'x')]), /part 0 is toolCall/);
    assert.throws(
      () => fold([toolCallStart(0, ToolInputKind.JSON), { $case: 'textStart', value: { partIndex: 0 } }]),
      /part 0 begins a second time/,
    );
  });

  it('takes many deltas in linear time', () => {
    const many = 200_000;
    const fold = new StreamFold();
    fold.push({ event: { $case: 'textStart', value: { partIndex: 0 } } });
    const delta = { event: textDelta(0, 'eight by') };
    for (let i = 0; i < many; i++) fold.push(delta);
    const content = fold.message().parts[0]?.content;
    assert.ok(content?.$case === 'text');
    assert.equal(content.value.text.length, many * 8);
  });
});

function fold(events: readonly Event[]): readonly Part[] {
  const fold = new StreamFold();
  for (const event of events) fold.push({ event });
  return fold.message().parts;
}

function textDelta(partIndex: number, text: string, tokens: readonly string[] = []): Event {
  return { $case: 'textDelta', value: { partIndex, text, logprobs: tokens.map(logprob) } };
}

function logprob(token: string): TokenLogprob {
  return TokenLogprob.fromPartial({ token, logprob: -1 });
}

function toolCallStart(partIndex: number, kind: ToolInputKind): Event {
  return { $case: 'toolCallStart', value: { partIndex, id: `id${partIndex}`, name: 'f', kind } };
}

function mediaPart(kind: 'image' | 'audio' | 'video' | 'document'): Part {
  return Part.fromPartial({ content: { $case: kind, value: { mediaType: `${kind}/x` } } });
}
