/** Every recording in the language of Cohere's API v2, against an independent small reader of it. */
import assert from 'node:assert/strict';
import { StreamFold } from '@kanmon/client/fold';
import { EmbedRequest, Generation, type Part, Role } from '../../../server/model/wire.ts';
import { cohereV2 } from '../../../server/providers/cohere/index.ts';
import type { Frame } from '../../../server/providers/dialect.ts';
import { cutSse, decodeFrames, isError, toSse } from '../../contract/dialect.ts';
import { describeWires, type Recording } from '../../support/recordings.ts';
import { makeTarget } from '../../support/targets.ts';
import type { Expectation, WireKind } from '../../support/wire/expectation.ts';
import { COHERE } from '../../support/wire/languages.ts';
import { payloadsOf } from '../../support/wire/read-sse.ts';

const TARGET = makeTarget('cohere.v2');

describeWires('recordings of cohere.v2: streams', isOf('stream', 'cut stream', 'failing stream'), (recordings) => {
  for (const recording of recordings) {
    const frames = payloadsOf(recording).map((data): Frame => ({ event: '', data }));
    describe(recording.name, () => {
      const kind = COHERE.kindOf(recording);
      if (kind === 'stream') declareStream(recording, frames);
      else {
        const expected = kind === 'cut stream' ? isError('UPSTREAM_TRUNCATED') : { name: 'GatewayError' };
        it('ends in the error that it reports, or in that of a cut', () => {
          assert.throws(() => decodeFrames(cohereV2, TARGET, frames), expected);
        });
      }
    });
  }
});

function declareStream(recording: Recording, frames: readonly Frame[]): void {
  const expected = COHERE.read(recording);

  it('says what the recording says, with one finished event, the last', () => {
    const events = decodeFrames(cohereV2, TARGET, frames);
    const fold = new StreamFold();
    fold.pushAll(events);
    expected.checkMessage(fold.message());
    expected.checkEnd(fold.finished()?.finishReason, fold.finished()?.usage);
    const places = events.flatMap(({ event }, index) => (event?.$case === 'finished' ? [index] : []));
    assert.deepEqual(places, [events.length - 1]);
  });

  it('gives the same events for every cut of its bytes', () => {
    const whole = decodeFrames(cohereV2, TARGET, frames);
    const bytes = toSse(frames);
    for (const size of [3, 61, 4096]) {
      const cuts = Array.from({ length: Math.floor(bytes.length / size) }, (_, index) => index * size);
      assert.deepEqual(decodeFrames(cohereV2, TARGET, cutSse(bytes, cuts)), whole);
    }
  });

  it('never ends well when it is cut short, wherever', () => {
    for (let count = 0; count <= COHERE.lastWord(recording); count += 1) {
      const cut = () => decodeFrames(cohereV2, TARGET, frames.slice(0, count));
      assert.throws(cut, isError('UPSTREAM_TRUNCATED'), `after ${count} events`);
    }
  });

  it('can be sent back', () => {
    const fold = new StreamFold();
    fold.pushAll(decodeFrames(cohereV2, TARGET, frames));
    checkReplay(fold.message().parts, expected);
  });
}

describeWires('recordings of cohere.v2: replies', isOf('reply'), (recordings) => {
  for (const recording of recordings) {
    it(`${recording.name} says what the recording says, and can be sent back`, () => {
      const expected = COHERE.read(recording);
      const decoded = cohereV2.decodeComplete(JSON.parse(recording.text), TARGET);
      expected.checkMessage(decoded.message);
      expected.checkEnd(decoded.finishReason, decoded.usage);
      checkReplay(decoded.message.parts, expected);
    });
  }
});

describeWires('recordings of cohere.v2: embeddings', isOf('embeddings'), (recordings) => {
  for (const recording of recordings) {
    it(`${recording.name} gives its vectors in order`, () => {
      const reply = JSON.parse(recording.text) as EmbeddingsWire;
      const request = EmbedRequest.fromPartial({ inputs: reply.embeddings.float.map(() => ({ parts: [] })) });
      const decoded = cohereV2.embed?.decode(reply, request, TARGET);
      assert.deepEqual(
        decoded?.embeddings.map(({ vector }) => vector),
        reply.embeddings.float.map((values) => ({ $case: 'floats', value: { values } })),
      );
      assert.equal(decoded?.usage.inputTokens, reply.meta.billed_units.input_tokens);
    });
  }
});

interface EmbeddingsWire {
  readonly embeddings: { readonly float: readonly (readonly number[])[] };
  readonly meta: { readonly billed_units: { readonly input_tokens: number } };
}

function isOf(...kinds: readonly WireKind[]): (recording: Recording) => boolean {
  return (recording) => kinds.some((kind) => kind === COHERE.kindOf(recording));
}

/** The next turn carries the text, the thoughts and the calls as they came. */
function checkReplay(parts: readonly Part[], expected: Expectation): void {
  const user = { role: Role.USER, parts: [{ content: { $case: 'text', value: { text: 'Go on.' } } as const }] };
  const generation = Generation.fromPartial({ messages: [user, { role: Role.ASSISTANT, parts }] });
  expected.checkReplay(cohereV2.encodeComplete(generation, TARGET, false).body);
}
