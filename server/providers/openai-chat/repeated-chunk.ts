/**
 * Chunks that are the last one again, but for their text. Most of a stream is: the same envelope around every token. Such a
 * chunk needs no parser: it has the same bytes before and after its text, and what stands between is read as a JSON string.
 * In a burst, JSON.parse of the envelopes was a third of all CPU time (docs/benchmarks.md).
 */

/** Reads a chunk's content out of its parsed form; undefined: it holds more than text, or none. */
export type ReadText = (chunk: unknown) => string | undefined;

const KEY = '"content"';
/** Streams whose every envelope differs (a padding, a clock) are not asked again after so many. */
const MAX_MISSES = 8;

/** The envelope of one stream's chunks. */
export class RepeatedChunk {
  readonly #readText: ReadText;
  #before = '';
  #after = '';
  #misses = 0;

  constructor(readText: ReadText) {
    this.#readText = readText;
  }

  /** The text of a chunk that is the last one learnt, with another text; undefined: it has to be parsed. */
  match(data: string): string | undefined {
    const before = this.#before;
    const after = this.#after;
    if (before === '' || data.length < before.length + after.length) return undefined;
    const end = data.length - after.length;
    // By slices: V8 compares whole strings by words, while startsWith and endsWith go character by character.
    if (data.slice(0, before.length) !== before || data.slice(end) !== after) return undefined;
    return readString(data, before.length, end);
  }

  /** Learns from a chunk that has just been parsed. It forgets the last one: what differs may be what the decoder keeps. */
  learn(data: string, chunk: unknown): void {
    this.#before = '';
    if (this.#misses >= MAX_MISSES) return;
    const text = this.#readText(chunk);
    if (text === undefined || text === '') return;
    this.#misses += 1;
    const start = data.indexOf('"', data.indexOf(KEY) + KEY.length) + 1;
    const end = start + text.length;
    if (!isPlain(data, start, end) || !data.startsWith(text, start)) return;
    // Whether the text that was found is the content, and not another string like it, is put to the test.
    const [before, after] = [data.slice(0, start), data.slice(end)];
    if (this.#readText(parse(`${before}${text}.${after}`)) !== `${text}.`) return;
    this.#before = before;
    this.#after = after;
  }

  /** A chunk was matched: the envelope does repeat. */
  hit(): void {
    this.#misses = 0;
  }
}

/** The JSON string between two places, without its quotes; undefined if it is none. */
function readString(data: string, start: number, end: number): string | undefined {
  const raw = data.slice(start, end);
  if (isPlain(raw, 0, raw.length)) return raw;
  const value = parse(`"${raw}"`);
  return typeof value === 'string' ? value : undefined;
}

const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Whether the characters of a JSON string stand for themselves, every one. */
function isPlain(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (code < SPACE || code === QUOTE || code === BACKSLASH) return false;
  }
  return true;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined; // It is no envelope, then; the parser that matters is the decoder's.
  }
}
