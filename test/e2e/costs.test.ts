/** What a call costs, through the whole gateway: in replies, errors, the log, metrics and ListModels. */
import { deepStrictEqual, match, strictEqual } from 'node:assert/strict';
import type { ModelInfo } from '@kanmon/client';
import type { Cost } from '../../server/model/wire.ts';
import { PRICE_LIST_VERSION } from '../../server/tokens/prices.ts';
import { chatReply, chatStream, chunkOf, event, STREAM_HEAD, textEvent } from '../support/chat-wire.ts';
import { failure } from '../support/client-rig.ts';
import { type FaultRig, type FaultyModel, generation, HONEST, startFaultRig } from '../support/fault-rig.ts';
import { steps, type WholeRequest } from '../support/misbehaving-server.ts';
import { httpReply } from '../support/raw-server.ts';

const COUNTS = {
  prompt_tokens: 1000,
  completion_tokens: 100,
  total_tokens: 1100,
  prompt_tokens_details: { cached_tokens: 400 },
};

const answers: FaultyModel['script'] = ({ body }) => {
  const isStream = body.includes('"stream":true');
  return [steps.send(isStream ? chatStream('four') : chatReply('four', { usage: COUNTS })), steps.end];
};

/** It charges for far less than it counts. */
const COHERE = httpReply(
  JSON.stringify({
    finish_reason: 'COMPLETE',
    message: { role: 'assistant', content: [{ type: 'text', text: 'four' }] },
    usage: { billed_units: { input_tokens: 12, output_tokens: 7 }, tokens: { input_tokens: 507, output_tokens: 10 } },
  }),
  'content-type: application/json\r\n',
);

const MODELS: Readonly<Record<string, FaultyModel>> = {
  listed: { script: answers, provider: { host: 'openai' }, deployment: { model: 'gpt-5-mini' } },
  configured: { script: answers, deployment: { prices: { input: 1, output: 2, request: 0.001 } } },
  cohere: {
    script: () => [steps.send(COHERE), steps.end],
    provider: { host: 'cohere' },
    deployment: { model: 'command-a-03-2025' },
  },
  breaking: { script: breaks, deployment: { prices: { input: 1, output: 2 } } },
  vectors: { script: embeds, deployment: { prices: { input: 0.0001 }, vectorSpace: 'v', maxEmbedInputs: 1 } },
};

describe('costs', () => {
  let rig: FaultRig;
  before(async () => {
    rig = await startFaultRig(MODELS);
  });
  after(() => rig[Symbol.asyncDispose]());

  const complete = (model: string, requestId = '') => {
    return rig.client.complete({ ...generation(model), options: { requestId } });
  };

  it('are those of the price list, kind by kind', async () => {
    const { cost } = await complete('listed', 'listed-1');
    deepStrictEqual(tell(cost), {
      status: 'PRICED',
      usdNanos: 600 * 250 + 400 * 25 + 100 * 2000,
      INPUT: 150_000,
      CACHE_READ: 10_000,
      OUTPUT: 200_000,
      version: PRICE_LIST_VERSION,
    });
    strictEqual((await rig.logLine('listed-1')).costUsdNanos, 360_000);
  });

  it('are those of the configuration, of a stream as of a whole reply', async () => {
    const expected = { status: 'PRICED', version: 'configuration', REQUEST: 1_000_000 };
    const { cost } = await complete('configured');
    deepStrictEqual(tell(cost), { ...expected, usdNanos: 2_200_000, INPUT: 1_000_000, OUTPUT: 200_000 });
    const streamed = await rig.client.stream(generation('configured')).final();
    deepStrictEqual(tell(streamed.cost), { ...expected, usdNanos: 1_009_000, INPUT: 5000, OUTPUT: 4000 });
    match(await rig.gateway.metrics(), /^kanmon_cost_usd_total\{model="configured",client="[^"]+"\} 0\.003209$/m);
  });

  it('are of what Cohere charges for, which is not what it counts', async () => {
    const { cost, usage } = await complete('cohere');
    strictEqual(usage?.inputTokens, 507);
    strictEqual(cost?.usdNanos, 12 * 2500 + 7 * 10_000);
  });

  it('are free at the simulator', async () => {
    const { cost } = await complete(HONEST, 'free-1');
    deepStrictEqual(tell(cost), { status: 'FREE', usdNanos: 0, version: '' });
    strictEqual((await rig.logLine('free-1')).costUsdNanos, 0);
  });

  it('are told of a stream that broke, as far as it is known', async () => {
    const error = await failure(rig.client.stream(generation('breaking')).final());
    deepStrictEqual([error.callFailure?.usage?.inputTokens, error.callFailure?.usage?.outputTokens], [1000, 100]);
    deepStrictEqual(tell(error.callFailure?.cost), {
      status: 'PRICED',
      usdNanos: 1_200_000,
      INPUT: 1_000_000,
      OUTPUT: 200_000,
      version: 'configuration',
    });
    match(await rig.gateway.metrics(), /^kanmon_cost_usd_total\{model="breaking",client="[^"]+"\} 0\.0012$/m);
  });

  it('are rounded once for a batch in pieces', async () => {
    // Five tokens are half a nano, which alone would be none.
    const { cost } = await rig.client.embed({ model: 'vectors', inputs: ['a', 'b'] });
    deepStrictEqual(tell(cost), { status: 'PRICED', usdNanos: 1, INPUT: 1, version: 'configuration' });
  });

  it('are listed with the models', async () => {
    const models = new Map<string, ModelInfo>();
    for await (const model of rig.client.models()) models.set(model.name, model);
    const pricesOf = (name: string) =>
      models.get(name)?.prices.map(({ kind, usdNanosPerMillionTokens }) => `${kind} ${usdNanosPerMillionTokens}`);
    deepStrictEqual(pricesOf('listed'), ['input 250000000', 'cache_read 25000000', 'output 2000000000']);
    deepStrictEqual(pricesOf(HONEST), ['input 0', 'output 0']);
  });
});

function tell(cost: Cost | undefined): Readonly<Record<string, unknown>> {
  const items = cost?.items.map(({ kind, usdNanos }) => [kind.replace('COST_KIND_', ''), usdNanos] as const) ?? [];
  return {
    status: cost?.pricingStatus.replace('PRICING_STATUS_', ''),
    usdNanos: cost?.usdNanos,
    ...Object.fromEntries<unknown>(items),
    version: cost?.priceListVersion,
  };
}

/** A stream that counts as it goes, and then breaks. */
function breaks() {
  const counted = event({ ...chunkOf({ content: ' five' }), usage: COUNTS });
  return [steps.send([STREAM_HEAD, textEvent('four'), counted].join('')), steps.reset];
}

function embeds({ body }: WholeRequest) {
  const inputs: unknown = JSON.parse(body);
  const count = /"input":\[([^\]]*)\]/.exec(JSON.stringify(inputs))?.[1]?.split(',').length ?? 0;
  const data = Array.from({ length: count }, (_, index) => ({ index, embedding: [1, 2, 3] }));
  const reply = { object: 'list', model: 'v', data, usage: { prompt_tokens: 5 * count, total_tokens: 5 * count } };
  return [steps.send(httpReply(JSON.stringify(reply), 'content-type: application/json\r\n')), steps.end];
}
