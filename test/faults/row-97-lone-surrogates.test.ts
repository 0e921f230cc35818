/** Row 97: half characters wherever a provider or a caller can put them: no text may end the process. */
import { ok, strictEqual } from 'node:assert/strict';
import { textOf, userText } from '@kanmon/client';
import { chatReply, chunkOf, errorReply, event, STREAM_END, STREAM_HEAD, textEvent } from '../support/chat-wire.ts';
import { failure } from '../support/client-rig.ts';
import { type FaultRig, generation, startFaultRig } from '../support/fault-rig.ts';
import { steps } from '../support/misbehaving-server.ts';

const HALF = '\ud83d';
/** 512 characters, the last of which is half of an emoji: cutting at the limit would leave a half. */
const AT_THE_CUT = `${'x'.repeat(483)}${'😀'.repeat(40)}`;

describe('row 97: lone surrogates', () => {
  let rig: FaultRig;

  before(async () => {
    const says = (message: string) => ({
      script: () => [steps.send(errorReply(400, { error: { message, code: HALF, param: HALF } }))],
    });
    rig = await startFaultRig({
      lone: says(`cut within an emoji: ${HALF}`),
      swapped: says(`\ude00${HALF} the wrong way round`),
      cut: says(AT_THE_CUT),
      event: {
        script: () => [
          steps.send(STREAM_HEAD + textEvent('one ') + event({ error: { message: `cut ${HALF}` } })),
          steps.stall,
        ],
      },
      text: { script: () => [steps.send(chatReply(`half ${HALF}`))] },
      stream: { script: () => [steps.send(STREAM_HEAD + textEvent(`half ${HALF}`) + STREAM_END)] },
      finish: {
        script: () => [steps.send(STREAM_HEAD + textEvent('one') + event(chunkOf({}, `why${HALF}`)) + STREAM_END)],
      },
    });
  });

  after(() => rig[Symbol.asyncDispose]());

  afterEach(async () => {
    await rig.assertServes();
    await rig.assertQuiet();
  });

  for (const model of ['lone', 'swapped', 'cut']) {
    it(`row 97: in the words of an error they are replaced (${model})`, async () => {
      const expected = {
        code: 'INVALID_ARGUMENT',
        reason: 'UPSTREAM_REJECTED',
        pushbackMs: -1,
        attempts: ['UPSTREAM_REJECTED 400'],
      } as const;
      await rig.assertFault(rig.client.complete(generation(model)), expected);
      await rig.assertFault(rig.client.stream(generation(model)).final(), expected);
    });
  }

  it('row 97: in an error within a stream as well', async () => {
    const error = await rig.assertFault(rig.client.stream(generation('event')).final(), {
      code: 'UNAVAILABLE',
      reason: 'UPSTREAM_STREAM_ERROR',
      pushbackMs: -1,
      attempts: ['UPSTREAM_STREAM_ERROR 200'],
      lastSequence: 2,
    });
    ok(error.message.includes('cut \ufffd'), error.message);
  });

  it('row 97: in an answer they become the replacement character', async () => {
    strictEqual(textOf((await rig.client.complete(generation('text'))).message), 'half \ufffd');
    strictEqual(textOf((await rig.client.stream(generation('stream')).final()).message), 'half \ufffd');
    const { finishReason } = await rig.client.stream(generation('finish')).final();
    strictEqual(finishReason?.kind, 'FINISH_KIND_OTHER');
    ok(finishReason.raw.isWellFormed());
  });

  it("row 97: in a caller's own names they come back well-formed", async () => {
    const error = await failure(
      rig.client.complete({ generation: { model: `m${HALF}`, messages: [userText(`half ${HALF}`)] } }),
    );
    strictEqual(error.reason, 'MODEL_NOT_FOUND');
    ok(error.message.isWellFormed());
  });
});
