/** Usage by the contract's definitions: totals include their parts. */
import { type Usage, UsageConfidence } from '../../model/wire.ts';
import { asObject, asText } from '../shared/json.ts';
import { makeUsage, readCount, sumCounts } from '../shared/usage.ts';
import type { WireReply, WireUsage } from './wire.ts';

/** The usage object of a reply or chunk; undefined if it has none. */
export function findUsage(reply: WireReply): WireUsage | undefined {
  return asObject(reply.usage) ?? (reply.x_groq == null ? undefined : asObject(asObject(reply.x_groq)?.usage));
}

/** Decodes a usage object; undefined: nothing was reported. What is not a count is unknown. */
export function decodeUsage(wire: WireUsage | undefined, serviceTier: unknown): Usage {
  const tier = asText(serviceTier) ?? asText(wire?.service_tier) ?? '';
  if (wire === undefined) return makeUsage({ serviceTier: tier, confidence: UsageConfidence.UNKNOWN });
  const prompt = asObject(wire.prompt_tokens_details) ?? asObject(wire.prompt_token_details);
  const completion = asObject(wire.completion_tokens_details);
  const reasoningTokens = readCount(completion?.reasoning_tokens) ?? readCount(wire.reasoning_tokens);
  const cacheWrite = readCount(prompt?.cache_write_tokens);
  return makeUsage({
    inputTokens: readCount(wire.prompt_tokens),
    outputTokens: readOutput(wire, reasoningTokens),
    cacheReadTokens:
      readCount(prompt?.cached_tokens) ?? readCount(wire.prompt_cache_hit_tokens) ?? readCount(wire.num_cached_tokens),
    cacheWrites: cacheWrite === undefined ? [] : [{ tokens: cacheWrite, ttl: undefined }],
    reasoningTokens,
    inputAudioTokens: readCount(prompt?.audio_tokens),
    inputImageTokens: readCount(prompt?.image_tokens),
    outputAudioTokens: readCount(completion?.audio_tokens),
    serviceTier: tier,
    rawJson: JSON.stringify(wire).toWellFormed(),
  });
}

/**
 * completion_tokens includes reasoning, except at xAI, where it stands beside it: there the total tells (12 + 2 + 340 =
 * 354 in the recording), or that the part is larger than the whole.
 */
function readOutput(wire: WireUsage, reasoning: number | undefined): number | undefined {
  const completion = readCount(wire.completion_tokens);
  if (completion === undefined || reasoning === undefined || reasoning === 0) return completion;
  const apart = sumCounts(completion, reasoning);
  const total = readCount(wire.total_tokens);
  const isApart = reasoning > completion || total === sumCounts(readCount(wire.prompt_tokens), apart);
  return isApart ? apart : completion;
}
