/** Gemini's counts, by the contract's definitions: totals include their parts. */
import type { ServerToolUse, Usage } from '../../model/wire.ts';
import { asList, asObject, asText, type JsonObject } from '../shared/json.ts';
import { makeUsage, readCount, sumCounts } from '../shared/usage.ts';
import type { WireUsage } from './wire.ts';

/**
 * Whether usageMetadata counts anything. Pieces of a stream may carry a traffic type and nothing else.
 */
export function hasCounts(value: unknown): value is JsonObject {
  const wire: WireUsage | undefined = asObject(value);
  return COUNTS.some((member) => wire?.[member] !== undefined);
}

/**
 * The usage. promptTokenCount includes cachedContentTokenCount, but not what the provider's own tools brought in;
 * candidatesTokenCount excludes thoughtsTokenCount (15 and 804 of 848 in a recording): https://ai.google.dev/api/
 * generate-content#UsageMetadata, seen 2026-11-24. Counts are cumulative in streams: the last ones hold.
 */
export function decodeUsage(counts: JsonObject | undefined, more: UsageExtras = NO_EXTRAS): Usage {
  const serviceTier = more.serviceTier ?? readTier(counts);
  if (!hasCounts(counts)) return makeUsage({ serviceTier, serverToolUses: more.serverToolUses });
  const wire: WireUsage = counts;
  const prompt = readCount(wire.promptTokenCount);
  const inputTokens = prompt === undefined ? undefined : sumCounts(prompt, readCount(wire.toolUsePromptTokenCount));
  return makeUsage({
    inputTokens,
    outputTokens: readOutput(wire, inputTokens),
    cacheReadTokens: readCount(wire.cachedContentTokenCount),
    reasoningTokens: readCount(wire.thoughtsTokenCount),
    inputAudioTokens: readInput(wire, 'AUDIO'),
    inputImageTokens: readInput(wire, 'IMAGE'),
    inputVideoTokens: readInput(wire, 'VIDEO'),
    inputDocumentTokens: readInput(wire, 'DOCUMENT'),
    outputAudioTokens: readModality(wire.candidatesTokensDetails, 'AUDIO'),
    serverToolUses: more.serverToolUses,
    serviceTier,
    rawJson: JSON.stringify(counts).toWellFormed(),
  });
}

/** The tier that counts name; empty if they name none. */
export function readTier(value: unknown): string {
  const wire: WireUsage | undefined = asObject(value);
  return asText(wire?.serviceTier) || asText(wire?.trafficType) || '';
}

/** What belongs to usage and stands elsewhere in a reply. */
export interface UsageExtras {
  readonly serverToolUses: readonly ServerToolUse[];
  /** As an earlier piece of the stream named it; undefined: as the counts do. */
  readonly serviceTier?: string;
}

const NO_EXTRAS: UsageExtras = { serverToolUses: [] };

const COUNTS = ['promptTokenCount', 'candidatesTokenCount', 'thoughtsTokenCount', 'totalTokenCount'] as const;

/** The sum of what was said and thought. A count that is zero is left out: where both are, the total tells. */
function readOutput(wire: WireUsage, input: number | undefined): number | undefined {
  const output = sumCounts(readCount(wire.candidatesTokenCount), readCount(wire.thoughtsTokenCount));
  const total = readCount(wire.totalTokenCount);
  if (output !== undefined || total === undefined || input === undefined) return output;
  return readCount(total - input);
}

function readInput(wire: WireUsage, modality: string): number | undefined {
  return sumCounts(
    readModality(wire.promptTokensDetails, modality),
    readModality(wire.toolUsePromptTokensDetails, modality),
  );
}

function readModality(details: unknown, modality: string): number | undefined {
  const counts = asList(details).map(asObject);
  return sumCounts(...counts.filter((one) => one?.modality === modality).map((one) => readCount(one?.tokenCount)));
}
