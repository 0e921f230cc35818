/** Row 69: usage that is none: negative, no number, too large, missing; and a zero, which is a zero. */
import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { chatReply, chatStream, chunkOf, event, STREAM_HEAD, textEvent } from '../support/chat-wire.ts';
import { type FaultRig, type FaultyModel, generation, startFaultRig } from '../support/fault-rig.ts';
import { steps } from '../support/misbehaving-server.ts';

type Row = readonly [
  name: string,
  usage: unknown,
  input: number | undefined,
  output: number | undefined,
  confidence: 'REPORTED' | 'PARTIAL' | 'UNKNOWN',
];

const ROWS: readonly Row[] = [
  ['honest', counts(5, 2), 5, 2, 'REPORTED'],
  ['zero', counts(0, 0), 0, 0, 'REPORTED'],
  ['negative', counts(-5, 2), undefined, 2, 'PARTIAL'],
  ['both negative', counts(-5, -2), undefined, undefined, 'UNKNOWN'],
  ['the word NaN', counts('NaN', 2), undefined, 2, 'PARTIAL'],
  ['a fraction', counts(5, 2.5), 5, undefined, 'PARTIAL'],
  ['2^53', counts(5, 2 ** 53), 5, undefined, 'PARTIAL'],
  ['1e400', counts(5, 'BIG'), 5, undefined, 'PARTIAL'],
  ['null', counts(null, null), undefined, undefined, 'UNKNOWN'],
  ['a list', [], undefined, undefined, 'UNKNOWN'],
  ['a text', 'many', undefined, undefined, 'UNKNOWN'],
  ['missing', undefined, undefined, undefined, 'UNKNOWN'],
];

describe('row 69: usage that is none', () => {
  let rig: FaultRig;

  before(async () => {
    const models = ROWS.flatMap(([name, usage]): [string, FaultyModel][] => [
      [`${slug(name)}-whole`, { script: () => [steps.send(whole(usage))] }],
      [`${slug(name)}-stream`, { script: () => [steps.send(stream(usage))] }],
    ]);
    rig = await startFaultRig(Object.fromEntries(models));
  });

  after(() => rig[Symbol.asyncDispose]());

  for (const [name, , input, output, confidence] of ROWS) {
    it(`row 69: ${name} is ${input ?? 'unknown'} in and ${output ?? 'unknown'} out, ${confidence}`, async () => {
      const options = { requestId: slug(name) };
      const replies = await Promise.all([
        rig.client.complete({ ...generation(`${slug(name)}-whole`), options }),
        rig.client.stream(generation(`${slug(name)}-stream`)).final(),
      ]);
      for (const { usage } of replies) {
        deepStrictEqual([usage?.inputTokens, usage?.outputTokens], [input, output]);
        strictEqual(usage?.confidence, `USAGE_CONFIDENCE_${confidence}`);
      }
      const line = await rig.logLine(slug(name));
      deepStrictEqual([line.inputTokens, line.outputTokens], [input, output]);
    });
  }

  it('row 69: what is unknown is not counted, and spoils no counter', async () => {
    const metrics = await rig.gateway.metrics();
    deepStrictEqual(
      metrics
        .split('\n')
        .filter((line) => line.startsWith('kanmon_tokens_total') && /NaN|-\d|Inf/.test(line.split('} ')[1] ?? '')),
      [],
    );
    await rig.assertQuiet();
  });
});

function counts(prompt: unknown, completion: unknown): object {
  return { prompt_tokens: prompt, completion_tokens: completion };
}

function whole(usage: unknown): string {
  return bigNumbers(chatReply('four', { usage }));
}

function stream(usage: unknown): string {
  if (usage === undefined) return chatStream('four').replace(/\r\n[0-9a-f]+\r\ndata: \{[^\n]*"usage"[^\n]*\n\n/, '');
  const last = { ...chunkOf({}), choices: [], usage };
  return bigNumbers(
    [STREAM_HEAD, textEvent('four'), event(chunkOf({}, 'stop')), event(last), event('[DONE]'), '0\r\n\r\n'].join(''),
  );
}

/** A number beyond all numbers, in as many characters as the word that stands for it. */
function bigNumbers(text: string): string {
  return text.replaceAll('"BIG"', '1e400');
}

function slug(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9]/g, '-');
}
