/**
 * Points of the prompt cache: at most four, longer lifetimes before shorter ones, in the order tools, system, messages.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html, read 2026-11-24.
 */
import type { CacheBreakpoint } from '../../model/wire.ts';
import type { Adapter } from '../shared/adapter.ts';
import type { Block } from './encode-media.ts';
import type { Entry } from './encode-parts.ts';

/** The cache points that are kept, by the entry after which they stand. `entries`: everything that can be cached, in order. */
export function placeCachePoints(entries: readonly Entry[], adapter: Adapter): ReadonlyMap<Entry, Block> {
  const asked = entries.filter((entry) => takesPoint(entry, adapter));
  const points = new Map<Entry, Block>();
  let afterShort = false;
  for (const entry of keepMost(asked, adapter)) {
    const path = `${entry.field}.cache_breakpoint.ttl`;
    let ttl = roundLifetime(entry.breakpoint, path, adapter);
    if (ttl === HOUR && afterShort) {
      ttl = undefined;
      adapter.rewrite(path, 'Bedrock takes no longer lifetime after a shorter one: shortened to 5 minutes.');
    }
    afterShort ||= ttl !== HOUR;
    points.set(entry, { cachePoint: { type: 'default', ...(ttl !== undefined && { ttl }) } });
  }
  return points;
}

/** The blocks of entries, each with its cache point behind it. */
export function withCachePoints(entries: readonly Entry[], points: ReadonlyMap<Entry, Block>): readonly Block[] {
  return entries.flatMap((entry) => {
    const point = points.get(entry);
    return point === undefined ? [entry.block] : [entry.block, point];
  });
}

const MAX_POINTS = 4;

const HOUR = '1h';
const SHORT_SECONDS = 300;
const HOUR_SECONDS = 3600;

function takesPoint({ block, field, breakpoint }: Entry, adapter: Adapter): boolean {
  if (breakpoint === undefined) return false;
  const path = `${field}.cache_breakpoint`;
  if (!('reasoningContent' in block)) return adapter.can('cacheBreakpoint', path);
  adapter.drop(path, 'Bedrock takes none after reasoning; put it on the part before or after.');
  return false;
}

/** The first point, which the most calls share (tools, system), and the last three, which cover the most of this one. */
function keepMost(entries: readonly Entry[], adapter: Adapter): readonly Entry[] {
  const surplus = entries.length - MAX_POINTS;
  if (surplus <= 0) return entries;
  for (const { field } of entries.slice(1, 1 + surplus)) {
    adapter.drop(`${field}.cache_breakpoint`, `Bedrock takes ${MAX_POINTS}: the first and the last three are kept.`);
  }
  return [...entries.slice(0, 1), ...entries.slice(1 + surplus)];
}

/** The lifetime on offer that is at least the one asked for, if there is one; undefined: the default of 5 minutes. */
function roundLifetime(breakpoint: CacheBreakpoint | undefined, path: string, adapter: Adapter): string | undefined {
  if (breakpoint?.ttl === undefined) return undefined;
  const seconds = breakpoint.ttl.seconds + breakpoint.ttl.nanos / 1e9;
  if (seconds === HOUR_SECONDS) return HOUR;
  if (seconds === SHORT_SECONDS) return '5m';
  const ttl = seconds < SHORT_SECONDS ? '5m' : HOUR;
  adapter.rewrite(path, `Bedrock offers 5 minutes and 1 hour: ${ttl} is used.`);
  return ttl;
}
