/** Usage by the contract's definitions: totals include their parts, as they do on this wire. */
import { type ServerToolUse, type Usage, UsageConfidence } from '../../model/wire.ts';
import { asObject, asText, type JsonObject } from '../shared/json.ts';
import { makeUsage, readCount } from '../shared/usage.ts';
import type { WireResponse, WireUsage } from './wire.ts';

/**
 * The usage of a response; its tool uses are counted from the output, as the counts do not name them.
 * https://developers.openai.com/api/reference/resources/responses (ResponseUsage, seen 2026-11-24): input_tokens includes
 * cached_tokens and cache_write_tokens, output_tokens includes reasoning_tokens.
 */
export function decodeUsage({ usage, service_tier }: WireResponse, serverToolUses: readonly ServerToolUse[]): Usage {
  const serviceTier = asText(service_tier) ?? '';
  const counts = asObject(usage);
  if (counts === undefined) return makeUsage({ serviceTier, serverToolUses, confidence: UsageConfidence.UNKNOWN });
  return makeUsage({
    ...readCounts(counts),
    serviceTier,
    serverToolUses,
    rawJson: JSON.stringify(counts).toWellFormed(),
  });
}

function readCounts(wire: WireUsage & JsonObject): Partial<Usage> {
  const input = asObject(wire.input_tokens_details);
  const output = asObject(wire.output_tokens_details);
  const written = readCount(input?.cache_write_tokens);
  return {
    inputTokens: readCount(wire.input_tokens),
    outputTokens: readCount(wire.output_tokens),
    cacheReadTokens: readCount(input?.cached_tokens),
    cacheWrites: written === undefined ? [] : [{ tokens: written, ttl: undefined }],
    reasoningTokens: readCount(output?.reasoning_tokens),
    inputAudioTokens: readCount(input?.audio_tokens),
    inputImageTokens: readCount(input?.image_tokens),
    outputAudioTokens: readCount(output?.audio_tokens),
  };
}
