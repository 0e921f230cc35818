/** Skeleton's counts in the contract's words: what is included in what, and by which page. */
import type { Usage } from '../../server/model/wire.ts';
import { asObject } from '../../server/providers/shared/json.ts';
import { makeUsage, readCount } from '../../server/providers/shared/usage.ts';

/** Decodes usage; counts that are none are unknown. */
export function decodeUsage(usage: unknown): Usage {
  const counts = asObject(usage);
  if (counts === undefined) return makeUsage({});
  return makeUsage({
    inputTokens: readCount(counts.input_tokens),
    outputTokens: readCount(counts.output_tokens),
    rawJson: JSON.stringify(counts),
  });
}
