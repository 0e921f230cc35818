/** What deployments cost: by the configuration, by the price list, and what ListModels tells of it. */
import assert from 'node:assert/strict';
import { diffSnapshots } from '../../../server/config/diff.ts';
import { costOf } from '../../../server/model/cost.ts';
import { dearestPrices } from '../../../server/model/price-summary.ts';
import type { Prices } from '../../../server/model/prices.ts';
import { UNKNOWN_USAGE } from '../../../server/model/usage.ts';
import { PricingStatus, type Usage } from '../../../server/model/wire.ts';
import { MINIMAL, snapshotOf } from '../../support/config-files.ts';

const WORLD = { env: { KEY: 'sk-canary-4711' } };

function configOf(deployments: string, onprem = ''): string {
  return `providers:
  sim: { host: simulator }
  openai: { host: openai, apiKey: "$\{env:KEY}" }
  onprem: { host: vllm, baseUrl: "http://127.0.0.1:8000/v1"${onprem} }
models:
  chat:
    deployments:
${deployments}
clients:
  shop: { identity: { dns: shop.example }, models: [chat] }
`;
}

async function pricesOf(deployment: string, onprem = ''): Promise<Prices> {
  const { models } = await snapshotOf(configOf(`      - ${deployment}`, onprem), WORLD);
  const prices = models.get('chat')?.deployments[0]?.prices;
  assert.ok(prices !== undefined);
  return prices;
}

function nanosOf(prices: Prices, usage: Partial<Usage>): number {
  const cost = costOf([{ usage: { ...UNKNOWN_USAGE, ...usage }, prices }], Date.UTC(2026, 10, 24));
  assert.equal(cost.pricingStatus, PricingStatus.PRICED);
  return cost.usdNanos;
}

describe('prices of a configuration', () => {
  it('come from the price list, and take the place of its prices where they are written', async () => {
    const listed = await pricesOf('{ provider: openai, model: gpt-5-mini }');
    assert.equal(listed.kind === 'priced' && listed.version, 'genai-prices-0.1.8');
    assert.equal(nanosOf(listed, { inputTokens: 4, outputTokens: 1 }), 3000);
    const written = await pricesOf('{ provider: openai, model: gpt-5-mini, prices: { input: 0.2, output: "1.5" } }');
    assert.equal(written.kind === 'priced' && written.version, 'configuration');
    assert.equal(nanosOf(written, { inputTokens: 4, cacheReadTokens: 4, outputTokens: 1 }), 800 + 1500);
  });

  it('are read exactly, every kind of them', async () => {
    const prices = await pricesOf(
      '{ provider: sim, model: m, prices: { input: 0.1, cacheRead: 0.01, cacheWrite: 0.125, cacheWrite1h: 0.2, ' +
        'inputAudio: 1, inputImage: 0.5, output: 0.3, reasoning: 0.6, outputAudio: 2, request: 0.005, ' +
        'serverTools: { web_search: 0.01 }, serviceTiers: { Flex: { input: 0.05, output: 0.15 } }, ' +
        'steps: [{ aboveInputTokens: 1000, input: 0.2, output: 0.4 }] } }',
    );
    const usage: Partial<Usage> = {
      inputTokens: 1000,
      cacheReadTokens: 100,
      cacheWrites: [
        { tokens: 100, ttl: undefined },
        { tokens: 100, ttl: { seconds: 3600, nanos: 0 } },
      ],
      inputAudioTokens: 100,
      inputImageTokens: 100,
      outputTokens: 300,
      reasoningTokens: 100,
      outputAudioTokens: 100,
      serverToolUses: [{ tool: 'web_search', count: 2 }],
    };
    const pieces = 5_000_000 + 2 * 10_000_000;
    const input = 50_000 + 1000 + 12_500 + 20_000 + 100_000 + 50_000;
    assert.equal(nanosOf(prices, usage), input + 30_000 + 60_000 + 200_000 + pieces);
    assert.equal(nanosOf(prices, { inputTokens: 1001, outputTokens: 1 }), 200_200 + 400 + 5_000_000);
    assert.equal(nanosOf(prices, { inputTokens: 10, outputTokens: 1, serviceTier: 'flex' }), 500 + 150 + 5_000_000);
  });

  it('are free where the configuration says so, and for the simulator', async () => {
    assert.equal((await pricesOf('{ provider: sim, model: m }')).kind, 'free');
    assert.equal((await pricesOf('{ provider: onprem, model: m, price: free }')).kind, 'free');
    assert.equal((await pricesOf('{ provider: onprem, model: m }', ', price: free')).kind, 'free');
    assert.equal((await pricesOf('{ provider: openai, model: gpt-5-mini, price: free }')).kind, 'free');
    const own = await pricesOf('{ provider: onprem, model: m, prices: { input: 1 } }', ', price: free');
    assert.equal(own.kind, 'priced');
  });

  it('are unknown otherwise', async () => {
    assert.equal((await pricesOf('{ provider: onprem, model: m }')).kind, 'unknown');
    assert.equal((await pricesOf('{ provider: openai, model: ours }')).kind, 'unknown');
  });

  it('are told by ListModels as the dearest of all deployments, or not at all', async () => {
    const listed = async (...deployments: readonly string[]) => {
      const { models } = await snapshotOf(configOf(deployments.map((one) => `      - ${one}`).join('\n')), WORLD);
      const prices = dearestPrices(models.get('chat')?.deployments ?? [], Date.UTC(2026, 10, 24));
      return Object.fromEntries(
        prices.map(({ kind, usdNanosPerMillionTokens }) => [kind, usdNanosPerMillionTokens / 1e9]),
      );
    };
    const mini = '{ provider: openai, model: gpt-5-mini }';
    assert.deepEqual(await listed(mini), { input: 0.25, cache_read: 0.025, output: 2 });
    assert.deepEqual(await listed(mini, '{ provider: sim, model: m, prices: { input: 0.3, output: 1 } }'), {
      input: 0.3,
      cache_read: 0.3,
      output: 2,
    });
    assert.deepEqual(await listed('{ provider: sim, model: m }'), { input: 0, output: 0 });
    assert.deepEqual(await listed(mini, '{ provider: onprem, model: m }'), {});
  });

  it('are told of a reload only as changed', async () => {
    const priced = (output: number) =>
      MINIMAL.replace('model: sim-chat', `model: sim-chat, prices: { input: 1, output: ${output} }`);
    const { changes } = diffSnapshots(await snapshotOf(priced(2)), await snapshotOf(priced(3)));
    assert.deepEqual(changes, ['models.chat.deployments.sim/sim-chat.prices: changed']);
  });
});
