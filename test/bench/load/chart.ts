/** The picture: CPU time of every subject in every case, as bars on a logarithmic axis. An SVG of its own. Pure. */
import { CASES } from './cases.ts';
import type { Results } from './results.ts';
import { spreadOf } from './statistics.ts';
import { costsOf, KANMON } from './tables.ts';

const WIDTH = 900;
const LEFT = 324;
const RIGHT = 96;
const TOP = 62;
const BAR = 15;
const GAP = 16;
const BOTTOM = 40;
const LEAST_US = 0.3; // The axis begins here.
const FONT = 'font-family="system-ui, sans-serif"';
const COLOURS: Readonly<Record<string, string>> = {
  kanmon: '#c2410c',
  'node proxy': '#4d7c0f',
  'go proxy': '#0e7490',
  nginx: '#64748b',
};

/** Draws it. */
export function drawChart({ cases }: Results, subjects: readonly string[]): string {
  const measured = CASES.filter(({ id }) => cases[id] !== undefined);
  const groupHeight = subjects.length * BAR + GAP;
  const height = TOP + measured.length * groupHeight + BOTTOM;
  const most = Math.max(...measured.flatMap(({ id }) => Object.values(cases[id]?.bySubject ?? {}).flatMap(costsOf)));
  const x = (us: number) => LEFT + ((WIDTH - LEFT - RIGHT) * Math.log(us / LEAST_US)) / Math.log(most / LEAST_US);
  const groups = measured.map((plan, index) => {
    const y = TOP + index * groupHeight;
    const bars = subjects.flatMap((name, place) => {
      const windows = cases[plan.id]?.bySubject[name];
      return windows === undefined ? [] : [drawBar(name, costsOf(windows), y + place * BAR, x)];
    });
    const middle = y + (subjects.length * BAR) / 2 + 4;
    return `<text x="${LEFT - 10}" y="${middle}" text-anchor="end" fill="#0f172a">${plan.title}</text>\n${bars.join('\n')}`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" ${FONT} font-size="12">
<title>CPU time per unit of work</title>
<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>
<text x="16" y="24" font-size="15" font-weight="600" fill="#0f172a">CPU time per unit of work, µs (logarithmic; median, line from least to most)</text>
${drawLegend(subjects)}
${drawAxis(most, x, height)}
${groups.join('\n')}
</svg>
`;
}

function drawLegend(subjects: readonly string[]): string {
  return subjects
    .map((name, index) => {
      const x = 16 + index * 110;
      return `<rect x="${x}" y="36" width="11" height="11" fill="${colourOf(name)}"/><text x="${x + 16}" y="46" fill="#334155">${name}</text>`;
    })
    .join('\n');
}

function drawAxis(most: number, x: (us: number) => number, height: number): string {
  const lines: string[] = [];
  for (let us = 1; us <= most; us *= 10) {
    const at = x(us).toFixed(1);
    lines.push(
      `<line x1="${at}" x2="${at}" y1="${TOP - 6}" y2="${height - BOTTOM + 4}" stroke="#e2e8f0"/>`,
      `<text x="${at}" y="${height - BOTTOM + 20}" text-anchor="middle" fill="#64748b">${us}</text>`,
    );
  }
  return lines.join('\n');
}

function drawBar(name: string, costs: readonly number[], y: number, x: (us: number) => number): string {
  const { median, least, most } = spreadOf(costs);
  const end = x(median);
  const middle = y + BAR / 2 - 1;
  const label = median < 10 ? median.toFixed(1) : median.toFixed(0);
  const weight = name === KANMON ? ' font-weight="600"' : '';
  return [
    `<rect x="${LEFT}" y="${y}" width="${(end - LEFT).toFixed(1)}" height="${BAR - 2}" fill="${colourOf(name)}"/>`,
    `<line x1="${x(least).toFixed(1)}" x2="${x(most).toFixed(1)}" y1="${middle}" y2="${middle}" stroke="#0f172a"/>`,
    `<text x="${(x(most) + 6).toFixed(1)}" y="${y + BAR - 4}" font-size="11" fill="#0f172a"${weight}>${label}</text>`,
  ].join('');
}

function colourOf(name: string): string {
  return COLOURS[name] ?? '#a1a1aa';
}
