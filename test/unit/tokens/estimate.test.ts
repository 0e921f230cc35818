/** Tokens of a prompt by the gateway's own count. */
import assert from 'node:assert/strict';
import { Generation, ImageDetail, Role } from '../../../server/model/wire.ts';
import { estimateTokens, leastPromptTokens } from '../../../server/tokens/estimate.ts';

/** Three tokens around a message, three before the answer. */
const FRAME = 6;

describe('estimateTokens', function () {
  this.timeout(20_000);
  before(() => estimateTokens(say('Load the tokenizer.'), 'gpt-5'));

  it('counts text with the tokenizer of the model', async () => {
    const text = 'The quick brown fox jumps over the lazy dog.';
    assert.deepEqual(await estimateTokens(say(text), 'gpt-5'), { tokens: 10 + FRAME, counter: 'o200k_base' });
    assert.deepEqual(await estimateTokens(say(text), 'gpt-4-0613'), { tokens: 10 + FRAME, counter: 'cl100k_base' });
    assert.equal((await estimateTokens(say(text), 'claude-opus-5')).counter, 'o200k_base');
    assert.equal((await estimateTokens(say('こんにちは世界'), 'gpt-5')).tokens, 2 + FRAME);
  });

  it('counts what looks like a special token as text', async () => {
    assert.ok((await estimateTokens(say('<|endoftext|>'), 'gpt-5')).tokens > 3 + FRAME);
  });

  it('counts nothing but the frame of an empty prompt', async () => {
    assert.equal((await estimateTokens(say(''), 'gpt-5')).tokens, FRAME);
    assert.equal((await estimateTokens(Generation.fromPartial({}), 'gpt-5')).tokens, 3);
  });

  it('counts tools, calls, results and schemas', async () => {
    const tokens = async (partial: Parameters<typeof Generation.fromPartial>[0]) =>
      (await estimateTokens(Generation.fromPartial(partial), 'gpt-5')).tokens;
    const bare = await tokens({});
    const tool = { name: 'get_weather', description: 'Weather of a city.', parametersJson: '{"type":"object"}' };
    assert.ok((await tokens({ tools: [{ kind: { $case: 'function', value: tool } }] })) >= bare + 18);
    const schema = {
      name: 'a',
      schemaJson: '{"type":"object","properties":{"city":{"type":"string"}}}',
      description: '',
    };
    assert.ok((await tokens({ responseFormat: { format: { $case: 'jsonSchema', value: schema } } })) >= bare + 10);
    const call = {
      id: 'c1',
      name: 'get_weather',
      input: { $case: 'argumentsJson', value: '{"city":"Kyoto"}' },
    } as const;
    const result = {
      toolCallId: 'c1',
      content: [{ content: { $case: 'text', value: 'Rain.' } }],
      isError: false,
    } as const;
    const messages = [
      { role: Role.ASSISTANT, parts: [{ content: { $case: 'toolCall', value: call } }] },
      { role: Role.TOOL, parts: [{ content: { $case: 'toolResult', value: result } }] },
    ] as const;
    assert.equal(await tokens({ messages: [...messages] }), bare + 2 * 3 + 2 + 6 + 2);
  });

  it('reckons media by rules of thumb', async () => {
    const image = (detail: ImageDetail) =>
      Generation.fromPartial({
        messages: [
          {
            role: Role.USER,
            parts: [
              {
                content: {
                  $case: 'image',
                  value: { source: { $case: 'data', value: new Uint8Array(10) }, mediaType: 'image/png', detail },
                },
              },
            ],
          },
        ],
      });
    assert.equal((await estimateTokens(image(ImageDetail.HIGH), 'gpt-5')).tokens, 765 + FRAME);
    assert.equal((await estimateTokens(image(ImageDetail.LOW), 'gpt-5')).tokens, 85 + FRAME);
  });

  it('reads documents that are text', async () => {
    const value = {
      source: { $case: 'data', value: Buffer.from('The quick brown fox') },
      mediaType: 'text/plain',
    } as const;
    const generation = Generation.fromPartial({
      messages: [{ role: Role.USER, parts: [{ content: { $case: 'document', value } }] }],
    });
    assert.equal((await estimateTokens(generation, 'gpt-5')).tokens, 4 + FRAME);
  });

  it('comes near to the whole when it counts samples', async () => {
    const sentence = 'The quick brown fox jumps over the lazy dog. '; // 10 tokens, wherever it is cut before a space.
    const { tokens } = await estimateTokens(say(sentence.repeat(20_000)), 'gpt-5');
    assert.ok(Math.abs(tokens / 200_000 - 1) < 0.02, `${tokens}`);
    const halves = say(`${'a'.repeat(600_000)}${sentence.repeat(13_334)}`);
    const whole = 600_000 / 8 + 133_340;
    assert.ok(Math.abs((await estimateTokens(halves, 'gpt-5')).tokens / whole - 1) < 0.05);
  });

  const hostile: readonly (readonly [name: string, text: string])[] = [
    ['a run of one letter', 'a'.repeat(1_000_000)],
    ['spaces', ' '.repeat(1_000_000)],
    ['joined emoji', '👨‍👩‍👧‍👦'.repeat(90_000)],
    ['letters without sense', letters(1_000_000)],
    ['combining marks', `e${'\u0301\u0302\u0303'.repeat(333_333)}`],
  ];
  for (const [name, text] of hostile) {
    it(`row 36: never holds the event loop for 50 ms over ${name}`, async function () {
      this.timeout(20_000);
      const longest: number[] = [];
      while (longest.length < 3 && longest.every((ms) => ms >= 50)) {
        const stopwatch = watchTurns(); // What blocks does so each time; a pause of the machine or the collector does not.
        const { tokens } = await estimateTokens(say(text), 'gpt-5');
        longest.push(stopwatch.stop());
        assert.ok(tokens > 1000, `${tokens}`);
      }
      assert.ok(Math.min(...longest) < 50, `${longest.join(', ')} ms`);
    });
  }
});

