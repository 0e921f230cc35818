/** The figures of a run, for people. */
import type { Finding, FuzzFigures } from './fuzz.ts';

/** A few lines and two tables. */
export function renderFigures(
  figures: FuzzFigures,
  { seed, digest }: { readonly seed: number; readonly digest: string },
): string {
  const { inputs, seconds, byKind, byOutcome, slowestMs, slowestNumber, heapGrowthBytes, peakRssBytes, findings } =
    figures;
  return [
    `${inputs} inputs in ${seconds.toFixed(1)} s (seed ${seed}, samples ${digest}), ${findings.length} findings`,
    `slowest: input ${slowestNumber}, ${slowestMs.toFixed(1)} ms of CPU`,
    `heap: ${mebibytes(heapGrowthBytes)} MiB more after the run; at most ${mebibytes(peakRssBytes)} MiB resident`,
    '',
    ...table('input', byKind),
    '',
    ...table('outcome', byOutcome),
  ].join('\n');
}

/** What is wrong with one input, and how to see it again. */
export function renderFinding({ number, kind, dialectId, fault }: Finding, replay: string): string {
  return `\ninput ${number} (${dialectId}, ${kind}): ${fault}\n  again: ${replay}`;
}

function table(name: string, counts: ReadonlyMap<string, number>): readonly string[] {
  const rows = [...counts].sort(([one], [two]) => (one < two ? -1 : 1));
  return [`| ${name} | count |`, '| --- | ---: |', ...rows.map(([row, count]) => `| ${row} | ${count} |`)];
}

function mebibytes(bytes: number): string {
  return (bytes / (1 << 20)).toFixed(1);
}
