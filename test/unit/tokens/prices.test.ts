/** What the price list is read as, and that it is the one that the lock file pins. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { costOf } from '../../../server/model/cost.ts';
import type { Prices } from '../../../server/model/prices.ts';
import { UNKNOWN_USAGE } from '../../../server/model/usage.ts';
import { PricingStatus, type Usage } from '../../../server/model/wire.ts';
import { HOSTS } from '../../../server/providers/catalog.ts';
import { type FindPrices, loadPriceList, mayHavePrices, PRICE_LIST_VERSION } from '../../../server/tokens/prices.ts';

const NOW = Date.UTC(2026, 10, 24, 12);

describe('the price list', () => {
  let find: FindPrices;
  before(async () => {
    find = await loadPriceList();
  });

  const pricesOf = (hostId: string, upstreamModel: string, baseUrl = HOSTS.get(hostId)?.baseUrl ?? ''): Prices =>
    find({ hostId, upstreamModel, baseUrl });
  const nanosOf = (prices: Prices, usage: Partial<Usage>, wallMs = NOW): number | undefined => {
    const cost = costOf([{ usage: { ...UNKNOWN_USAGE, ...usage }, prices }], wallMs);
    return cost.pricingStatus === PricingStatus.PRICED ? cost.usdNanos : undefined;
  };

  it('is the version that the lock file pins', () => {
    const lock: unknown = JSON.parse(readFileSync('package-lock.json', 'utf8'));
    const text = JSON.stringify(lock);
    const version = /"node_modules\/@pydantic\/genai-prices":\{"version":"([^"]+)"/.exec(text)?.[1];
    assert.equal(PRICE_LIST_VERSION, `genai-prices-${version}`);
  });

  it('tells what a million tokens cost', () => {
    const usage = { inputTokens: 1000, cacheReadTokens: 400, outputTokens: 100 };
    assert.equal(nanosOf(pricesOf('openai', 'gpt-5-mini'), usage), 600 * 250 + 400 * 25 + 100 * 2000);
    assert.equal(nanosOf(pricesOf('openai-responses', 'gpt-5-mini-2025-08-07'), usage), 360_000);
    assert.equal(nanosOf(pricesOf('azure', 'gpt-5-mini'), usage), 360_000);
    assert.equal(nanosOf(pricesOf('openai', 'text-embedding-3-small'), { inputTokens: 50 }), 1000);
    assert.equal(
      nanosOf(pricesOf('gemini', 'gemini-2.5-flash'), { inputTokens: 10, inputAudioTokens: 4 }),
      6 * 300 + 4000,
    );
  });

  it('tells cache writes by how long they live, of Claude wherever it runs', () => {
    const usage = { inputTokens: 10, cacheWrites: [{ tokens: 10, ttl: { seconds: 3600, nanos: 0 } }] };
    assert.equal(nanosOf(pricesOf('anthropic', 'claude-opus-4-5'), usage), 100_000);
    assert.equal(nanosOf(pricesOf('bedrock', 'global.anthropic.claude-opus-4-6-v1:0'), usage), 100_000);
    assert.equal(nanosOf(pricesOf('bedrock', 'eu.anthropic.claude-haiku-4-5-20251001-v1:0'), usage), 22_000);
  });

  it('tells long inputs, searches and regions that cost more', () => {
    const long = nanosOf(pricesOf('gemini', 'gemini-2.5-pro'), { inputTokens: 200_001, outputTokens: 1 });
    assert.equal(long, 200_001 * 2500 + 15_000);
    const searches = [{ tool: 'web_search', count: 2 }];
    const opus = pricesOf('anthropic', 'claude-opus-5-5');
    assert.equal(nanosOf(opus, { inputTokens: 1, serverToolUses: searches }), 4000 + 20_000_000);
    assert.equal(nanosOf(opus, { inputTokens: 1, serverToolUses: searches, inferenceRegion: 'us' }), 4400 + 20_000_000);
    const vertex = (place: string) =>
      nanosOf(pricesOf('vertex-anthropic', 'claude-sonnet-4-5@20250929', place), { inputTokens: 1 });
    assert.equal(vertex('https://aiplatform.googleapis.com/v1/projects/p'), 3000);
    assert.equal(vertex('https://europe-west1-aiplatform.googleapis.com/v1/projects/p'), 3300);
  });

  it('tells prices that change with the date and with the time of day', () => {
    const flash = pricesOf('gemini', 'gemini-3.6-flash');
    const million = { inputTokens: 1_000_000 };
    assert.equal(nanosOf(flash, million, Date.UTC(2026, 11, 31, 23, 59)), 750_000_000);
    assert.equal(nanosOf(flash, million, Date.UTC(2027, 0, 1)), 1_500_000_000);
    const deepseek = pricesOf('deepseek', 'deepseek-v4-flash');
    assert.equal(nanosOf(deepseek, million, Date.UTC(2026, 10, 24, 2)), 440_000_000);
    assert.equal(nanosOf(deepseek, million, Date.UTC(2026, 10, 24, 5)), 220_000_000);
  });

  it('knows a compatible server by its URL', () => {
    const host = 'openai-compatible';
    assert.equal(
      nanosOf(pricesOf(host, 'llama-3.3-70b-versatile', 'https://api.groq.com/openai/v1'), { inputTokens: 1 }),
      590,
    );
    assert.equal(pricesOf(host, 'gpt-5-mini', 'http://127.0.0.1:8000/v1').kind, 'unknown');
  });

  it('does not pretend to know', () => {
    assert.equal(pricesOf('openai', 'gpt-9').kind, 'unknown');
    assert.equal(pricesOf('azure', 'our-deployment').kind, 'unknown');
    assert.equal(pricesOf('vllm', 'gpt-5-mini').kind, 'unknown');
    assert.equal(pricesOf('openai', 'gpt-5.4', 'https://eu.api.openai.com/v1').kind, 'unknown');
    assert.equal(pricesOf('bedrock', 'amazon.titan-embed-text-v2:0').kind, 'unknown');
    assert.equal(nanosOf(pricesOf('openai', 'gpt-5-mini'), { inputTokens: 1, serviceTier: 'flex' }), undefined);
  });

  it('is asked for hosts that there are', () => {
    const known = [...HOSTS.keys()].filter(mayHavePrices);
    assert.ok(known.length >= 30, known.join(' '));
    assert.ok(!mayHavePrices('simulator') && !mayHavePrices('ollama'));
  });
});
