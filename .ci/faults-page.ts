/** The text of docs/faults.md: fault rows and pitfalls against the tests that name them. Throws where a required test is missing. */
import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { type Cell, FAULT_ROWS, type FaultRow, PITFALLS, type Pitfall } from './fault-rows.ts';

interface Test {
  readonly path: string;
  readonly title: string;
  readonly rows: readonly number[];
  readonly items: readonly number[];
}

const CELLS: Readonly<Record<Cell, string>> = {
  client: 'client sees',
  recorded: 'recorded',
  provider: 'provider sees',
  others: 'others',
};

const INTRODUCTION = `# Faults

Generated from the titles of the tests (\`row NN: …\`, \`item NN: …\`) and \`.ci/fault-rows.ts\`; \`npm run check\` fails where a row that is
required has no test.

A row says what happens when something goes wrong: what the **client sees** (code, reason, details, pushback), what is **recorded**
(log line, metrics, usage), what the **provider sees** (which requests reached it, and that its socket is closed when a call ends), and
that **others** are unharmed and nothing leaks. Tests that go through the whole gateway (\`test/support/fault-rig.ts\`) assert with each
failed call that an honest call beside it succeeds, that the call's log line and a counter have its reason, that no call stays in
flight, that the provider's key is in no error, and that neither it nor the prompt nor a private key is in the log or the metrics.
`;

/** Renders the page. @throws Error for a required cell without a test */
export function renderFaults(): string {
  const tests = globSync('test/**/*.test.ts').sort().flatMap(readTests);
  const done = FAULT_ROWS.filter(({ waits }) => waits.all === undefined);
  const waiting = FAULT_ROWS.filter(({ waits }) => waits.all !== undefined);
  return [
    INTRODUCTION,
    '## Rows and their tests',
    '',
    '| row | fault | cells | tests | waits for |',
    '| --- | --- | --- | --- | --- |',
    ...done.flatMap((row) => renderRow(row, tests)),
    '',
    '## Rows that wait',
    '',
    '| row | fault | waits for |',
    '| --- | --- | --- |',
    ...waiting.map(({ row, fault, waits }) => `| ${row} | ${fault} | ${waits.all} |`),
    '',
    '## What grpc-js, nice-grpc and the runtime get wrong',
    '',
    '| item | what | tests |',
    '| --- | --- | --- |',
    ...PITFALLS.map((pitfall) => renderPitfall(pitfall, tests)),
    '',
  ].join('\n');
}

/** One line for each set of tests, with the cells that they assert together. */
function renderRow(row: FaultRow, tests: readonly Test[]): readonly string[] {
  const own = tests.filter(({ rows }) => rows.includes(row.row));
  const files = Map.groupBy(Object.entries(row.cells) as [Cell, string][], ([, file]) => file); // Keys are cells.
  const lines = [...files].map(([file, entries]) => {
    const cells = entries.map(([cell]) => cell);
    const asserting = own.filter(({ path }) => path === `test/faults/${file}.test.ts`);
    if (asserting.length === 0) throw new Error(`row ${row.row}: no test in ${file} is named by it`);
    return `| ${row.row} | ${row.fault} | ${cells.map((cell) => CELLS[cell]).join(', ')} | ${listTests(asserting)} | ${waitsOf(row)} |`;
  });
  const named = new Set(files.keys());
  const more = own.filter(({ path }) => !named.has(basename(path, '.test.ts')));
  return more.length === 0 ? lines : [...lines, `| ${row.row} | | in parts | ${listTests(more)} | |`];
}

function waitsOf({ waits }: FaultRow): string {
  const parts = Object.entries(waits) as [Cell, string][]; // Rows that wait as a whole are elsewhere.
  return parts.map(([cell, what]) => `${CELLS[cell]}: ${what}`).join('<br>');
}

function renderPitfall({ item, what, rows = [], also = [], waits }: Pitfall, tests: readonly Test[]): string {
  const named = tests.filter(({ items }) => items.includes(item));
  const guards = [
    ...(named.length > 0 ? [listTests(named)] : []),
    ...rows.map((row) => `row ${row}`),
    ...also.map(([path, title]) => listTests([findTest(`test/${path}`, title)])),
    ...(waits === undefined ? [] : [`waits for ${waits}`]),
  ];
  if (guards.length === 0) throw new Error(`item ${item} of the pitfalls has no test`);
  return `| ${item} | ${what} | ${guards.join('<br>')} |`;
}

function findTest(path: string, title: string): Test {
  if (!readFileSync(path, 'utf8').includes(`it('${title}'`)) throw new Error(`${path} has no test "${title}"`);
  return { path, title, rows: [], items: [] };
}

function listTests(tests: readonly Test[]): string {
  const byFile = Map.groupBy(tests, ({ path }) => path);
  return [...byFile]
    .map(
      ([path, own]) =>
        `[${basename(path, '.test.ts')}](../${path}): ${own.map(({ title }) => escapeCell(title)).join('; ')}`,
    )
    .join('<br>');
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('*', '\\*').replaceAll('`', "'");
}

const TITLE = /\bit\(\s*(['"`])((?:\\.|(?!\1).)+)\1/gs;

function readTests(path: string): readonly Test[] {
  const source = readFileSync(path, 'utf8');
  return [...source.matchAll(TITLE)].flatMap(([, , raw = '']) => {
    const title = raw.replaceAll(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, '…').replaceAll(/\\(.)/g, '$1');
    const rows = numbersOf(title, 'rows?', path.startsWith('test/unit/upstream/'));
    const items = numbersOf(title, 'items?', false);
    return rows.length + items.length === 0 ? [] : [{ path, title: bare(title), rows, items }];
  });
}

/** `row 9:`, `rows 9 and 12:`, `rows 9, 10 and 12:`, `rows 9 to 12:` at the beginning, `(row 9)`, or `9:` where bare numbers are rows. */
function numbersOf(title: string, word: string, bareNumbers: boolean): readonly number[] {
  const prefix = new RegExp(`^${word} (\\d+(?:(?:, | and | to )\\d+)*):`).exec(title)?.[1];
  const suffix = new RegExp(`\\(${word} (\\d+)[,)]`).exec(title)?.[1];
  const only = bareNumbers ? /^(\d+): /.exec(title)?.[1] : undefined;
  const text = prefix ?? suffix ?? only ?? '';
  const range = /^(\d+) to (\d+)$/.exec(text);
  if (range === null) return text.match(/\d+/g)?.map(Number) ?? [];
  const [from, to] = [Number(range[1]), Number(range[2])];
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

function bare(title: string): string {
  return title.replace(/^(?:(?:rows?|items?) )?\d+(?:(?:, | and | to )\d+)*: /, '').replace(/ \(row \d+\)$/, '');
}
