/**
 * Cohere counts twice. `tokens` is what the model worked on (its own preamble included; of it, cached_tokens came from the
 * cache): that is what the contract's Usage means. `billed_units` is what is charged for, far less, and is kept in raw_json:
 * 12 and 7 of 507 and 10 tokens in one recording. https://docs.cohere.com/docs/how-does-cohere-pricing-work and the SDK's
 * types ("the number of prompt tokens that hit the inference cache"), read 2026-11-24.
 */
import type { Usage } from '../../model/wire.ts';
import { asObject, type JsonObject, tryParseJson } from '../shared/json.ts';
import { makeUsage, readCount, sumCounts } from '../shared/usage.ts';
import type { WireUsage } from './wire.ts';

/** Decodes the usage of a reply. Without `tokens` nothing is known: billed units are another measure. */
export function decodeUsage(value: unknown): Usage {
  const counts = asObject(value);
  if (counts === undefined) return makeUsage({});
  const wire: WireUsage = counts;
  const tokens = asObject(wire.tokens);
  return makeUsage({
    inputTokens: readCount(tokens?.input_tokens),
    outputTokens: readCount(tokens?.output_tokens),
    cacheReadTokens: readCount(wire.cached_tokens),
    rawJson: JSON.stringify(counts).toWellFormed(),
  });
}

/**
 * The usage that Cohere charges for, by the usage's own raw_json: billed input and output, nothing read from a cache. The
 * usage itself where the provider told nothing else.
 */
export function billedUsage(usage: Usage): Usage {
  const billed = asObject(readRaw(usage.rawJson)?.billed_units);
  const inputTokens = sumCounts(readCount(billed?.input_tokens), readCount(billed?.image_tokens));
  const outputTokens = readCount(billed?.output_tokens);
  if (inputTokens === undefined && outputTokens === undefined) return usage;
  const { confidence: _, ...rest } = usage;
  return makeUsage({ ...rest, inputTokens, outputTokens: outputTokens ?? 0, cacheReadTokens: undefined });
}

function readRaw(rawJson: string): JsonObject | undefined {
  return rawJson === '' ? undefined : asObject(tryParseJson(rawJson));
}
