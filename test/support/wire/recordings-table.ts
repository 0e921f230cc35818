/** The table of the recordings, docs/recordings.md: what lies in each, and what was compared. */
import { createHash } from 'node:crypto';
import type { Recording } from '../recordings.ts';
import type { Expectation, WireKind } from './expectation.ts';
import type { WireLanguage } from './languages.ts';
import { payloadsOf } from './read-sse.ts';

/** One recording that was compared. */
export interface RecordingRow {
  readonly recording: Recording;
  readonly language: WireLanguage;
  readonly kind: WireKind;
  /** What it says; undefined for errors and vectors. */
  readonly expected: Expectation | undefined;
}

/** The page for some rows. */
export function renderRecordings(rows: readonly RecordingRow[]): string {
  const sorted = rows.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  return `${HEAD}${sorted.map((row) => `${renderRow(row)}\n`).join('')}`;
}

/** The lines of a page that are rows, by the digest of the recording that each is about. */
export function rowsByDigest(page: string): ReadonlyMap<string, string> {
  const rows = page.split('\n').filter((line) => /^\| [\w-]+\/.* `[0-9a-f]{8}` \|$/.test(line));
  return new Map(rows.map((line) => [line.slice(-11, -3), line]));
}

const HEAD = `# Recordings

Made by \`KANMON_RECORDINGS=write npm run mocha -- --grep "recordings over HTTP"\`; do not edit. The recordings themselves do not
belong to the project (../shared/wire, or the folder that KANMON_WIRE names). Each went over real HTTP from a replaying
server into the gateway and out to a gRPC client, cut at random byte offsets, and what arrived was compared with what an
independent reader finds in the file.

- **stream**: text, reasoning, refusals, tool calls with ids, names and arguments, opaque state, usage, finish reason, model; numbers
  without a gap; one finished event, the last; the same by the client's fold and by a Complete that is folded in the gateway;
  sent back, byte for byte; cut short at random places and exactly before its last word, it fails and says what was delivered.
- **reply**: the same of a whole reply, also where a stream was asked for; cut short it fails.
- **embeddings**: every vector in order, as floats and as bytes; usage.
- **error**, **failing**, **broken** and **cut stream**: the reason, and what was delivered before.

Text and reasoning are counted in UTF-16 units; digest is the beginning of the file's SHA-256.

| recording | dialect | kind | events | text | reasoning | tool calls | tokens in | tokens out | finish | digest |
| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- | --- |
`;

function renderRow(row: RecordingRow): string {
  const { recording, language, kind, expected } = row;
  const facts = expected?.facts;
  const events = kind.endsWith('stream') ? payloadsOf(recording).length : undefined;
  const counts = [
    events,
    facts?.text.length,
    facts?.reasoning.length,
    facts?.calls.length,
    facts?.inputTokens,
    facts?.outputTokens,
  ];
  const cells = [
    recording.name,
    language.dialectId,
    kind,
    ...counts.map((count) => count ?? '–'),
    facts?.finish || '–',
    `\`${digestOf(recording)}\``,
  ];
  return `| ${cells.join(' | ')} |`;
}

function keyOf({ recording, kind }: RecordingRow): string {
  return `${recording.name} ${kind}`;
}

function digestOf({ bytes }: Recording): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 8);
}
