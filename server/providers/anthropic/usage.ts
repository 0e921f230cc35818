/** Anthropic's counts, by the contract's definitions. */
import type { CacheWrite, ServerToolUse, Usage } from '../../model/wire.ts';
import { asObject, asText, type JsonObject } from '../shared/json.ts';
import { makeUsage, readCount, sumCounts } from '../shared/usage.ts';
import type { WireUsage } from './wire.ts';

/**
 * The usage. The total of the input is the sum of three counts that do not overlap
 * (https://platform.claude.com/docs/en/build-with-claude/prompt-caching, read 2026-11-24).
 */
export function decodeUsage(counts: JsonObject | undefined): Usage {
  if (counts === undefined) return makeUsage({});
  const wire: WireUsage = counts;
  const input = readCount(wire.input_tokens);
  const cacheRead = readCount(wire.cache_read_input_tokens);
  const region = asText(wire.inference_geo) ?? '';
  return makeUsage({
    // Without input_tokens the rest is a part of an unknown total.
    inputTokens: input === undefined ? undefined : sumCounts(input, cacheRead, readCacheCreation(wire)),
    outputTokens: readCount(wire.output_tokens),
    cacheReadTokens: cacheRead,
    cacheWrites: decodeCacheWrites(wire),
    reasoningTokens: readCount(asObject(wire.output_tokens_details)?.thinking_tokens),
    serverToolUses: decodeServerToolUses(wire.server_tool_use),
    serviceTier: asText(wire.service_tier) ?? '',
    inferenceRegion: region === NO_REGION ? '' : region,
    rawJson: JSON.stringify(counts),
  });
}

/**
 * Counts that replace earlier ones: those of message_delta are cumulative and may restate the input, so that nothing is
 * ever added. What the later ones do not say stays.
 */
export function mergeCounts(earlier: JsonObject | undefined, later: unknown): JsonObject | undefined {
  const counts = asObject(later);
  if (counts === undefined) return earlier;
  const merged: Record<string, unknown> = { ...earlier };
  for (const [name, value] of Object.entries(counts)) {
    if (value !== null || !(name in merged)) merged[name] = value;
  }
  return merged;
}

const NO_REGION = 'not_available';

const MINUTE_SECONDS = 60;

const LIFETIMES = [
  ['ephemeral_5m_input_tokens', 5 * MINUTE_SECONDS],
  ['ephemeral_1h_input_tokens', 60 * MINUTE_SECONDS],
] as const;

function readCacheCreation(wire: WireUsage): number | undefined {
  const split = asObject(wire.cache_creation);
  const byLifetime = LIFETIMES.map(([member]) => readCount(split?.[member]));
  return readCount(wire.cache_creation_input_tokens) ?? sumCounts(...byLifetime);
}

/** What was written, by lifetime; what the split does not cover (message_delta has the total only) has none. */
function decodeCacheWrites(wire: WireUsage): CacheWrite[] {
  const split = asObject(wire.cache_creation);
  const writes: CacheWrite[] = [];
  let rest = readCacheCreation(wire) ?? 0;
  for (const [member, seconds] of LIFETIMES) {
    const tokens = readCount(split?.[member]) ?? 0;
    if (tokens > 0) writes.push({ tokens, ttl: { seconds, nanos: 0 } });
    rest -= tokens;
  }
  if (rest > 0) writes.push({ tokens: rest, ttl: undefined });
  return writes;
}

function decodeServerToolUses(uses: unknown): ServerToolUse[] {
  return Object.entries(asObject(uses) ?? {}).flatMap(([member, value]) => {
    const count = readCount(value) ?? 0;
    return count > 0 ? [{ tool: member.replace(/_requests$/, ''), count }] : [];
  });
}
