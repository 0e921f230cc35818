/** One line about an answer: whose it is, why it ended, what it took. */
import type { CompleteResponse, Cost, Usage } from '@kanmon/client';

type Answered = Pick<CompleteResponse, 'callId' | 'model' | 'provider' | 'upstreamModel' | 'usage' | 'cost'> &
  Partial<Pick<CompleteResponse, 'finishReason' | 'adaptations'>>;

/** For instance: call 0190… · chat → simulator/sim-chat · stop · 12 tokens in, 34 out · $0.0001. */
export function summarize({
  callId,
  model,
  provider,
  upstreamModel,
  finishReason,
  usage,
  cost,
  adaptations,
}: Answered): string {
  const adapted = adaptations?.map(({ field }) => field).join(', ');
  return [
    `call ${callId}`,
    `${model} → ${provider}/${upstreamModel}`,
    finishReason?.kind.replace('FINISH_KIND_', '').toLowerCase(),
    formatUsage(usage),
    formatCost(cost),
    adapted ? `adapted: ${adapted}` : undefined,
  ]
    .filter((part) => part !== undefined)
    .join(' · ');
}

function formatUsage(usage: Usage | undefined): string | undefined {
  if (usage?.inputTokens === undefined) return undefined;
  const estimated = usage.confidence === 'USAGE_CONFIDENCE_ESTIMATED' ? ', estimated' : '';
  const out = !usage.outputTokens ? '' : `, ${usage.outputTokens} out`;
  return `${usage.inputTokens} tokens in${out}${estimated}`;
}

function formatCost(cost: Cost | undefined): string | undefined {
  if (cost?.pricingStatus !== 'PRICING_STATUS_PRICED') return undefined;
  return `$${(cost.usdNanos / 1e9).toPrecision(3)}`;
}
