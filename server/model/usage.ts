/** Arithmetic of Usage. Absent is unknown, zero is zero. */
import { type CacheWrite, type ServerToolUse, type Usage, UsageConfidence } from './wire.ts';

/** Usage of which nothing is known. */
export const UNKNOWN_USAGE: Usage = Object.freeze({
  inputTokens: undefined,
  outputTokens: undefined,
  cacheReadTokens: undefined,
  cacheWrites: [],
  reasoningTokens: undefined,
  confidence: UsageConfidence.UNKNOWN,
  serviceTier: '',
  inferenceRegion: '',
  inputAudioTokens: undefined,
  inputImageTokens: undefined,
  inputVideoTokens: undefined,
  inputDocumentTokens: undefined,
  outputAudioTokens: undefined,
  serverToolUses: [],
  rawJson: '',
});

/** From the best known to the least: a sum is as sure as its least sure summand. */
const CONFIDENCE_ORDER: readonly UsageConfidence[] = [
  UsageConfidence.REPORTED,
  UsageConfidence.PARTIAL,
  UsageConfidence.ESTIMATED,
  UsageConfidence.UNKNOWN,
];

/**
 * Adds usages up. A count that only some of them have is the sum of those that have it (providers leave out what is zero);
 * one that none has stays absent. Cache writes are added by lifetime, tool uses by tool; tier and region stay if all agree;
 * raw_json is left out, as no provider sent the sum. No usage at all gives UNKNOWN_USAGE.
 */
export function sumUsage(usages: readonly Usage[]): Usage {
  const [first, ...others] = usages;
  if (first === undefined) return UNKNOWN_USAGE;
  if (others.length === 0) return first;
  const sum = (pick: (usage: Usage) => number | undefined) =>
    usages.reduce<number | undefined>((total, usage) => {
      const count = pick(usage);
      return count === undefined ? total : (total ?? 0) + count;
    }, undefined);
  const same = (pick: (usage: Usage) => string) =>
    usages.every((usage) => pick(usage) === pick(first)) ? pick(first) : '';
  return {
    inputTokens: sum((usage) => usage.inputTokens),
    outputTokens: sum((usage) => usage.outputTokens),
    cacheReadTokens: sum((usage) => usage.cacheReadTokens),
    cacheWrites: sumCacheWrites(usages),
    reasoningTokens: sum((usage) => usage.reasoningTokens),
    confidence: leastSure(usages),
    serviceTier: same((usage) => usage.serviceTier),
    inferenceRegion: same((usage) => usage.inferenceRegion),
    inputAudioTokens: sum((usage) => usage.inputAudioTokens),
    inputImageTokens: sum((usage) => usage.inputImageTokens),
    inputVideoTokens: sum((usage) => usage.inputVideoTokens),
    inputDocumentTokens: sum((usage) => usage.inputDocumentTokens),
    outputAudioTokens: sum((usage) => usage.outputAudioTokens),
    serverToolUses: sumToolUses(usages),
    rawJson: '',
  };
}

function leastSure(usages: readonly Usage[]): UsageConfidence {
  const worst = Math.max(...usages.map(({ confidence }) => CONFIDENCE_ORDER.indexOf(confidence)));
  return CONFIDENCE_ORDER[worst] ?? UsageConfidence.UNKNOWN;
}

function sumCacheWrites(usages: readonly Usage[]): readonly CacheWrite[] {
  const byTtl = new Map<string, CacheWrite>();
  for (const write of usages.flatMap(({ cacheWrites }) => cacheWrites)) {
    const key = write.ttl === undefined ? '' : `${write.ttl.seconds}.${write.ttl.nanos}`;
    byTtl.set(key, { tokens: (byTtl.get(key)?.tokens ?? 0) + write.tokens, ttl: write.ttl });
  }
  return [...byTtl.values()];
}

function sumToolUses(usages: readonly Usage[]): readonly ServerToolUse[] {
  const byTool = new Map<string, number>();
  for (const { tool, count } of usages.flatMap(({ serverToolUses }) => serverToolUses)) {
    byTool.set(tool, (byTool.get(tool) ?? 0) + count);
  }
  return [...byTool].map(([tool, count]) => ({ tool, count }));
}

/** What the attempts of a call have consumed, as far as it is known; undefined: nothing is. */
export function spentUsage(attempts: readonly { readonly usage: Usage | undefined }[]): Usage | undefined {
  const known = attempts.map(({ usage }) => usage).filter((usage) => usage !== undefined);
  return known.length === 0 ? undefined : sumUsage(known);
}
