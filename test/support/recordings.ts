/**
 * Recordings of real providers' replies, which do not belong to the project: they lie in the folder that KANMON_WIRE names, or
 * in ../shared/wire. Without the folder a suite is one named skip; with it, reading no recording is a failure. Beside them, small
 * replies of our own in the same wires (test/fixtures/wire), so that each class of case is held without the folder too.
 */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** One file. */
export interface Recording {
  /** Its path without the ending, for instance openai/chat-openai-text. */
  readonly name: string;
  /** `reply`: JSON of one unary reply; `chunks`: a stream, one event's JSON a line; `sse`: raw text; `binary`: raw bytes. */
  readonly form: 'reply' | 'chunks' | 'sse' | 'binary';
  readonly bytes: Uint8Array;
  readonly text: string;
  /** Of `chunks`: the payloads in order. */
  readonly chunks: readonly string[];
}

/** Where recordings lie; undefined: nowhere. */
export function recordingsFolder(): string | undefined {
  const folder = resolve(process.env.KANMON_WIRE ?? '../shared/wire');
  return existsSync(folder) && statSync(folder).isDirectory() ? folder : undefined;
}

/**
 * Declares a suite over the recordings that are selected. One that is selected by its form and content, not by its name, goes
 * on working when more recordings of the same kind come.
 */
export function describeRecordings(
  title: string,
  select: (recording: Recording) => boolean,
  declare: (recordings: readonly Recording[]) => void,
): void {
  describe(title, () => {
    const folder = recordingsFolder();
    if (folder === undefined) {
      it('recordings of real replies (none here: set KANMON_WIRE)', function () {
        this.skip();
      });
      return;
    }
    const selected = readRecordings(folder).filter(select);
    it('has recordings to read', () => assert.ok(selected.length > 0, `no recording of this kind in ${folder}`));
    declare(selected);
  });
}

/** Declares the same suite twice: over our own fixtures, and over the recordings. */
export function describeWires(
  title: string,
  select: (recording: Recording) => boolean,
  declare: (recordings: readonly Recording[]) => void,
): void {
  describe(`${title}: fixtures`, () => {
    const selected = readFixtures().filter(select);
    it('has fixtures to read', () => assert.ok(selected.length > 0, 'no fixture of this kind'));
    declare(selected);
  });
  describeRecordings(title, select, declare);
}

/** Our own fixtures. */
export function readFixtures(): readonly Recording[] {
  return readRecordings(FIXTURES);
}

const FIXTURES = resolve('test/fixtures/wire');

/** The JSON of a recording's reply or of its first chunk; undefined if it has none. */
export function firstJson({ form, text, chunks }: Recording): unknown {
  const json = form === 'chunks' ? chunks[0] : text;
  try {
    return form === 'binary' || form === 'sse' || json === undefined ? undefined : JSON.parse(json);
  } catch {
    return undefined; // Broken on purpose: such a recording is selected by its name.
  }
}

const FORMS = [
  ['.chunks.txt', 'chunks'],
  ['.sse.txt', 'sse'],
  ['.txt', 'sse'],
  ['.json', 'reply'],
  ['.bin', 'binary'],
] as const;

const cache = new Map<string, readonly Recording[]>();

/** All files of a folder, in the order of their names. */
export function readRecordings(folder: string): readonly Recording[] {
  const known = cache.get(folder);
  if (known !== undefined) return known;
  const recordings = globSync('*/*', { cwd: folder })
    .sort()
    .flatMap((path) => {
      const ending = FORMS.find(([suffix]) => path.endsWith(suffix));
      return ending === undefined ? [] : [readRecording(folder, path, ending)];
    });
  cache.set(folder, recordings);
  return recordings;
}

function readRecording(folder: string, path: string, [suffix, form]: (typeof FORMS)[number]): Recording {
  const bytes = readFileSync(join(folder, path));
  const text = bytes.toString();
  const chunks = form === 'chunks' ? text.split(/\r?\n/).filter((line) => line.trim() !== '') : [];
  return { name: path.slice(0, -suffix.length), form, bytes, text, chunks };
}
