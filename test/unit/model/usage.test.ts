/** Sums of usage. */
import assert from 'node:assert/strict';
import { spentUsage, sumUsage, UNKNOWN_USAGE } from '../../../server/model/usage.ts';
import { usageOf } from '../../support/calls.ts';

const ttl = (seconds: number) => ({ seconds, nanos: 0 });

describe('the sum of usages', () => {
  it('adds counts, and keeps absent what nobody has', () => {
    const sum = sumUsage([
      usageOf(1, 2, { cacheReadTokens: 0 }),
      usageOf(10, 20),
      usageOf(100, 200, { cacheReadTokens: 5 }),
    ]);
    assert.deepEqual(
      [sum.inputTokens, sum.outputTokens, sum.cacheReadTokens, sum.reasoningTokens],
      [111, 222, 5, undefined],
    );
  });

  it('adds cache writes by lifetime and tool uses by tool', () => {
    const sum = sumUsage([
      usageOf(1, 1, { cacheWrites: [{ tokens: 1, ttl: ttl(300) }], serverToolUses: [{ tool: 'web', count: 1 }] }),
      usageOf(1, 1, {
        cacheWrites: [
          { tokens: 2, ttl: ttl(300) },
          { tokens: 4, ttl: undefined },
        ],
        serverToolUses: [
          { tool: 'web', count: 2 },
          { tool: 'x', count: 1 },
        ],
      }),
    ]);
    assert.deepEqual(sum.cacheWrites, [
      { tokens: 3, ttl: ttl(300) },
      { tokens: 4, ttl: undefined },
    ]);
    assert.deepEqual(sum.serverToolUses, [
      { tool: 'web', count: 3 },
      { tool: 'x', count: 1 },
    ]);
  });

  it('is as sure as its least sure part, and has a tier only if all have it', () => {
    const sum = sumUsage([
      usageOf(1, 1, { serviceTier: 'flex' }),
      usageOf(1, 1, { serviceTier: 'flex', confidence: 'USAGE_CONFIDENCE_PARTIAL' }),
    ]);
    assert.deepEqual([sum.confidence, sum.serviceTier], ['USAGE_CONFIDENCE_PARTIAL', 'flex']);
    assert.equal(sumUsage([usageOf(1, 1, { serviceTier: 'flex' }), usageOf(1, 1)]).serviceTier, '');
  });

  it('of one is that one, and of none is unknown', () => {
    const one = usageOf(1, 2, { rawJson: '{}' });
    assert.equal(sumUsage([one]), one);
    assert.equal(sumUsage([]), UNKNOWN_USAGE);
    assert.equal(spentUsage([{ usage: undefined }]), undefined);
    assert.equal(spentUsage([{ usage: undefined }, { usage: one }]), one);
  });
});
