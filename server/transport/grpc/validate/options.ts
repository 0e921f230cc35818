/** Checks of GatewayOptions, and what of them is not served yet. */
import type { Duration, GatewayOptions } from '../../../model/wire.ts';
import { CacheMode, Priority } from '../../../model/wire.ts';
import { at, type Findings, type Path } from './violations.ts';

const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;
const TAG_KEY = /^[a-z0-9._-]{1,64}$/;
const MAX_TAGS = 32;
const MAX_TEXT = 256;
const MAX_REPLY_BYTES = 64 * 1024 * 1024;

type Range = readonly [min: number, max: number];

/** Checks the options of a call. */
export function checkOptions(path: Path, options: GatewayOptions, found: Findings): void {
  if (options.requestId !== '' && !REQUEST_ID.test(options.requestId)) {
    found.add(at(path, 'request_id'), 'must be 1 to 64 of A-Z a-z 0-9 . _ -');
  }
  checkTags(at(path, 'tags'), options.tags, found);
  found.length(at(path, 'end_user'), options.endUser, MAX_TEXT);
  found.length(at(path, 'session_key'), options.sessionKey, MAX_TEXT);
  found.range(at(path, 'max_reply_bytes'), options.maxReplyBytes, 1, MAX_REPLY_BYTES);
  checkDuration(at(path, 'max_delta_interval'), options.maxDeltaInterval, [0, 1000], found);
  checkDuration(at(path, 'heartbeat_interval'), options.heartbeatInterval, [1000, 600_000], found);
}

function checkTags(path: Path, tags: Readonly<Record<string, string>>, found: Findings): void {
  const entries = Object.entries(tags);
  if (entries.length > MAX_TAGS) found.add(path, `must be at most ${MAX_TAGS}; there are ${entries.length}`);
  for (const [key, value] of entries.slice(0, MAX_TAGS)) {
    if (!TAG_KEY.test(key)) found.add(path, `key ${JSON.stringify(key.slice(0, 64))} must be 1 to 64 of a-z 0-9 . _ -`);
    else found.length(at(path, key), value, MAX_TEXT);
  }
}

function checkDuration(path: Path, value: Duration | undefined, [minMs, maxMs]: Range, found: Findings): void {
  if (value === undefined) return;
  const ms = durationToMs(value);
  if (!(ms >= minMs && ms <= maxMs)) found.add(path, `must be from ${minMs / 1000} s to ${maxMs / 1000} s`);
}

/** A Duration in milliseconds. */
export function durationToMs(duration: Duration): number {
  return duration.seconds * 1000 + duration.nanos / 1e6;
}

/** The options that this version does not serve yet; values that ask for what happens anyway are none of them. */
export function findNotServed(path: Path, options: GatewayOptions, found: Findings): void {
  const cache = options.cache;
  if (cache?.mode === CacheMode.REFRESH || cache?.mode === CacheMode.ONLY) {
    found.addNotServed(at(at(path, 'cache'), 'mode'), 'caches are not served yet; use BYPASS or leave it away');
  }
  if (cache?.ttl !== undefined) found.addNotServed(at(at(path, 'cache'), 'ttl'), 'caches are not served yet');
  if (options.priority === Priority.BATCH || options.priority === Priority.CRITICAL) {
    found.addNotServed(at(path, 'priority'), 'only INTERACTIVE is served yet');
  }
  if (options.idempotencyKey !== '')
    found.addNotServed(at(path, 'idempotency_key'), 'is not served yet; use request_id');
  if (options.maxCostUsdNanos !== undefined) found.addNotServed(at(path, 'max_cost_usd_nanos'), 'is not served yet');
  if (Object.keys(options.requireTags).length > 0) found.addNotServed(at(path, 'require_tags'), 'is not served yet');
}