/** Measures the longest turn of the event loop in CPU time of its thread: a machine that is busy with other things does not count. */
function watchTurns(): { readonly stop: () => number } {
  let longestMs = 0;
  let running = true;
  let last = process.threadCpuUsage();
  const turn = (): void => {
    const { user, system } = process.threadCpuUsage(last);
    last = process.threadCpuUsage();
    longestMs = Math.max(longestMs, (user + system) / 1000);
    if (running) setImmediate(turn);
  };
  setImmediate(turn);
  return {
    stop() {
      running = false;
      turn();
      return longestMs;
    },
  };
}

function say(text: string): Generation {
  return Generation.fromPartial({
    messages: [{ role: Role.USER, parts: [{ content: { $case: 'text', value: { text } } }] }],
  });
}

/** Lower-case letters by a small linear congruential generator: the same in every run. */
function letters(length: number): string {
  let state = 1;
  return Array.from({ length }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return String.fromCharCode(97 + (Math.floor(state / 65_536) % 26));
  }).join('');
}

describe('leastPromptTokens', function () {
  this.timeout(20_000);

  it('counts nothing where the length says that it fits', () => {
    assert.equal(leastPromptTokens(say('x'.repeat(1000)), 'gpt-5', 3000), undefined);
    assert.equal(leastPromptTokens(Generation.fromPartial({}), 'gpt-5', 0), undefined);
  });

  it('counts short texts exactly, and never more than the estimate', async () => {
    const text = `hello${' hello'.repeat(49)}`;
    assert.equal(await leastPromptTokens(say(text), 'gpt-5', 10), 50);
    for (const long of ['hello '.repeat(5000), 'zxqj'.repeat(20_000), 'Grüße, 世界. '.repeat(20_000)]) {
      const least = (await leastPromptTokens(say(long), 'gpt-5', 3000)) ?? assert.fail();
      const { tokens } = await estimateTokens(say(long), 'gpt-5');
      assert.ok(least <= tokens && least > tokens * 0.7, `${least} of ${tokens}`);
    }
  });

  it('knows without a tokenizer what is far too long', async () => {
    const began = performance.now();
    assert.equal(await leastPromptTokens(say('a'.repeat(12_800_000)), 'gpt-5', 10_000), 100_000);
    assert.ok(performance.now() - began < 100);
  });

  it('leaves media out', () => {
    const image = { source: { $case: 'data' as const, value: new Uint8Array(9) }, mediaType: 'image/png' };
    const part = { content: { $case: 'image' as const, value: image } };
    const generation = Generation.fromPartial({ messages: [{ role: Role.USER, parts: [part] }] });
    assert.equal(leastPromptTokens(generation, 'gpt-5', 0), undefined);
  });
});
