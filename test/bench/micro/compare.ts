/** Compares functions by time per run, in turn, so that whatever disturbs the machine disturbs all of them. */

const WINDOWS = 7;
const RUNS = 50_000;

/** Prints the median of each, with the least and the most, in nanoseconds per `unit`. */
export function compare(unit: string, functions: Readonly<Record<string, () => unknown>>, unitsPerRun = 1): void {
  const times = new Map<string, number[]>(Object.keys(functions).map((name) => [name, []]));
  const runs = Math.ceil(RUNS / unitsPerRun);
  for (let window = -1; window < WINDOWS; window += 1) {
    for (const [name, run] of Object.entries(functions)) {
      const took = timeRuns(run, runs) / (runs * unitsPerRun);
      if (window >= 0) times.get(name)?.push(took); // The first is the warm-up.
    }
  }
  for (const [name, values] of times) {
    const sorted = values.toSorted((a, b) => a - b).map(Math.round);
    console.log(
      `${name}: ${sorted[WINDOWS >> 1]} ns per ${unit}, median of ${WINDOWS} (${sorted[0]} to ${sorted.at(-1)})`,
    );
  }
}

function timeRuns(run: () => unknown, runs: number): number {
  const startedAt = process.hrtime.bigint();
  for (let count = 0; count < runs; count += 1) run();
  return Number(process.hrtime.bigint() - startedAt);
}
