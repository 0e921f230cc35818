/** The loop: inputs drawn by number, judged, counted. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { drawInput, type Input } from './inputs.ts';
import { judge, type Verdict } from './judge.ts';
import type { Samples } from './samples.ts';

/** How far to go. */
export interface FuzzOptions {
  readonly seed: number;
  /** Number of the first input. */
  readonly first?: number;
  readonly count: number;
  /** Stops earlier after so many seconds. */
  readonly seconds: number;
  /** Called with the number of each input before it is decoded: whoever watches knows which one hangs. */
  readonly onInput?: (number: number) => void;
}

/** One input that should not have done what it did. */
export interface Finding {
  readonly number: number;
  readonly kind: Input['kind'];
  readonly dialectId: string;
  readonly fault: string;
}

/** What came out. */
export interface FuzzFigures {
  readonly inputs: number;
  readonly seconds: number;
  /** Inputs by dialect and kind, for instance `cohere.v2 frames`. */
  readonly byKind: ReadonlyMap<string, number>;
  /** Inputs by what became of them. */
  readonly byOutcome: ReadonlyMap<string, number>;
  /** The longest that one input took, in milliseconds of CPU, the least of several tries where it was long. */
  readonly slowestMs: number;
  readonly slowestNumber: number;
  /** Live heap after the run less that after the first tenth, in bytes, both after a collection. */
  readonly heapGrowthBytes: number;
  readonly peakRssBytes: number;
  readonly findings: readonly Finding[];
}

/** Longest that decoding one input may take. */
export const MAX_CPU_MS = 50;

/** What may stay after a run: code that was compiled and caches, not inputs. */
export const MAX_HEAP_GROWTH_BYTES = 24 << 20;

/** After so many findings there is enough to read. */
const MAX_FINDINGS = 20;
const CHECK_EVERY = 512;

/** Runs until the count, the time, or enough findings are reached. */
export function fuzz(samples: Samples, options: FuzzOptions): FuzzFigures {
  const { seed, first = 0, count, seconds, onInput } = options;
  const tally = new Tally();
  const startedAt = performance.now();
  const passed = () => (performance.now() - startedAt) / 1000;
  let heapBefore = 0;
  let number = first;
  for (; number < first + count; number++) {
    if (number % CHECK_EVERY === 0 && tally.isEnough(passed() >= seconds)) break;
    if (number === first + Math.floor(count / 10)) heapBefore = liveHeapBytes();
    onInput?.(number);
    const input = drawInput(samples, seed, number);
    tally.add(number, input, judgeAgain(input));
  }
  const growth = heapBefore === 0 ? 0 : liveHeapBytes() - heapBefore;
  return { ...tally.figures(), inputs: number - first, seconds: passed(), heapGrowthBytes: growth };
}

/** A long time may be the compiler's or the collector's, or another process's: what is slow is slow each time. */
function judgeAgain(input: Input): Verdict {
  let verdict = judge(input);
  for (let tries = 0; verdict.cpuMs > MAX_CPU_MS / 2 && tries < 4; tries++) {
    const again = judge(input);
    if (again.cpuMs < verdict.cpuMs) verdict = again;
  }
  return verdict;
}

class Tally {
  readonly #byKind = new Map<string, number>();
  readonly #byOutcome = new Map<string, number>();
  readonly #findings: Finding[] = [];
  #slowest = { ms: 0, number: 0 };
  #peakRssBytes = 0;

  /** Whether to stop; looks at the memory in passing. */
  isEnough(timeIsUp: boolean): boolean {
    this.#peakRssBytes = Math.max(this.#peakRssBytes, process.memoryUsage.rss());
    return timeIsUp || this.#findings.length >= MAX_FINDINGS;
  }

  add(number: number, { kind, of }: Input, { outcome, cpuMs, fault }: Verdict): void {
    const dialectId = of.dialect.id;
    count(this.#byKind, `${dialectId} ${kind}`);
    count(this.#byOutcome, kind === 'error' && outcome === 'OK' ? 'error decoded' : outcome);
    if (cpuMs > this.#slowest.ms) this.#slowest = { ms: cpuMs, number };
    const slow = cpuMs > MAX_CPU_MS ? `it took ${cpuMs.toFixed(0)} ms of CPU` : undefined;
    const found = fault ?? slow;
    if (found !== undefined) this.#findings.push({ number, kind, dialectId, fault: found });
  }

  figures() {
    return {
      byKind: this.#byKind,
      byOutcome: this.#byOutcome,
      findings: this.#findings,
      slowestMs: this.#slowest.ms,
      slowestNumber: this.#slowest.number,
      peakRssBytes: this.#peakRssBytes,
    };
  }
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void; // The flag makes it a global of new contexts.

function liveHeapBytes(): number {
  collect();
  return process.memoryUsage().heapUsed;
}
