/** Every recording in the language of chat completions, against an independent small reader of it. */
import assert from 'node:assert/strict';
import { StreamFold } from '@kanmon/client/fold';
import { GatewayError } from '../../../server/model/errors.ts';
import { Generation, type Part, Role } from '../../../server/model/wire.ts';
import type { Frame } from '../../../server/providers/dialect.ts';
import { openaiChat } from '../../../server/providers/openai-chat/index.ts';
import { cutSse, decodeFrames, isError, toSse } from '../../contract/dialect.ts';
import { describeWires, type Recording } from '../../support/recordings.ts';
import { makeTarget } from '../../support/targets.ts';
import type { Expectation } from '../../support/wire/expectation.ts';
import { CHAT } from '../../support/wire/languages.ts';
import { payloadsOf } from '../../support/wire/read-sse.ts';

const TARGET = makeTarget('openai.chat');

describeWires('recordings of openai.chat: streams', isStream, (recordings) => {
  for (const recording of recordings) {
    const payloads = payloadsOf(recording).map((data) => data.replaceAll('\n', ' ')); // JSON of several lines stays the same.
    const frames = [...payloads, '[DONE]'].map((data): Frame => ({ event: '', data }));
    describe(recording.name, () => {
      const kind = CHAT.kindOf(recording);
      if (kind === 'stream') declareStream(recording, frames);
      else if (kind === 'cut stream') declareTruncation(frames);
      else declareFailure(frames);
    });
  }
});

function declareStream(recording: Recording, frames: readonly Frame[]): void {
  const expected = CHAT.read(recording);

  it('says what the recording says, with one finished event, the last', () => {
    const events = decodeFrames(openaiChat, TARGET, frames);
    const fold = new StreamFold();
    fold.pushAll(events);
    expected.checkMessage(fold.message());
    expected.checkEnd(fold.finished()?.finishReason, fold.finished()?.usage);
    assert.deepEqual(
      events.flatMap(({ event }, index) => (event?.$case === 'finished' ? [index] : [])),
      [events.length - 1],
    );
  });

  it('gives the same events for every cut of its bytes', () => {
    const whole = decodeFrames(openaiChat, TARGET, frames);
    const bytes = toSse(frames);
    for (const size of [3, 61, 4096]) {
      const cuts = Array.from({ length: Math.floor(bytes.length / size) }, (_, index) => index * size);
      assert.deepEqual(decodeFrames(openaiChat, TARGET, cutSse(bytes, cuts)), whole);
    }
  });

  it('names the model', () => {
    const decoder = openaiChat.openStream(TARGET);
    for (const frame of frames) decoder.push(frame);
    assert.equal(decoder.upstreamModel, expected.model);
    assert.equal(decoder.done, true);
  });

  it('never ends well when it is cut short', () => {
    const finish = CHAT.lastWord(recording);
    for (const count of [0, 1, finish >> 1, finish].filter((place) => place <= finish)) {
      assert.throws(() => decodeFrames(openaiChat, TARGET, frames.slice(0, count)), isError('UPSTREAM_TRUNCATED'));
    }
  });

  it('can be sent back', () => {
    const fold = new StreamFold();
    fold.pushAll(decodeFrames(openaiChat, TARGET, frames));
    checkReplay(fold.message().parts, expected);
  });
}

function declareFailure(frames: readonly Frame[]): void {
  it('throws the error that the recording holds', () => {
    assert.throws(() => decodeFrames(openaiChat, TARGET, frames), GatewayError);
  });
}

function declareTruncation(frames: readonly Frame[]): void {
  it('is truncated, as the recording has no end', () => {
    assert.throws(() => decodeFrames(openaiChat, TARGET, frames), isError('UPSTREAM_TRUNCATED'));
  });
}

describeWires('recordings of openai.chat: replies', isReply, (recordings) => {
  for (const recording of recordings) {
    it(`${recording.name} says what the recording says, and can be sent back`, () => {
      const expected = CHAT.read(recording);
      const decoded = openaiChat.decodeComplete(JSON.parse(recording.text), TARGET);
      expected.checkMessage(decoded.message);
      expected.checkEnd(decoded.finishReason, decoded.usage);
      assert.equal(decoded.upstreamModel, expected.model);
      checkReplay(decoded.message.parts, expected);
    });
  }
});

describeWires('recordings of openai.chat: embeddings', isEmbeddings, (recordings) => {
  for (const recording of recordings) {
    it(`${recording.name} gives its vectors in order`, () => {
      const reply = JSON.parse(recording.text) as EmbeddingsWire;
      const inputs = reply.data.map(() => ({ parts: [] }));
      const request = { model: '', inputs, dimensions: undefined, inputType: 'EMBED_INPUT_TYPE_UNSPECIFIED' } as const;
      const decoded = openaiChat.embed?.decode(
        reply,
        { ...request, encoding: 'EMBED_ENCODING_FLOATS', providerOptionsJson: {}, options: undefined },
        TARGET,
      );
      assert.deepEqual(
        decoded?.embeddings.map(({ vector }) => vector),
        reply.data
          .toSorted((a, b) => a.index - b.index)
          .map(({ embedding }) => ({ $case: 'floats', value: { values: embedding } })),
      );
      assert.equal(decoded?.usage.inputTokens, reply.usage.prompt_tokens);
    });
  }
});

interface EmbeddingsWire {
  readonly data: readonly { readonly index: number; readonly embedding: readonly number[] }[];
  readonly usage: { readonly prompt_tokens: number };
}

function isStream(recording: Recording): boolean {
  return CHAT.kindOf(recording)?.endsWith('stream') === true;
}

function isReply(recording: Recording): boolean {
  return CHAT.kindOf(recording) === 'reply';
}

function isEmbeddings(recording: Recording): boolean {
  return CHAT.kindOf(recording) === 'embeddings';
}

const REASONING_FIELD = 'reasoning_content';

/** The next turn carries the text, the calls and, where the host takes it, the reasoning as they came. */
function checkReplay(parts: readonly Part[], expected: Expectation): void {
  const user = { content: { $case: 'text', value: { text: 'Go on.', citations: [], logprobs: [] } } as const };
  const { body } = openaiChat.encodeComplete(
    {
      ...EMPTY_GENERATION,
      messages: [
        { role: Role.USER, parts: [{ ...user, cacheBreakpoint: undefined, opaqueState: [] }] },
        { role: Role.ASSISTANT, parts },
      ],
    },
    makeTarget('openai.chat', { quirks: { reasoningReplayField: REASONING_FIELD } }),
    false,
  );
  expected.checkReplay(JSON.parse(JSON.stringify(body)), REASONING_FIELD);
}

const EMPTY_GENERATION = Generation.fromPartial({ model: 'chat' });
