/**
 * Counters and histograms that cost a call next to nothing: the labels of a series are looked up once and kept, and noting a
 * value is an addition. The OpenTelemetry SDK hashes the labels at every value; it reads these only when somebody scrapes.
 */

/** Values of labels by name, in the order in which they are shown. */
export type Labels = Readonly<Record<string, string>>;

/** A number that goes up, or up and down. */
export interface NumberSeries {
  readonly labels: Labels;
  value: number;
}

/** Values counted by size. */
export interface HistogramSeries {
  readonly labels: Labels;
  /** One more than there are bounds: the last counts what is above all of them. */
  readonly counts: number[];
  sum: number;
  count: number;
}

/** What a family is called and what it means. */
export interface FamilyInfo {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
}

/** Series of numbers that differ by labels. */
export interface NumberFamily extends FamilyInfo {
  readonly kind: 'counter' | 'gauge';
  readonly with: (labels: Labels) => NumberSeries;
  readonly series: () => Iterable<NumberSeries>;
}

/** Histograms that differ by labels. */
export interface HistogramFamily extends FamilyInfo {
  readonly kind: 'histogram';
  /** Inclusive upper bounds, rising. */
  readonly bounds: readonly number[];
  readonly with: (labels: Labels) => HistogramSeries;
  readonly series: () => Iterable<HistogramSeries>;
}

/** Any family. */
export type Family = NumberFamily | HistogramFamily;

const MAX_SERIES = 2000; // Of one family. Labels come from the configuration alone; this guards against years of reloads.

/** Makes a family of numbers. */
export function numberFamily(kind: NumberFamily['kind'], info: FamilyInfo): NumberFamily {
  return { kind, ...info, ...bounded((labels) => ({ labels, value: 0 })) };
}

/** Makes a family of histograms. */
export function histogramFamily(bounds: readonly number[], info: FamilyInfo): HistogramFamily {
  const make = (labels: Labels) => ({ labels, counts: new Array<number>(bounds.length + 1).fill(0), sum: 0, count: 0 });
  return { kind: 'histogram', bounds, ...info, ...bounded(make) };
}

/** Notes one value. */
export function observe(series: HistogramSeries, bounds: readonly number[], value: number): void {
  let bucket = 0;
  while (bucket < bounds.length && value > (bounds[bucket] ?? 0)) bucket += 1;
  series.counts[bucket] = (series.counts[bucket] ?? 0) + 1;
  series.sum += value;
  series.count += 1;
}

function bounded<S>(make: (labels: Labels) => S): { with: (labels: Labels) => S; series: () => Iterable<S> } {
  const all = new Map<string, S>();
  return {
    with(labels) {
      const key = Object.values(labels).join('\n');
      const known = all.get(key);
      if (known !== undefined) return known;
      const kept = all.size < MAX_SERIES ? labels : others(labels);
      const keptKey = kept === labels ? key : Object.values(kept).join('\n');
      const series = all.get(keptKey) ?? make(kept);
      all.set(keptKey, series);
      return series;
    },
    series: () => all.values(),
  };
}

function others(labels: Labels): Labels {
  return Object.fromEntries(Object.keys(labels).map((name) => [name, 'other']));
}
