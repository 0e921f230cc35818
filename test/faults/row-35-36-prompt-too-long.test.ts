/** Rows 35 and 36: prompts over the context window, by the gateway's count before anything is sent, or by the provider's word. */
import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { userText } from '@kanmon/client';
import { chatReply, errorReply } from '../support/chat-wire.ts';
import { type ExpectedFault, type FaultRig, startFaultRig } from '../support/fault-rig.ts';
import { steps } from '../support/misbehaving-server.ts';

const WINDOW_TOKENS = 50;
const ANSWERS = { script: () => [steps.send(chatReply('hello'))] };
const TOO_LONG = {
  error: {
    message: "This model's maximum context length is 50 tokens. However, your messages resulted in 60 tokens.",
    type: 'invalid_request_error',
    code: 'context_length_exceeded',
  },
};

/**
 * Without the guard the loop stands for 9 s and more. Client, providers and whatever else the machine does share it, so this
 * is no measurement: estimate.test.ts holds the gateway's own part to 50 ms of CPU time.
 */
const MAX_LAG_MS = 2000;

describe('rows 35 and 36: prompts that are too long', () => {
  let rig: FaultRig;

  before(async () => {
    rig = await startFaultRig({
      small: { ...ANSWERS, deployment: { contextWindow: WINDOW_TOKENS } },
      either: { ...ANSWERS, deployment: { contextWindow: WINDOW_TOKENS }, fallback: true },
      big: { ...ANSWERS, deployment: { contextWindow: 100_000 } },
      says: { script: () => [steps.send(errorReply(400, TOO_LONG))], attempts: 3 },
    });
    await rig.client.complete(ask('small', 10)); // The first count loads the tokenizer.
  });

  after(() => rig[Symbol.asyncDispose]());

  afterEach(() => rig.assertQuiet());

  const REFUSED: ExpectedFault = { code: 'INVALID_ARGUMENT', reason: 'PROMPT_TOO_LONG', pushbackMs: -1, attempts: [] };

  it('row 35: a prompt of exactly the window is sent, and one of a token more is not', async () => {
    const sent = () => rig.provider('small').requests.length;
    const before = sent();
    await rig.client.complete(ask('small', WINDOW_TOKENS));
    strictEqual(sent(), before + 1);
    const error = await rig.assertFault(rig.client.complete(ask('small', WINDOW_TOKENS + 1)), REFUSED);
    await rig.assertFault(rig.client.stream(ask('small', WINDOW_TOKENS + 1)).final(), REFUSED);
    strictEqual(sent(), before + 1);
    deepStrictEqual(
      error.violations.map(({ field }) => field),
      ['generation.messages'],
    );
    deepStrictEqual([error.metadata.promptTokens, error.metadata.contextWindowTokens], ['51', '50']);
  });

  it('row 35: a deployment with a larger window takes it', async () => {
    const { provider } = await rig.client.complete(ask('either', WINDOW_TOKENS + 1));
    strictEqual(provider, 'simulator');
    strictEqual(rig.provider('either').requests.length, 0);
  });

  it('row 35: counting tokens is not refused', async () => {
    const { inputTokens } = await rig.client.countTokens(ask('small', 1000));
    ok(inputTokens >= 1000);
  });

  it("row 35: the provider's own word is the same reason, and is not asked for twice", async () => {
    const error = await rig.assertFault(rig.client.complete(ask('says', 60)), {
      ...REFUSED,
      attempts: ['PROMPT_TOO_LONG 400'],
      message: /maximum context length is 50 tokens/,
    });
    strictEqual(error.metadata.upstreamCode, 'context_length_exceeded');
    strictEqual(rig.provider('says').requests.length, 1);
  });

  for (const [name, unit] of Object.entries({
    'one letter': 'a',
    spaces: ' ',
    'joined emoji': '👩‍',
    words: 'why not ',
  })) {
    it(`row 36: 4 MB of ${name} are refused without holding up anybody`, async () => {
      const delay = monitorEventLoopDelay({ resolution: 1 });
      const text = unit.repeat(Math.floor(4_000_000 / Buffer.byteLength(unit)));
      delay.enable();
      const call = rig.client.complete({ generation: { model: 'small', messages: [userText(text)] } });
      await rig.assertFault(call, REFUSED);
      delay.disable();
      strictEqual(rig.provider('small').requests.length, 2);
      ok(delay.max / 1e6 < MAX_LAG_MS, `${delay.max / 1e6} ms`);
    });
  }

  it('row 36: what is long and yet may fit is counted by samples, in slices', async () => {
    const text = 'zxqj vkwp '.repeat(60_000);
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const call = rig.client.complete({ generation: { model: 'big', messages: [userText(text)] } });
    await rig.assertFault(call, REFUSED);
    delay.disable();
    strictEqual(rig.provider('big').requests.length, 0);
    ok(delay.max / 1e6 < MAX_LAG_MS, `${delay.max / 1e6} ms`);
  });
});

/** A prompt of exactly so many tokens of o200k: a word, and the same with its space. */
function ask(model: string, tokens: number) {
  return { generation: { model, messages: [userText(`hello${' hello'.repeat(tokens - 1)}`)] } };
}
