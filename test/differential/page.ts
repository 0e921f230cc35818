/** The page docs/differential.md: two sections, each made by the test that finds what is in it. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Finding } from './agreement.ts';
import type { Explained } from './explained.ts';
import { SDKS } from './sdks.ts';

const PAGE = 'docs/differential.md';

/** Headings of the sections. */
export const BODIES_PAGE = '## Requests';
/** See above. */
export const ANSWERS_PAGE = '## Answers';

/**
 * Holds a section of the page against what was found; with KANMON_DIFFERENTIAL=write, writes it. Recordings that are not here,
 * or not on the page, are no matter: then only the rows that both have are compared, by the digests in them.
 */
export function checkPage(heading: string, section: string): void {
  const sections = new Map(readSections());
  if (process.env.KANMON_DIFFERENTIAL === 'write') {
    sections.set(heading, section);
    const [bodies = '', answers = ''] = [BODIES_PAGE, ANSWERS_PAGE].map((name) => sections.get(name));
    writeFileSync(PAGE, HEAD + bodies + answers);
  }
  const told = sections.get(heading) ?? '';
  const [here, there] = [rowsByKey(section), rowsByKey(told)];
  const common = [...here.keys()].filter((key) => there.has(key));
  if (common.length === here.size && common.length === there.size) assert.equal(told, section, HOW);
  else for (const key of common) assert.equal(there.get(key), here.get(key), HOW);
}

const HOW = `${PAGE}: KANMON_DIFFERENTIAL=write npm run mocha -- --grep "official SDKs"`;

const HEAD = `# Held against the providers' official SDKs

Made by \`KANMON_DIFFERENTIAL=write npm run mocha -- --grep "official SDKs"\`; do not edit. The SDKs are development dependencies, in
the exact versions of the lock file. The tests are in test/differential; the table of what is known to differ, and why, is
test/differential/explained.ts: what it does not list fails, and so does what it lists without need.

Embeddings are held against the SDKs by test/differential/embeddings.test.ts, without a difference: one call, written by hand in the
terms of openai, @google/genai, cohere-ai and @mistralai/mistralai, asks for the same; replies of OpenAI's and of Cohere's form give
the same vectors in the same order, and the same count of tokens. Signatures and frames of Bedrock: test/unit/upstream.

`;

function readSections(): readonly (readonly [heading: string, section: string])[] {
  const page = existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : '';
  return page.split(/^(?=## )/m).flatMap((section) => {
    const [heading = ''] = section.split('\n');
    return heading.startsWith('## ') ? [[heading, section] as const] : [];
  });
}

/** Rows about one recording, by what they are about. */
function rowsByKey(section: string): ReadonlyMap<string, string> {
  const rows = section.split('\n').filter((line) => /`[0-9a-f]{8}` \|$/.test(line));
  return new Map(rows.map((line) => [line.split(' | ').toSpliced(2, 1).join(' | '), line.replace(/\[\d+\]/g, '[]')]));
}

/** The section about the goldens. */
export function renderBodies(bodies: readonly Finding[], types: readonly Finding[]): string {
  const reasons = reasonsOf([...bodies, ...types]);
  const rows = SDKS.filter(({ folder }) => folder !== undefined).map((sdk) => {
    const [sent, typed] = [bodies, types].map((findings) => findings.filter((finding) => finding.sdk === sdk));
    return `| ${[sdk.dialect.id, sdk.folder, sdk.package, sdk.call, ...countsOf(sent, reasons), ...countsOf(typed, reasons)].join(' | ')} |\n`;
  });
  return `${BODIES_PAGE}

Each golden that is a call, not a refusal, is made through the SDK against a server on loopback: method, path and body are the
golden's, as JSON. Its argument is the golden itself where the SDK takes the wire; where it names members otherwise, they are
renamed by rule. *By type*: the compiler takes the same argument, written as a literal, for what the SDK's types say, members
that they do not know included.

| dialect | goldens | SDK | call | calls | equal | explained | by type | equal | explained |
| --- | --- | --- | --- | ---: | ---: | --- | ---: | ---: | --- |
${rows.join('')}
${renderReasons(reasons)}

`;
}

/** The section about recordings and fixtures. */
export function renderAnswers(findings: readonly Finding[]): string {
  const reasons = reasonsOf(findings);
  const counts = SDKS.flatMap((sdk) => {
    const own = findings.filter((finding) => finding.sdk === sdk);
    if (own.length === 0) return [];
    return `| ${[sdk.dialect.id, sdk.package, sdk.call, ...countsOf(own, reasons)].join(' | ')} |\n`;
  });
  const rows = findings.map(({ where, sdk, digest = '', bothFail, reasons: own }) => {
    const found =
      own.length === 0 ? (bothFail ? 'both fail' : 'agree') : own.map((reason) => markOf(reasons, reason)).join(' ');
    return `| ${where} | ${sdk.call} | ${found} | \`${digest}\` |\n`;
  });
  return `${ANSWERS_PAGE}

Each recording (../shared/wire, or the folder that KANMON_WIRE names) and each fixture (test/fixtures/wire) is served over HTTP, cut
at random places, to the SDK of its language, and read with the SDK's own stream reader, or its parser of replies: text, tool
calls with ids, names and arguments, finish reason, tokens in and out are those that the gateway's decoders read. Where no whole
answer comes, both have to fail.

| dialect | SDK | call | answers | agree | explained |
| --- | --- | --- | ---: | ---: | --- |
${counts.join('')}
${renderReasons(reasons)}

| answer | call | result | digest |
| --- | --- | --- | --- |
${rows.join('')}`;
}

function reasonsOf(findings: readonly Finding[]): readonly Explained[] {
  return [...new Set(findings.flatMap(({ reasons }) => reasons))];
}

function countsOf(findings: readonly Finding[] = [], reasons: readonly Explained[]): readonly (string | number)[] {
  const equal = findings.filter((finding) => finding.reasons.length === 0).length;
  const explained = reasonsOf(findings).map((reason) => {
    const count = findings.filter((finding) => finding.reasons.includes(reason)).length;
    return `${count} ${markOf(reasons, reason)}`;
  });
  return [findings.length, equal, explained.join(', ') || '–'];
}

function renderReasons(reasons: readonly Explained[]): string {
  return reasons.map((reason) => `- ${markOf(reasons, reason)} ${reason.call}: ${reason.why}`).join('\n');
}

function markOf(reasons: readonly Explained[], reason: Explained): string {
  return `[${reasons.indexOf(reason) + 1}]`;
}
