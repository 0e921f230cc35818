import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { ChatMessage, FinishReason, textOf, userText } from '@kanmon/client';
import { failure } from '../support/client-rig.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { until } from '../support/until.ts';

const HELLO = { model: 'chat', messages: [userText('What is a gateway?')], maxOutputTokens: 40 };

describe('a gateway with the simulator', () => {
  let gateway: TestGateway;

  before(async () => {
    gateway = await startTestGateway({
      providers: { simulator: { host: 'simulator', firstTokenMs: 0, tokensPerSecond: 0 } },
      models: {
        chat: { deployments: [{ provider: 'simulator', model: 'sim-chat' }] },
        embed: { deployments: [{ provider: 'simulator', model: 'sim-embed' }] },
      },
    });
  });

  after(() => gateway[Symbol.asyncDispose]());

  it('completes, with an id that is in the log too', async () => {
    const reply = await gateway.client.complete({ generation: HELLO, options: { requestId: 'r-1' } });
    ok(textOf(reply.message).length > 0);
    strictEqual(reply.provider, 'simulator');
    strictEqual(reply.usage?.outputTokens, 40);
    const find = () => gateway.logs().find(({ callId }) => callId === reply.callId);
    await until(() => find() !== undefined);
    const line = find();
    strictEqual(line?.requestId, 'r-1');
    strictEqual(line.status, 'OK');
  });

  it('streams what it completes: the fold of the events is the unary reply', async () => {
    const whole = await gateway.client.complete({ generation: HELLO });
    const stream = await gateway.client.stream({ generation: HELLO }).final();
    ok(stream.message && whole.message && stream.finishReason && whole.finishReason);
    deepStrictEqual(ChatMessage.toJSON(stream.message), ChatMessage.toJSON(whole.message));
    deepStrictEqual(FinishReason.toJSON(stream.finishReason), FinishReason.toJSON(whole.finishReason));
    strictEqual(stream.usage?.outputTokens, whole.usage?.outputTokens);
  });

  it('embeds', async () => {
    const { vectors, dimensions } = await gateway.client.embed({ model: 'embed', inputs: ['a river', 'a bridge'] });
    strictEqual(vectors.length, 2);
    strictEqual(vectors[0]?.length, dimensions);
  });

  it('lists the models of the client', async () => {
    const names: string[] = [];
    for await (const { name } of gateway.client.models({ pageSize: 1 })) names.push(name);
    deepStrictEqual(names, ['chat', 'embed']);
  });

  it('counts tokens, and says that it estimates', async () => {
    const count = await gateway.client.countTokens({ generation: HELLO });
    ok(count.inputTokens > 3);
    strictEqual(count.confidence, 'USAGE_CONFIDENCE_ESTIMATED');
  });

  it('row 9: refuses a model that is not granted as one that does not exist', async () => {
    const error = await failure(gateway.client.complete({ generation: { ...HELLO, model: 'other' } }));
    deepStrictEqual([error.reason, error.pushbackMs], ['MODEL_NOT_FOUND', -1]);
    ok(error.message.includes('chat, embed'));
  });

  it('tells what happened where a receipt is asked for', async () => {
    const { receipt } = await gateway.client.complete({
      generation: HELLO,
      options: { receipt: 'RECEIPT_LEVEL_FULL' },
    });
    deepStrictEqual(
      receipt?.attempts.map(({ deployment, upstreamStatus }) => [deployment, upstreamStatus]),
      [['simulator/sim-chat', 200]],
    );
    strictEqual(receipt?.route[0]?.fit, true);
    ok(receipt.configVersion.length === 64);
  });

  it('counts calls', async () => {
    await gateway.client.complete({ generation: HELLO });
    ok(
      /kanmon_calls_total\{rpc="complete",model="chat",client="caller",code="OK",reason=""\} [1-9]/.test(
        await gateway.metrics(),
      ),
    );
  });
});
