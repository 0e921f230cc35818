/** Every recording in the language of Anthropic's Messages API, against an independent small reader of it. */
import assert from 'node:assert/strict';
import { StreamFold } from '@kanmon/client/fold';
import type { Part } from '../../../server/model/wire.ts';
import { anthropicMessages } from '../../../server/providers/anthropic/index.ts';
import type { Frame } from '../../../server/providers/dialect.ts';
import { decodeFrames, isError } from '../../contract/dialect.ts';
import { describeWires, type Recording } from '../../support/recordings.ts';
import { makeAllowances } from '../../support/targets.ts';
import type { Expectation } from '../../support/wire/expectation.ts';
import { ANTHROPIC } from '../../support/wire/languages.ts';
import { payloadsOf } from '../../support/wire/read-sse.ts';
import { assistant, makeGeneration, makeTarget, tool, toolResult, user } from './anthropic-fixtures.ts';

describeWires('recordings of anthropic.messages: streams', isStream, (recordings) => {
  for (const recording of recordings) {
    describe(recording.name, () => {
      const target = targetFor(recording);
      const frames = payloadsOf(recording).map((data): Frame => ({ event: '', data }));
      const kind = ANTHROPIC.kindOf(recording);
      if (kind === 'stream') declareStream(recording, frames);
      else {
        const expected = kind === 'cut stream' ? isError('UPSTREAM_TRUNCATED') : { name: 'GatewayError' };
        it('ends in the error that it reports, or in that of a cut', () => {
          assert.throws(() => decodeFrames(anthropicMessages, target, frames), expected);
        });
      }
    });
  }
});

function declareStream(recording: Recording, frames: readonly Frame[]): void {
  const expected = ANTHROPIC.read(recording);
  const target = targetFor(recording);

  it('says what the recording says, with one finished event, the last', () => {
    const decoded = decodeFrames(anthropicMessages, target, frames);
    const fold = new StreamFold();
    fold.pushAll(decoded);
    expected.checkMessage(fold.message());
    expected.checkEnd(fold.finished()?.finishReason, fold.finished()?.usage);
    const places = decoded.flatMap(({ event }, index) => (event?.$case === 'finished' ? [index] : []));
    assert.deepEqual(places, [decoded.length - 1]);
  });

  it('names the model', () => {
    const decoder = anthropicMessages.openStream(target);
    for (const frame of frames) decoder.push(frame);
    assert.equal(decoder.upstreamModel, expected.model);
    assert.equal(decoder.done, true);
  });

  it('never ends well when it is cut short, wherever', () => {
    for (let count = 0; count <= ANTHROPIC.lastWord(recording); count += 1) {
      const cut = () => decodeFrames(anthropicMessages, target, frames.slice(0, count));
      assert.throws(cut, isError('UPSTREAM_TRUNCATED'), `after ${count} events`);
    }
  });

  it('can be sent back, opaque state byte for byte', () => {
    const fold = new StreamFold();
    fold.pushAll(decodeFrames(anthropicMessages, target, frames));
    checkReplay(fold.message().parts, expected, recording);
  });
}

describeWires('recordings of anthropic.messages: replies', isReply, (recordings) => {
  for (const recording of recordings) {
    it(`${recording.name} says what the recording says, and can be sent back`, () => {
      const reply = JSON.parse(recording.text) as { readonly usage?: unknown };
      const expected = ANTHROPIC.read(recording);
      const decoded = anthropicMessages.decodeComplete(reply, targetFor(recording));
      expected.checkMessage(decoded.message);
      expected.checkEnd(decoded.finishReason, decoded.usage);
      assert.deepEqual(JSON.parse(decoded.usage.rawJson), reply.usage);
      assert.equal(decoded.upstreamModel, expected.model);
      checkReplay(decoded.message.parts, expected, recording);
    });
  }
});

function isStream(recording: Recording): boolean {
  return ANTHROPIC.kindOf(recording)?.endsWith('stream') === true;
}

function isReply(recording: Recording): boolean {
  return ANTHROPIC.kindOf(recording) === 'reply';
}

function targetFor(recording: Recording) {
  const types = new Set(recording.text.match(/(?<="type":\s*")[a-z_]+/g));
  return makeTarget({ allowances: makeAllowances({ opaqueItems: types }) });
}

/** The next turn carries every block as it came, but for what only replies have. */
function checkReplay(parts: readonly Part[], expected: Expectation, recording: Recording): void {
  if (!expected.isReplayable) return;
  const results = expected.facts.calls.map(({ id }) => toolResult(id, 'Done.'));
  const messages = [
    user('Go on.'),
    assistant(...parts),
    ...(results.length > 0 ? [tool(...results)] : [user('More.')]),
  ];
  const encoded = anthropicMessages.encodeComplete(makeGeneration({ messages }), targetFor(recording), false);
  expected.checkReplay(JSON.parse(JSON.stringify(encoded.body))); // Numbers with all their digits are objects before.
}
