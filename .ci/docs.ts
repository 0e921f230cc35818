/** Writes the pages of docs/ that follow from the code: errors, configuration and faults. With `--check` it fails where one is stale. */
import { readFileSync, writeFileSync } from 'node:fs';
import { configJsonSchema } from '../server/config/schema.ts';
import { REASONS, type Reason, type ReasonRow } from '../server/model/reasons.ts';
import { renderConfiguration } from './configuration-page.ts';
import { renderFaults } from './faults-page.ts';
import { renderHosts } from './hosts-page.ts';

const PAGES: ReadonlyMap<string, () => string> = new Map([
  ['docs/errors.md', renderErrors],
  ['docs/configuration.md', renderConfiguration],
  ['docs/faults.md', renderFaults],
  ['docs/hosts.md', renderHosts],
  ['docs/config.schema.json', () => `${JSON.stringify(configJsonSchema(), null, 2)}\n`],
]);

for (const [path, render] of PAGES) {
  const text = render();
  if (!process.argv.includes('--check')) writeFileSync(path, text);
  else if (readOrEmpty(path) !== text) {
    console.error(`${path} is not what the code gives; run "npm run generate"`);
    process.exitCode = 1;
  }
}

function renderErrors(): string {
  const rows = Object.entries(REASONS) as [Reason, ReasonRow][]; // The table's keys are the reasons.
  return [
    '# Errors',
    '',
    'Generated from `server/model/reasons.ts`. Every error is a gRPC status whose details hold `google.rpc.ErrorInfo` with',
    '`domain` `kanmon.v1` and one of these reasons; `proto/kanmon/v1/error.proto` names the other details.',
    '',
    '**Client** says what `grpc-retry-pushback-ms` tells a client when the gateway has not retried by itself: *wait* (try again',
    'after that time) or *never* (−1). It is −1 also after retries of the gateway, and once output was delivered. **Gateway** says',
    'what the gateway does with an attempt that fails so before any output: try the *same* deployment again or the next one, only',
    'the *next* one, or *never* again.',
    '',
    '| reason | code | gateway | client |',
    '| --- | --- | --- | --- |',
    ...rows.map(
      ([reason, row]) => `| [${reason}](#${reason.toLowerCase()}) | ${row.code} | ${row.retry} | ${row.client} |`,
    ),
    '',
    ...rows.flatMap(([reason, row]) => [`## ${reason}`, '', `**${row.code}.** ${row.means}`, '', row.remedy, '']),
  ].join('\n');
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // A missing page differs from every rendered one, which is never empty.
  }
}
