/** `npm run fuzz [-- --count 1000000 --seconds 600 --seed 1 --only <number> --fixtures]`: docs/fuzzing.md. */
import { parseArgs } from 'node:util';
import { fuzz, MAX_HEAP_GROWTH_BYTES } from './fuzz.ts';
import { drawInput } from './inputs.ts';
import { renderFigures, renderFinding } from './report.ts';
import { readSamples } from './samples.ts';
import { watchForHang } from './watch-for-hang.ts';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '100000' },
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    /** Number of the one input to decode again. */
    only: { type: 'string' },
    /** Whether recordings are left out, so that every machine draws the same inputs. */
    fixtures: { type: 'boolean', default: false },
  },
});

const samples = readSamples(!values.fixtures);
const seed = readNumber('seed');
const only = values.only === undefined ? undefined : readNumber('only');
if (only !== undefined) {
  const { of, target, ...input } = drawInput(samples, seed, only);
  console.dir({ dialect: of.dialect.id, model: target.upstreamModel, ...input }, { depth: 4, maxStringLength: 4_000 });
}

const replay = `npm run fuzz -- --seed ${seed}${values.fixtures ? ' --fixtures' : ''} --only`;
const watch = watchForHang(`input <number> hangs: ${replay} <number>`);
const figures = fuzz(samples, {
  seed,
  first: only ?? 0,
  count: only === undefined ? readNumber('count') : 1,
  seconds: readNumber('seconds'),
  onInput: watch.onInput,
});
await watch.stop();

console.log(renderFigures(figures, { seed, digest: samples.digest }));
for (const finding of figures.findings) console.error(renderFinding(finding, `${replay} ${finding.number}`));
if (figures.findings.length > 0 || figures.heapGrowthBytes > MAX_HEAP_GROWTH_BYTES) process.exitCode = 1;

function readNumber(name: 'count' | 'seconds' | 'seed' | 'only'): number {
  const number = Number(values[name]);
  if (!Number.isInteger(number) || number < 0) throw new Error(`--${name} must be a whole number`);
  return number;
}
