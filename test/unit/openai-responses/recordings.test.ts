/** Every recording in the language of responses, against an independent small reader of it. */
import assert from 'node:assert/strict';
import { StreamFold } from '@kanmon/client/fold';
import { GatewayError } from '../../../server/model/errors.ts';
import { Generation, type Part, Role } from '../../../server/model/wire.ts';
import type { Frame } from '../../../server/providers/dialect.ts';
import { openaiResponses } from '../../../server/providers/openai-responses/index.ts';
import { REPLAYABLE_ITEMS } from '../../../server/providers/openai-responses/wire.ts';
import { cutSse, decodeFrames, isError, toSse } from '../../contract/dialect.ts';
import { describeWires, type Recording } from '../../support/recordings.ts';
import { makeAllowances, makeTarget } from '../../support/targets.ts';
import type { Expectation, WireKind } from '../../support/wire/expectation.ts';
import { RESPONSES } from '../../support/wire/languages.ts';
import { payloadsOf } from '../../support/wire/read-sse.ts';

const TARGET = makeTarget('openai.responses', {
  allowances: makeAllowances({ opaqueItems: new Set([...REPLAYABLE_ITEMS, 'unheard_of_call']) }),
});

describeWires('recordings of openai.responses: streams', isStream, (recordings) => {
  for (const recording of recordings) {
    const frames = payloadsOf(recording).map((data): Frame => ({ event: '', data }));
    describe(recording.name, () => {
      const kind = RESPONSES.kindOf(recording);
      if (kind === 'stream') declareStream(recording, frames);
      else if (kind === 'cut stream') declareTruncation(frames);
      else declareFailure(frames);
    });
  }
});

function declareStream(recording: Recording, frames: readonly Frame[]): void {
  const expected = RESPONSES.read(recording);

  it('says what the recording says, with one finished event, the last', () => {
    const events = decodeFrames(openaiResponses, TARGET, frames);
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
    const whole = decodeFrames(openaiResponses, TARGET, frames);
    const bytes = toSse(frames);
    for (const size of [7, 61, 4096]) {
      const cuts = Array.from({ length: Math.floor(bytes.length / size) }, (_, index) => index * size);
      assert.deepEqual(decodeFrames(openaiResponses, TARGET, cutSse(bytes, cuts)), whole);
    }
  });

  it('names the model, and is done with its last event', () => {
    const decoder = openaiResponses.openStream(TARGET);
    const last = RESPONSES.lastWord(recording);
    for (const frame of frames.slice(0, last)) decoder.push(frame);
    assert.equal(decoder.done, false);
    for (const frame of frames.slice(last)) decoder.push(frame);
    assert.equal(decoder.upstreamModel, expected.model);
    assert.equal(decoder.done, true);
  });

  it('never ends well when it is cut short', () => {
    const last = RESPONSES.lastWord(recording);
    for (const count of [0, 1, last >> 1, last].filter((place) => place <= last)) {
      assert.throws(() => decodeFrames(openaiResponses, TARGET, frames.slice(0, count)), isError('UPSTREAM_TRUNCATED'));
    }
  });

  it('can be sent back', () => {
    const fold = new StreamFold();
    fold.pushAll(decodeFrames(openaiResponses, TARGET, frames));
    checkReplay(fold.message().parts, expected);
  });
}

function declareFailure(frames: readonly Frame[]): void {
  it('throws the error that the recording holds, once', () => {
    const decoder = openaiResponses.openStream(TARGET);
    let failures = 0;
    for (const frame of frames) {
      try {
        decoder.push(frame);
      } catch (thrown) {
        assert.ok(thrown instanceof GatewayError);
        failures += 1;
      }
    }
    assert.equal(failures, 1);
    assert.equal(decoder.done, true);
    assert.throws(() => decoder.end(), isError('UPSTREAM_TRUNCATED'));
  });
}

function declareTruncation(frames: readonly Frame[]): void {
  it('is truncated, as the recording has no end', () => {
    assert.throws(() => decodeFrames(openaiResponses, TARGET, frames), isError('UPSTREAM_TRUNCATED'));
  });
}

describeWires('recordings of openai.responses: replies', isOf('reply'), (recordings) => {
  for (const recording of recordings) {
    it(`${recording.name} says what the recording says, and can be sent back`, () => {
      const expected = RESPONSES.read(recording);
      const decoded = openaiResponses.decodeComplete(openaiResponses.parseReply?.(recording.text), TARGET);
      expected.checkMessage(decoded.message);
      expected.checkEnd(decoded.finishReason, decoded.usage);
      assert.equal(decoded.upstreamModel, expected.model);
      checkReplay(decoded.message.parts, expected);
    });
  }
});

function isStream(recording: Recording): boolean {
  return RESPONSES.kindOf(recording)?.endsWith('stream') === true;
}

function isOf(kind: WireKind): (recording: Recording) => boolean {
  return (recording) => RESPONSES.kindOf(recording) === kind;
}

/** The next request carries every item that can go back, as it came. */
function checkReplay(parts: readonly Part[], expected: Expectation): void {
  const text = { $case: 'text', value: { text: 'Go on.', citations: [], logprobs: [] } } as const;
  const user = { role: Role.USER, parts: [{ content: text, cacheBreakpoint: undefined, opaqueState: [] }] };
  const messages = [user, { role: Role.ASSISTANT, parts }, user];
  const { body } = openaiResponses.encodeComplete({ ...EMPTY_GENERATION, messages }, TARGET, false);
  expected.checkReplay(body);
}

const EMPTY_GENERATION = Generation.fromPartial({ model: 'chat' });
