/** Medians and their spread. Pure. */

/** Numbers of several windows. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
  /** Bounds of a 95 % interval of the median, by bootstrap. */
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 2000;

/** Median, extremes and a 95 % interval of at least one number. */
export function spreadOf(values: readonly number[]): Spread {
  const random = pseudoRandom(values.length);
  const medians = Array.from({ length: RESAMPLES }, () =>
    medianOf(values.map(() => at(values, Math.floor(random() * values.length)))),
  ).sort(ascending);
  return {
    median: medianOf(values),
    least: Math.min(...values),
    most: Math.max(...values),
    low: at(medians, Math.floor(RESAMPLES * 0.025)),
    high: at(medians, Math.ceil(RESAMPLES * 0.975) - 1),
  };
}

/** The middle one, or the mean of the middle two. */
export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort(ascending);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? at(sorted, middle) : (at(sorted, middle - 1) + at(sorted, middle)) / 2;
}

/** The value below which a share of them lies. */
export function quantileOf(values: readonly number[], share: number): number {
  const sorted = [...values].sort(ascending);
  return at(sorted, Math.min(sorted.length - 1, Math.floor(share * sorted.length)));
}

/** Ratios pair by pair: window i against window i, which ran within seconds of each other. */
export function ratiosOf(values: readonly number[], references: readonly number[]): readonly number[] {
  return values.slice(0, references.length).map((value, i) => value / at(references, i));
}

function at(values: readonly number[], index: number): number {
  const value = values[index];
  if (value === undefined) throw new RangeError(`${values.length} values have no number ${index}`);
  return value;
}

function ascending(a: number, b: number): number {
  return a - b;
}

/** mulberry32: the same page for the same figures. */
function pseudoRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
