/** The results as tables in Markdown. Pure. */
import { CASES, type Case } from './cases.ts';
import type { Measured, Results } from './results.ts';
import { ratiosOf, type Spread, spreadOf } from './statistics.ts';
import type { Window } from './windows.ts';

/** The subject that this is about. */
export const KANMON = 'kanmon';
/** The subject that targets are set against. */
export const NODE_PROXY = 'node proxy';
const GO_PROXY = 'go proxy';

/** Targets that are no ratios. */
const IDLE_MB = 120;
const STREAM_KIB = 40;
const START_MS = 800;

/** CPU time by case and subject. */
export function costTable({ cases }: Results, subjects: readonly string[]): string {
  const rows = measuredCases(cases).map(([plan, { bySubject }]) => [
    plan.title,
    ...subjects.map((name) => (bySubject[name] === undefined ? '–' : formatCost(spreadOf(costsOf(bySubject[name]))))),
  ]);
  return table(['CPU µs per', ...subjects], rows);
}

/** Kanmon's CPU time as a multiple of the references', pair by pair. */
export function ratioTable({ cases }: Results): string {
  const rows = measuredCases(cases).map(([plan, { bySubject }]) => {
    const node = ratioTo(bySubject, NODE_PROXY);
    return [plan.title, formatRatio(node), formatTarget(node, plan.target), formatRatio(ratioTo(bySubject, GO_PROXY))];
  });
  return table(['Kanmon’s CPU time, as a multiple of', 'Node proxy', 'target', 'Go proxy'], rows);
}

/** How many units a second each subject was given, or managed. */
export function rateTable({ cases }: Results, subjects: readonly string[]): string {
  const rows = measuredCases(cases).map(([plan, { bySubject }]) => [
    plan.title,
    ...subjects.map((name) => {
      const windows = bySubject[name];
      return windows === undefined ? '–' : formatCount(spreadOf(windows.map((window) => window.unitsPerSecond)).median);
    }),
  ]);
  return table(['units a second', ...subjects], rows);
}

/** Memory, start and latency. */
export function otherTable({ memory, start, latency }: Results, subjects: readonly string[]): string {
  const of = <T>(measured: Measured<readonly T[]> | undefined, read: (item: T) => number, digits: number) =>
    subjects.map((name) => {
      const values = measured?.bySubject[name];
      return values === undefined ? '–' : formatSpread(spreadOf(values.map(read)), digits);
    });
  const idle = memory?.bySubject[KANMON]?.map((sample) => sample.idle / 1e6);
  const perStream = memory?.bySubject[KANMON]?.map((sample) => sample.perStream / 1024);
  const rows = [
    ['memory idle, MB', ...of(memory, (sample) => sample.idle / 1e6, 0), limit(idle, IDLE_MB)],
    [
      'memory per open stream, KiB',
      ...of(memory, (sample) => sample.perStream / 1024, 1),
      limit(perStream, STREAM_KIB),
    ],
    ['start to first answer, ms', ...of(start, (ms) => ms, 0), limit(start?.bySubject[KANMON], START_MS)],
    ['added latency, p50, ms', ...of(latency, ({ p50 }) => p50, 2), ''],
    ['added latency, p99, ms', ...of(latency, ({ p99 }) => p99, 2), ''],
  ];
  return table(['', ...subjects, 'target for Kanmon'], rows);
}

/** Windows' costs. */
export function costsOf(windows: readonly Window[]): readonly number[] {
  return windows.map(({ cost }) => cost);
}

function measuredCases(cases: Results['cases']): readonly (readonly [Case, Measured<readonly Window[]>])[] {
  return CASES.flatMap((plan) => {
    const measured = cases[plan.id];
    return measured === undefined ? [] : [[plan, measured] as const];
  });
}

function ratioTo(bySubject: Measured<readonly Window[]>['bySubject'], reference: string): Spread | undefined {
  const [own, other] = [bySubject[KANMON], bySubject[reference]];
  return own && other && spreadOf(ratiosOf(costsOf(own), costsOf(other)));
}

function formatCost(spread: Spread): string {
  return formatSpread(spread, spread.median < 10 ? 2 : spread.median < 100 ? 1 : 0);
}

function formatSpread({ median, least, most }: Spread, digits: number): string {
  return `**${median.toFixed(digits)}** (${least.toFixed(digits)}–${most.toFixed(digits)})`;
}

function formatRatio(ratio: Spread | undefined): string {
  if (ratio === undefined) return '–';
  const [median, least, most, low, high] = [ratio.median, ratio.least, ratio.most, ratio.low, ratio.high].map((value) =>
    value.toFixed(2),
  );
  return `**${median}** (${least}–${most}; 95 %: ${low}–${high})`;
}

function formatTarget(ratio: Spread | undefined, target: number | undefined): string {
  if (ratio === undefined || target === undefined) return '';
  return `≤ ${target.toFixed(1)}: ${ratio.median <= target ? 'met' : 'missed'}`;
}

function limit(values: readonly number[] | undefined, most: number): string {
  return values === undefined ? `≤ ${most}` : `≤ ${most}: ${spreadOf(values).median <= most ? 'met' : 'missed'}`;
}

function formatCount(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
