/** Mistral's recordings, told by its models' names, decoded and sent back with the quirks of its row. */
import assert from 'node:assert/strict';
import { StreamFold } from '@kanmon/client/fold';
import { Generation, type Part, Role } from '../../../server/model/wire.ts';
import { openaiChat } from '../../../server/providers/openai-chat/index.ts';
import { decodeFrames, isError } from '../../contract/dialect.ts';
import { describeRecordings, type Recording } from '../../support/recordings.ts';
import { lacking, makeAllowances, makeTarget } from '../../support/targets.ts';
import type { Expectation } from '../../support/wire/expectation.ts';
import { CHAT } from '../../support/wire/languages.ts';
import { payloadsOf } from '../../support/wire/read-sse.ts';
import { MISTRAL } from './mistral-host.ts';

const TARGET = makeTarget('openai.chat', { quirks: MISTRAL.quirks, capabilities: lacking(...MISTRAL.lacks) });

describeRecordings('recordings of mistral', isMistral, (recordings) => {
  for (const recording of recordings) {
    it(`${recording.name} says what the recording says, and can be sent back`, () => {
      const expected = CHAT.read(recording);
      const { message, finishReason, usage } =
        recording.form === 'reply' ? readReply(recording) : readStream(recording);
      expected.checkMessage(message);
      expected.checkEnd(finishReason, usage);
      checkReplay(message.parts, expected, recording);
    });
  }

  for (const recording of recordings.filter(({ form }) => form !== 'reply')) {
    it(`${recording.name} is whole without [DONE], with usage in its last piece, and never when it is cut`, () => {
      const frames = framesOf(recording);
      const decoder = openaiChat.openStream(TARGET);
      for (const frame of frames) decoder.push(frame);
      assert.notEqual(decoder.usage, undefined);
      for (let count = 0; count <= CHAT.lastWord(recording); count += 1) {
        const cut = () => decodeFrames(openaiChat, TARGET, frames.slice(0, count));
        assert.throws(cut, isError('UPSTREAM_TRUNCATED'), `after ${count} chunks`);
      }
    });
  }
});

function isMistral(recording: Recording): boolean {
  const kind = CHAT.kindOf(recording);
  const [model] = kind === 'stream' || kind === 'reply' ? (recording.text.match(/(?<="model":\s*")[^"]+/) ?? []) : [];
  return /^(?:open-)?(?:mistral|magistral|ministral|codestral|devstral|pixtral|voxtral)/.test(model ?? '');
}

function framesOf(recording: Recording) {
  return payloadsOf(recording).map((data) => ({ event: '', data }));
}

function readReply(recording: Recording) {
  return openaiChat.decodeComplete(JSON.parse(recording.text), TARGET);
}

function readStream(recording: Recording) {
  const fold = new StreamFold();
  fold.pushAll(decodeFrames(openaiChat, TARGET, framesOf(recording)));
  return { message: fold.message(), finishReason: fold.finished()?.finishReason, usage: fold.finished()?.usage };
}

/** Text and calls go back as they came; ids are Mistral's own, so that none is rewritten. */
function checkReplay(parts: readonly Part[], expected: Expectation, recording: Recording): void {
  const opaqueItems = new Set(recording.text.match(/(?<="type":\s*")[a-z_]+/g));
  const target = { ...TARGET, allowances: makeAllowances({ opaqueItems }) };
  const user = { role: Role.USER, parts: [{ content: { $case: 'text', value: { text: 'Go on.' } } as const }] };
  const generation = Generation.fromPartial({ messages: [user, { role: Role.ASSISTANT, parts }, user] });
  const { body, adaptations } = openaiChat.encodeComplete(generation, target, false);
  if (expected.facts.reasoning === '') expected.checkReplay(body);
  const rewritten = adaptations.filter(({ field }) => /\.(?:id|tool_call_id)$/.test(field));
  assert.deepEqual(rewritten, []);
}
