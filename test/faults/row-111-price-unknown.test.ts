/** Row 111: a model whose price nobody knows. Its calls are served; its cost is unknown, and never zero. */
import { deepStrictEqual, match, strictEqual } from 'node:assert/strict';
import { chatReply, chatStream } from '../support/chat-wire.ts';
import { eventually, type FaultRig, generation, startFaultRig } from '../support/fault-rig.ts';
import { steps } from '../support/misbehaving-server.ts';

const UNPRICED = 'unpriced';

describe('row 111: a price that is not known', () => {
  let rig: FaultRig;
  before(async () => {
    rig = await startFaultRig({
      [UNPRICED]: {
        script: ({ body }) => [
          steps.send(body.includes('"stream":true') ? chatStream('four') : chatReply('four')),
          steps.end,
        ],
      },
    });
  });
  after(() => rig[Symbol.asyncDispose]());

  it('row 111: is said at the start, by the deployment', async () => {
    const warning = await eventually(() =>
      rig.gateway.logs().find(({ msg }) => String(msg).startsWith('no price is known')),
    );
    deepStrictEqual([warning.level, warning.deployments], ['warn', ['unpriced: unpriced/unpriced-1']]);
    match(
      await rig.gateway.metrics(),
      /^kanmon_models_without_price\{model="unpriced",deployment="unpriced\/unpriced-1"\} 1$/m,
    );
  });

  it('row 111: the call is served, and its cost is UNKNOWN', async () => {
    const replies = await Promise.all([
      rig.client.complete({ ...generation(UNPRICED), options: { requestId: 'unpriced-1' } }),
      rig.client.stream(generation(UNPRICED)).final(),
    ]);
    for (const { cost, usage } of replies) {
      deepStrictEqual([cost?.pricingStatus, cost?.usdNanos, cost?.items], ['PRICING_STATUS_UNKNOWN', 0, []]);
      strictEqual(usage?.inputTokens, 5);
    }
    strictEqual(rig.provider(UNPRICED).requests.length, 2);
  });

  it('row 111: the log says nothing of a cost, and the metrics count the calls', async () => {
    const line = await rig.logLine('unpriced-1');
    deepStrictEqual([line.inputTokens, line.costUsdNanos], [5, undefined]);
    const metrics = await rig.gateway.metrics();
    match(metrics, /^kanmon_calls_unpriced_total\{model="unpriced",client="[^"]+"\} 2$/m);
    match(metrics, /^kanmon_cost_usd_total\{model="unpriced",client="[^"]+"\} 0$/m);
    await rig.assertServes();
    await rig.assertQuiet();
  });
});
