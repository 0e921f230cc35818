/** Counts: providers.md 4.4, usage. */
import assert from 'node:assert/strict';
import { decodeUsage } from '../../../server/providers/gemini/usage.ts';

describe('google.gemini usage', () => {
  it('adds thoughts to what was said: 15 and 804 of 848', () => {
    const usage = decodeUsage({
      promptTokenCount: 29,
      candidatesTokenCount: 15,
      thoughtsTokenCount: 804,
      totalTokenCount: 848,
    });
    assert.deepEqual([usage.inputTokens, usage.outputTokens, usage.reasoningTokens], [29, 819, 804]);
    assert.equal(usage.confidence, 'USAGE_CONFIDENCE_REPORTED');
  });

  it('has cached tokens within the prompt', () => {
    const usage = decodeUsage({ promptTokenCount: 100, cachedContentTokenCount: 60, candidatesTokenCount: 5 });
    assert.deepEqual([usage.inputTokens, usage.cacheReadTokens], [100, 60]);
  });

  it('adds what the tools of the provider brought in', () => {
    const usage = decodeUsage({
      promptTokenCount: 10,
      toolUsePromptTokenCount: 90,
      candidatesTokenCount: 5,
      totalTokenCount: 105,
    });
    assert.equal(usage.inputTokens, 100);
  });

  it('has no count where there is none, and zero where there is nothing', () => {
    assert.equal(decodeUsage({ promptTokenCount: 10, thoughtsTokenCount: 7, totalTokenCount: 17 }).outputTokens, 7);
    assert.equal(decodeUsage({ promptTokenCount: 10, totalTokenCount: 10 }).outputTokens, 0);
    assert.equal(decodeUsage({ promptTokenCount: 10 }).outputTokens, undefined);
    assert.equal(decodeUsage({ promptTokenCount: 10, candidatesTokenCount: 0 }).outputTokens, 0);
    assert.equal(decodeUsage({ promptTokenCount: 10 }).cacheReadTokens, undefined);
  });

  it('splits the input by kind', () => {
    const usage = decodeUsage({
      promptTokenCount: 100,
      toolUsePromptTokenCount: 5,
      candidatesTokenCount: 50,
      promptTokensDetails: [
        { modality: 'TEXT', tokenCount: 10 },
        { modality: 'AUDIO', tokenCount: 20 },
        { modality: 'IMAGE', tokenCount: 30 },
        { modality: 'VIDEO', tokenCount: 15 },
        { modality: 'DOCUMENT', tokenCount: 25 },
      ],
      toolUsePromptTokensDetails: [{ modality: 'IMAGE', tokenCount: 5 }],
      candidatesTokensDetails: [{ modality: 'AUDIO', tokenCount: 40 }],
    });
    assert.deepEqual(
      [
        usage.inputAudioTokens,
        usage.inputImageTokens,
        usage.inputVideoTokens,
        usage.inputDocumentTokens,
        usage.outputAudioTokens,
      ],
      [20, 35, 15, 25, 40],
    );
  });

  it('names the tier: what the Gemini API calls one, else the kind of traffic', () => {
    assert.equal(decodeUsage({ promptTokenCount: 1, trafficType: 'ON_DEMAND' }).serviceTier, 'ON_DEMAND');
    assert.equal(
      decodeUsage({ promptTokenCount: 1, trafficType: 'X', serviceTier: 'priority' }).serviceTier,
      'priority',
    );
  });

  it('takes no count that is none', () => {
    for (const bad of [-1, 1.5, '5', null, 2 ** 31, Number.NaN, [], {}]) {
      const usage = decodeUsage({
        promptTokenCount: bad,
        candidatesTokenCount: bad,
        totalTokenCount: bad,
        promptTokensDetails: bad,
      });
      assert.deepEqual([usage.inputTokens, usage.outputTokens], [undefined, undefined]);
    }
    assert.equal(decodeUsage({ promptTokenCount: 10, totalTokenCount: 5 }).outputTokens, undefined);
  });
});
