/** What the command line asks for. */
import { parseArgs } from 'node:util';
import { CASES } from './cases.ts';
import type { Measure } from './windows.ts';

/** Figures that are no case of CPU time. */
export const OTHER_FIGURES = ['latency', 'memory', 'start'] as const;

/** A run of the bench. */
export interface Options {
  readonly mode: 'full' | 'quick' | 'soak';
  readonly measure: Measure;
  /** Ids of cases and other figures. */
  readonly only: ReadonlySet<string>;
  /** Names of proxies to leave out. */
  readonly without: ReadonlySet<string>;
  /** Whether the tree is built first; what is measured is what is shipped, not the source. */
  readonly builds: boolean;
  /** Root of another tree, built, whose gateway is measured beside this one's. */
  readonly before: string | undefined;
  /** Folder for CPU profiles of the gateway, one a run; undefined: none are made. */
  readonly profiles: string | undefined;
  /** Whether the page is written. */
  readonly writes: boolean;
}

/** How to call it. */
export const HELP = `npm run bench -- [options]
  --quick             one to two minutes: shorter and fewer windows, fewer figures; the page stays as it is
  --soak              200,000 calls and the memory beside them, nothing else
  --only <ids>        only these, by comma: ${[...CASES.map(({ id }) => id), ...OTHER_FIGURES].join(', ')}
  --without <names>   leave out proxies, by comma: nginx, go
  --no-build          measure what was built last
  --before <folder>   measure the gateway of another tree, built already, too, for a comparison in one run
  --profile <folder>  write a CPU profile of the gateway; its figures are then dearer than they are
  --windows <number>  windows of each subject in each case
  --window <ms>       length of a window
  --warm-up <calls>   calls before the first window
  --no-write          leave docs/benchmarks.md as it is`;

const FULL: Measure = { windows: 6, windowMs: 2000, warmUpMs: 2500, warmUpCalls: 10_000 };
const QUICK: Measure = { windows: 3, windowMs: 700, warmUpMs: 1000, warmUpCalls: 2000 };
const QUICK_FIGURES = ['unary', 'token', 'burst', 'start'];

/** Reads arguments; undefined: help was asked for. @throws TypeError for what it does not know */
export function readOptions(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({ args: [...args], options: OPTIONS, allowNegative: true });
  if (values.help === true) return undefined;
  const mode = values.soak === true ? 'soak' : values.quick === true ? 'quick' : 'full';
  const base = mode === 'quick' ? QUICK : FULL;
  const all = [...CASES.map(({ id }) => id), ...OTHER_FIGURES];
  const only = values.only === undefined ? (mode === 'quick' ? QUICK_FIGURES : all) : values.only.split(',');
  for (const id of only)
    if (!all.includes(id)) throw new TypeError(`there is no figure ${id}; there are ${all.join(', ')}`);
  return {
    mode,
    measure: {
      ...base,
      windows: Number(values.windows ?? base.windows),
      windowMs: Number(values.window ?? base.windowMs),
      warmUpCalls: Number(values['warm-up'] ?? base.warmUpCalls),
    },
    only: new Set(only),
    without: new Set(values.without?.split(',')),
    builds: values.build !== false,
    before: values.before,
    profiles: values.profile,
    writes: mode !== 'quick' && values.write !== false && values.before === undefined && values.profile === undefined,
  };
}

const OPTIONS = {
  help: { type: 'boolean' },
  quick: { type: 'boolean' },
  soak: { type: 'boolean' },
  only: { type: 'string' },
  without: { type: 'string' },
  build: { type: 'boolean' },
  before: { type: 'string' },
  profile: { type: 'string' },
  windows: { type: 'string' },
  window: { type: 'string' },
  'warm-up': { type: 'string' },
  write: { type: 'boolean' },
} as const;
