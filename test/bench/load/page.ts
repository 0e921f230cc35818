/** docs/benchmarks.md and its picture: the measured part is written anew, what people wrote around it stays. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { drawChart } from './chart.ts';
import type { Machine } from './machine.ts';
import type { Measured, Results } from './results.ts';
import type { Soak } from './soak.ts';
import { medianOf } from './statistics.ts';
import { costTable, KANMON, otherTable, rateTable, ratioTable } from './tables.ts';

const PAGE = fileURLToPath(new URL('../../../docs/benchmarks.md', import.meta.url));
const PICTURE = fileURLToPath(new URL('../../../docs/benchmarks.svg', import.meta.url));
const BEGIN = '<!-- Measured: written by npm run bench. -->';
const END = '<!-- End of what is measured. -->';

/** Writes both. @throws Error if the page has lost its marks */
export function writePage(results: Results): void {
  const page = readFileSync(PAGE, 'utf8');
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${PAGE} has not the two marks between which figures are written`);
  const figures = renderFigures(results);
  writeFileSync(PAGE, `${page.slice(0, begin)}${BEGIN}\n\n${figures}\n\n${page.slice(end)}`);
  writeFileSync(PICTURE, drawChart(results, subjectsOf(results)));
}

/** The measured part, as Markdown. */
export function renderFigures(results: Results): string {
  const subjects = subjectsOf(results);
  const { latency, memory, start, soak } = results;
  const parts = [describeRuns([...Object.values(results.cases), latency, memory, start, soak])];
  if (Object.keys(results.cases).length > 0) {
    const tables = [costTable(results, subjects), ratioTable(results), rateTable(results, subjects)];
    parts.push('![CPU time per unit of work](benchmarks.svg)', ...tables);
  }
  const own = subjects.length > 0 ? subjects : [KANMON];
  if (latency ?? memory ?? start) parts.push(otherTable(results, own));
  const soaked = soak?.bySubject[KANMON];
  if (soaked !== undefined) parts.push(describeSoak(soaked));
  return parts.join('\n\n');
}

function subjectsOf({ cases, latency, start }: Results): readonly string[] {
  const all = [...Object.values(cases), latency, start].flatMap((measured) => Object.keys(measured?.bySubject ?? {}));
  return [...new Set(all)];
}

function describeRuns(all: readonly (Measured<unknown> | undefined)[]): string {
  const runs = all.filter((measured) => measured !== undefined);
  const machines = new Set(runs.map(({ machine }) => describeMachine(machine)));
  const days = [...new Set(runs.map(({ day }) => day))].sort();
  const loads = runs.map(({ machine }) => machine.loadBefore);
  return [
    `Measured on ${days.join(', ')}; ${[...machines].join('; ')}.`,
    `Other work on the machine (load average when a run began): ${Math.min(...loads)} to ${Math.max(...loads)}.`,
  ].join('\n');
}

function describeMachine({ cpu, cores, system, node, peers }: Machine): string {
  const versions = Object.entries(peers).map(([name, version]) => `${name} ${version}`);
  return [cpu, `${cores} cores`, system, `Node.js ${node}`, ...versions].join(', ');
}

function describeSoak({ everyCalls, rss, growth, noise }: Soak): string {
  const calls = (rss.length * everyCalls).toLocaleString('en-US');
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
  const samples = rss.map((bytes) => (bytes / 1e6).toFixed(0)).join(', ');
  const steady = rss.slice(rss.length >> 2);
  return (
    `Memory over ${calls} unary calls, 16 in flight, in MB after every ${everyCalls.toLocaleString('en-US')}: ${samples}. ` +
    `From the end of the first quarter on: median ${megabytes(medianOf(steady))}, growth ${megabytes(growth)} ` +
    `(medians of the first and the last five), noise ±${megabytes(noise)}.`
  );
}
