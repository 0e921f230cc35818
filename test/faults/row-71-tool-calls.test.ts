/** Row 71: tool calls whose JSON is cut, and finish reasons that nobody knows: delivered as they are. */
import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { chatReply, chunkOf, event, STREAM_HEAD } from '../support/chat-wire.ts';
import { type FaultRig, type FaultyModel, generation, startFaultRig } from '../support/fault-rig.ts';
import { steps } from '../support/misbehaving-server.ts';

const CUT = '{"city": "Tok';
const CALL = { id: 'call-1', type: 'function', function: { name: 'weather', arguments: CUT } };
const FINISH = { length: 'FINISH_KIND_LENGTH', mystery: 'FINISH_KIND_OTHER' } as const;
type Raw = keyof typeof FINISH;

describe('row 71: tool calls that are cut', () => {
  let rig: FaultRig;

  before(async () => {
    const models = Object.keys(FINISH).flatMap((finish): [string, FaultyModel][] => [
      [`${finish}-whole`, { script: () => [steps.send(whole(finish))] }],
      [`${finish}-stream`, { script: () => [steps.send(stream(finish))] }],
    ]);
    rig = await startFaultRig(Object.fromEntries(models));
  });

  after(() => rig[Symbol.asyncDispose]());

  for (const finish of ['length', 'mystery'] satisfies readonly Raw[]) {
    it(`row 71: arguments and the finish reason ${finish} are delivered as they are, and the call is OK`, async () => {
      const options = { requestId: `r-${finish}` };
      const replies = await Promise.all([
        rig.client.complete({ ...generation(`${finish}-whole`), options }),
        rig.client.stream(generation(`${finish}-stream`)).final(),
      ]);
      for (const { message, finishReason, usage } of replies) {
        const content = message?.parts.at(-1)?.content;
        deepStrictEqual(content?.$case === 'toolCall' && [content.value.name, content.value.input], [
          'weather',
          { $case: 'argumentsJson', value: CUT },
        ]);
        deepStrictEqual([finishReason?.kind, finishReason?.raw], [FINISH[finish], finish]);
        strictEqual(usage?.outputTokens, 2);
      }
      const line = await rig.logLine(`r-${finish}`);
      deepStrictEqual([line.status, line.outputTokens], ['OK', 2]);
      await rig.assertQuiet();
    });
  }
});

function whole(finish: string): string {
  const message = { role: 'assistant', content: null, tool_calls: [CALL] };
  return chatReply('', { choices: [{ index: 0, message, finish_reason: finish }] });
}

function stream(finish: string): string {
  const usage = { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 };
  return [
    STREAM_HEAD,
    event(chunkOf({ tool_calls: [{ index: 0, ...CALL, function: { name: 'weather', arguments: '' } }] })),
    ...['{"ci', 'ty": ', '"Tok'].map((piece) =>
      event(chunkOf({ tool_calls: [{ index: 0, function: { arguments: piece } }] })),
    ),
    event(chunkOf({}, finish)),
    event({ ...chunkOf({}), choices: [], usage }),
    event('[DONE]'),
    '0\r\n\r\n',
  ].join('');
}
