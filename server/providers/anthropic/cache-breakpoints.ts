/**
 * Breakpoints of Anthropic's prompt cache: at most four, longer lifetimes before shorter ones, in the order tools, system,
 * messages. https://platform.claude.com/docs/en/build-with-claude/prompt-caching, read 2026-11-24.
 */
import type { CacheBreakpoint } from '../../model/wire.ts';
import type { Adapter } from '../shared/adapter.ts';
import type { Entry } from './encode-parts.ts';

/** Sets cache_control on the blocks whose breakpoints are kept. `entries`: everything that can be cached, in order. */
export function setCacheBreakpoints(entries: readonly Entry[], adapter: Adapter): void {
  const kept = keepMost(
    entries.filter((entry) => takesBreakpoint(entry, adapter)),
    adapter,
  );
  let afterShort = false;
  for (const { block, field, breakpoint } of kept) {
    const path = `${field}.cache_breakpoint.ttl`;
    let ttl = roundLifetime(breakpoint, path, adapter);
    if (ttl === HOUR && afterShort) {
      ttl = undefined;
      adapter.rewrite(path, 'Anthropic takes no longer lifetime after a shorter one: shortened to 5 minutes.');
    }
    afterShort ||= ttl !== HOUR;
    block.cache_control = ttl === undefined ? { type: 'ephemeral' } : { type: 'ephemeral', ttl };
  }
}

const MAX_BREAKPOINTS = 4;

const HOUR = '1h';
const SHORT_SECONDS = 300;
const HOUR_SECONDS = 3600;

const UNCACHEABLE: ReadonlySet<unknown> = new Set(['thinking', 'redacted_thinking']);

function takesBreakpoint({ block, field, breakpoint }: Entry, adapter: Adapter): boolean {
  if (breakpoint === undefined) return false;
  const path = `${field}.cache_breakpoint`;
  if (!UNCACHEABLE.has(block.type)) return adapter.can('cacheBreakpoint', path);
  adapter.drop(path, 'Anthropic takes none on reasoning; put it on the part before or after.');
  return false;
}

/**
 * The first breakpoint, which the most calls share (tools, system), and the last three, which cover the most of this one.
 */
function keepMost(entries: readonly Entry[], adapter: Adapter): readonly Entry[] {
  const surplus = entries.length - MAX_BREAKPOINTS;
  if (surplus <= 0) return entries;
  for (const { field } of entries.slice(1, 1 + surplus)) {
    adapter.drop(
      `${field}.cache_breakpoint`,
      `Anthropic takes ${MAX_BREAKPOINTS}: the first and the last three are kept.`,
    );
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
  adapter.rewrite(path, `Anthropic offers 5 minutes and 1 hour: ${ttl} is used.`);
  return ttl;
}
