/**
 * Usage times prices, exactly: every kind is summed without loss and rounded once, half to even, and the total is the sum of
 * the kinds. Pure, and a dozen multiplications a call.
 */
import { type Prices, type PriceTable, stepsAt, tableFor } from './prices.ts';
import { type Cost, type CostItem, CostKind, PricingStatus, type Usage } from './wire.ts';

/** What is to be paid for: the usage of one request to a provider. */
export interface Charge {
  readonly usage: Usage;
  readonly prices: Prices;
}

/** A cost of which nothing is known. */
export const UNKNOWN_COST: Cost = Object.freeze({
  usdNanos: 0,
  pricingStatus: PricingStatus.UNKNOWN,
  items: [],
  priceListVersion: '',
});

const FREE_COST: Cost = Object.freeze({ ...UNKNOWN_COST, pricingStatus: PricingStatus.FREE });

/**
 * What the charges cost together. It is unknown if one of them is: if its price is, if its usage is, or if the provider says
 * that it used a tier of service which has no price here. So is one beyond 2^53-1.
 * @param wallMs Time of the call, in milliseconds since 1970, as some prices change with time.
 */
export function costOf(charges: readonly Charge[], wallMs: number): Cost {
  if (charges.length === 0) return UNKNOWN_COST;
  const ledger = new Ledger();
  let version: string | undefined;
  for (const { usage, prices } of charges) {
    if (prices.kind === 'free') continue;
    const table = prices.kind === 'priced' ? tableOf(prices, usage, wallMs) : undefined;
    if (prices.kind !== 'priced' || table === undefined) return UNKNOWN_COST;
    const isCharged = chargeInput(usage, table, ledger) && chargeOutput(usage, table, ledger);
    if (!isCharged) return UNKNOWN_COST;
    ledger.add(CostKind.REQUEST, 1, table.request ?? 0);
    for (const { tool, count } of usage.serverToolUses) {
      ledger.add(CostKind.SERVER_TOOL, count, table.serverTools.get(tool) ?? 0);
    }
    version = prices.version;
  }
  return version === undefined ? FREE_COST : ledger.close(version);
}

const MILLION = 1_000_000;
const HOUR_SECONDS = 3600;

/** Words of tiers of service that are not the usual one, at any provider: half or twice its price, or paid for beforehand. */
const OTHER_TIER = /flex|batch|priority|provisioned|reserved|performance|scale/;

function tableOf(
  prices: Extract<Prices, { kind: 'priced' }>,
  { inputTokens, outputTokens, serviceTier, inferenceRegion }: Usage,
  wallMs: number,
): PriceTable | undefined {
  if (inputTokens === undefined && outputTokens === undefined) return undefined;
  const tier = serviceTier.toLowerCase();
  const ofTier = tier === '' ? undefined : prices.byTier.get(tier);
  if (ofTier === undefined && OTHER_TIER.test(tier)) return undefined;
  const course = ofTier ?? prices.byRegion.get(inferenceRegion) ?? prices.usual;
  return tableFor(stepsAt(course, wallMs), inputTokens ?? 0);
}

/**
 * The input: parts with a price of their own by it, the rest by the plain one. Parts never count for more than the total, whatever
 * the provider says: what was read from the cache first, then what was written to it, then sound and images.
 * @returns false: a price is missing.
 */
function chargeInput(usage: Usage, table: PriceTable, ledger: Ledger): boolean {
  let left = usage.inputTokens ?? 0;
  const take = (kind: CostKind, count: number | undefined, price: number | undefined): void => {
    if (price === undefined || count === undefined || count === 0) return;
    const taken = Math.min(count, left);
    left -= taken;
    ledger.add(kind, taken, price);
  };
  take(CostKind.CACHE_READ, usage.cacheReadTokens, table.cacheRead);
  for (const { tokens, ttl } of usage.cacheWrites) {
    const isLong = ttl !== undefined && ttl.seconds >= HOUR_SECONDS;
    take(CostKind.CACHE_WRITE, tokens, (isLong ? table.cacheWrite1h : undefined) ?? table.cacheWrite);
  }
  take(CostKind.INPUT_AUDIO, usage.inputAudioTokens, table.inputAudio);
  take(CostKind.INPUT_IMAGE, usage.inputImageTokens, table.inputImage);
  if (left === 0) return true;
  if (table.input === undefined) return false;
  ledger.add(CostKind.INPUT, left, table.input);
  return true;
}

/** The output, in the same way; reasoning is output, at a price of its own where it has one. */
function chargeOutput(usage: Usage, table: PriceTable, ledger: Ledger): boolean {
  let left = usage.outputTokens ?? 0;
  if (table.outputAudio !== undefined) {
    const audio = Math.min(usage.outputAudioTokens ?? 0, left);
    left -= audio;
    ledger.add(CostKind.OUTPUT_AUDIO, audio, table.outputAudio);
  }
  if (table.outputReasoning !== undefined) {
    const reasoning = Math.min(usage.reasoningTokens ?? 0, left);
    left -= reasoning;
    ledger.add(CostKind.OUTPUT, reasoning, table.outputReasoning);
  }
  if (left === 0) return true;
  if (table.output === undefined) return false;
  ledger.add(CostKind.OUTPUT, left, table.output);
  return true;
}

/** The order in which kinds are told. */
const KINDS: readonly CostKind[] = [
  CostKind.INPUT,
  CostKind.CACHE_READ,
  CostKind.CACHE_WRITE,
  CostKind.INPUT_AUDIO,
  CostKind.INPUT_IMAGE,
  CostKind.OUTPUT,
  CostKind.OUTPUT_AUDIO,
  CostKind.REQUEST,
  CostKind.SERVER_TOOL,
];

interface Sum {
  /** Whole nanos. */
  nanos: number;
  /** Millionths of a nano, less than a million. */
  rest: number;
}

/**
 * Sums by kind. A price is split into nanos for one and millionths of a nano: the product of a count (an int32) and either
 * is exact in a double as long as it is below 2^53; once one is not, nothing is known any more.
 */
class Ledger {
  readonly #sums = new Map<CostKind, Sum>();
  #isExact = true;

  add(kind: CostKind, count: number, nanosPerMillion: number): void {
    if (count === 0 || nanosPerMillion === 0) return;
    const sum = this.#sums.get(kind) ?? { nanos: 0, rest: 0 };
    const small = nanosPerMillion % MILLION;
    const rest = sum.rest + count * small;
    this.#isExact &&= Number.isSafeInteger(rest);
    const carried = Math.floor(rest / MILLION);
    sum.nanos += count * ((nanosPerMillion - small) / MILLION) + carried;
    sum.rest = rest - carried * MILLION;
    this.#sums.set(kind, sum);
  }

  /** The cost; unknown if a sum left the numbers that are exact. */
  close(priceListVersion: string): Cost {
    if (!this.#isExact) return UNKNOWN_COST;
    const items: CostItem[] = [];
    let total = 0;
    for (const kind of KINDS) {
      const sum = this.#sums.get(kind);
      if (sum === undefined) continue;
      const usdNanos = roundHalfEven(sum);
      total += usdNanos;
      if (!Number.isSafeInteger(total)) return UNKNOWN_COST;
      if (usdNanos > 0) items.push({ kind, usdNanos });
    }
    return { usdNanos: total, pricingStatus: PricingStatus.PRICED, items, priceListVersion };
  }
}

function roundHalfEven({ nanos, rest }: Sum): number {
  const half = MILLION / 2;
  return rest > half || (rest === half && nanos % 2 === 1) ? nanos + 1 : nanos;
}
