/**
 * What calls cost, as the configuration compiles it: whole numbers of billionths of a US dollar for a million of each thing,
 * so that everything after it is exact. Data and its reading; pure.
 */

/** What a million of each costs, in billionths of a US dollar. Undefined: there is no price of its own. */
export interface PriceTable {
  /** Tokens of the input without a price of their own. Undefined: not known. */
  readonly input: number | undefined;
  /** Tokens read from the provider's cache; undefined: as input. */
  readonly cacheRead: number | undefined;
  /** Tokens written to it; undefined: as input. */
  readonly cacheWrite: number | undefined;
  /** The same, to live for an hour or more; undefined: as cacheWrite. */
  readonly cacheWrite1h: number | undefined;
  /** Tokens of sound in the input; undefined: as input. */
  readonly inputAudio: number | undefined;
  /** Tokens of images in the input; undefined: as input. */
  readonly inputImage: number | undefined;
  /** Tokens of the output without a price of their own. Undefined: not known. */
  readonly output: number | undefined;
  /** Tokens spent on reasoning; undefined: as output. */
  readonly outputReasoning: number | undefined;
  /** Tokens of sound in the output; undefined: as output. */
  readonly outputAudio: number | undefined;
  /** Requests to the provider; undefined: nothing. */
  readonly request: number | undefined;
  /** Runs of the provider's own tools, by its name for them; a tool that is not here costs nothing by the run. */
  readonly serverTools: ReadonlyMap<string, number>;
}

/** Prices of inputs beyond a size: all of such a call is charged by them. */
export interface PriceStep {
  /** The step holds for inputs of more tokens than this. */
  readonly aboveInputTokens: number;
  readonly table: PriceTable;
}

/** When prices hold; undefined: always. */
export type PriceTime =
  /** From a moment on, in milliseconds since 1970. */
  | { readonly kind: 'from'; readonly wallMs: number }
  /** Each day between two times of UTC, in milliseconds; the end is not included and may lie on the next day. */
  | { readonly kind: 'daily'; readonly startMs: number; readonly endMs: number };

/** Prices for a time. */
export interface PricePeriod {
  readonly when: PriceTime | undefined;
  /** From the smallest input on; never empty. The last that fits holds. */
  readonly steps: readonly PriceStep[];
}

/** Prices over time: the last period that holds, else the first. Never empty. */
export type PriceCourse = readonly PricePeriod[];

/** What a deployment costs. */
export type Prices =
  /** Nothing, by configuration. */
  | { readonly kind: 'free' }
  /** Nobody knows. */
  | { readonly kind: 'unknown' }
  | {
      readonly kind: 'priced';
      /** Where the prices come from, as Cost.price_list_version. */
      readonly version: string;
      readonly usual: PriceCourse;
      /** Other prices by Usage.service_tier, in lower case. */
      readonly byTier: ReadonlyMap<string, PriceCourse>;
      /** Other prices by Usage.inference_region. */
      readonly byRegion: ReadonlyMap<string, PriceCourse>;
    };

/** Nothing, by configuration. */
export const FREE_PRICES: Prices = { kind: 'free' };

/** Nobody knows. */
export const UNKNOWN_PRICES: Prices = { kind: 'unknown' };

/** A table in which only some things have a price. */
export function makePriceTable(known: Partial<PriceTable>): PriceTable {
  return { ...NO_PRICES, ...known };
}

/** Prices that hold at all times and for all sizes. */
export function constantPrices(version: string, table: PriceTable): Extract<Prices, { kind: 'priced' }> {
  return { kind: 'priced', version, usual: steadyCourse(table), byTier: new Map(), byRegion: new Map() };
}

/** A course that never changes. */
export function steadyCourse(table: PriceTable): PriceCourse {
  return [{ when: undefined, steps: [{ aboveInputTokens: 0, table }] }];
}

/** The steps that hold at a moment. */
export function stepsAt(course: PriceCourse, wallMs: number): readonly PriceStep[] {
  for (let index = course.length - 1; index > 0; index -= 1) {
    const period = course[index];
    if (period !== undefined && holds(period.when, wallMs)) return period.steps;
  }
  return course[0]?.steps ?? [];
}

/** The table for an input of so many tokens. */
export function tableFor(steps: readonly PriceStep[], inputTokens: number): PriceTable | undefined {
  let table = steps[0]?.table;
  for (const step of steps) if (inputTokens > step.aboveInputTokens) table = step.table;
  return table;
}

/** The courses of all the prices of a deployment. */
export function coursesOf(prices: Prices): readonly PriceCourse[] {
  return prices.kind === 'priced' ? [prices.usual, ...prices.byTier.values(), ...prices.byRegion.values()] : [];
}

/**
 * US dollars in billionths, exactly: `0.25` is 250,000,000. Undefined: it is no such number, has more than nine digits behind
 * the point, or is beyond 2^53.
 */
export function parseUsdNanos(text: string): number | undefined {
  const [, whole, fraction = ''] = USD.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const nanos = Number(whole + fraction.padEnd(NANO_DIGITS, '0'));
  return Number.isSafeInteger(nanos) ? nanos : undefined;
}

/** Amounts of dollars as they are written. */
export const USD = /^(\d{1,7})(?:\.(\d{1,9}))?$/;

const NANO_DIGITS = 9;
const DAY_MS = 86_400_000;

const NO_PRICES: PriceTable = {
  input: undefined,
  cacheRead: undefined,
  cacheWrite: undefined,
  cacheWrite1h: undefined,
  inputAudio: undefined,
  inputImage: undefined,
  output: undefined,
  outputReasoning: undefined,
  outputAudio: undefined,
  request: undefined,
  serverTools: new Map(),
};

function holds(when: PriceTime | undefined, wallMs: number): boolean {
  if (when === undefined) return true;
  if (when.kind === 'from') return wallMs >= when.wallMs;
  const timeMs = ((wallMs % DAY_MS) + DAY_MS) % DAY_MS;
  const { startMs, endMs } = when;
  return startMs <= endMs ? timeMs >= startMs && timeMs < endMs : timeMs >= startMs || timeMs < endMs;
}
