/** Bedrock's counts, by the contract's definitions. */
import type { CacheWrite, ServerToolUse, Usage } from '../../model/wire.ts';
import { asList, asObject, asText, type JsonObject } from '../shared/json.ts';
import { makeUsage, readCount, sumCounts } from '../shared/usage.ts';
import type { WireUsage } from './wire.ts';

/**
 * The usage. inputTokens counts what was neither read from the cache nor written to it, whatever the maker of the model counts
 * at home, so that the total of the input is the sum of three; totalTokens is that sum and the output
 * (https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html, read 2026-11-24, and recordings).
 * @param tier serviceTier of the reply: {type}.
 */
export function decodeUsage(counts: JsonObject | undefined, tier: unknown): Usage {
  const serviceTier = asText(asObject(tier)?.type) ?? '';
  if (counts === undefined) return makeUsage({ serviceTier });
  const wire: WireUsage = counts;
  const input = readCount(wire.inputTokens);
  const cacheRead = readCount(wire.cacheReadInputTokens);
  return makeUsage({
    // Without inputTokens the rest is a part of an unknown total.
    inputTokens: input === undefined ? undefined : sumCounts(input, cacheRead, readCacheWrite(wire)),
    outputTokens: readCount(wire.outputTokens),
    cacheReadTokens: cacheRead,
    cacheWrites: decodeCacheWrites(wire),
    serverToolUses: decodeServerToolUses(wire.serverToolUsage),
    serviceTier,
    rawJson: JSON.stringify(counts).toWellFormed(),
  });
}

const LIFETIME_SECONDS: ReadonlyMap<unknown, number> = new Map([
  ['5m', 300],
  ['1h', 3600],
]);

interface Detail {
  readonly tokens: number;
  readonly seconds: number | undefined;
}

function readDetails({ cacheDetails }: WireUsage): readonly Detail[] {
  return asList(cacheDetails)
    .map(asObject)
    .map((detail) => ({ tokens: readCount(detail?.inputTokens) ?? 0, seconds: LIFETIME_SECONDS.get(detail?.ttl) }))
    .filter(({ tokens }) => tokens > 0);
}

function readCacheWrite(wire: WireUsage): number | undefined {
  return readCount(wire.cacheWriteInputTokens) ?? sumCounts(...readDetails(wire).map(({ tokens }) => tokens));
}

/** What was written, by lifetime; what the details do not cover has none. */
function decodeCacheWrites(wire: WireUsage): readonly CacheWrite[] {
  const details = readDetails(wire);
  const writes: CacheWrite[] = details.map(({ tokens, seconds }) => ({
    tokens,
    ttl: seconds === undefined ? undefined : { seconds, nanos: 0 },
  }));
  const rest = (readCacheWrite(wire) ?? 0) - (sumCounts(...details.map(({ tokens }) => tokens)) ?? 0);
  if (rest > 0) writes.push({ tokens: rest, ttl: undefined });
  return writes;
}

function decodeServerToolUses(uses: unknown): readonly ServerToolUse[] {
  return Object.entries(asObject(uses) ?? {}).flatMap(([tool, value]) => {
    const count = readCount(value) ?? 0;
    return count > 0 ? [{ tool: tool.replace(/Requests$/, ''), count }] : [];
  });
}
