/** Places in a text, counted in three ways: bytes of UTF-8 (Google), code points (the contract), UTF-16 (JavaScript). */

/** The index of one text. It is built when it is first asked: citations are rare, and most texts are ASCII. */
export class TextIndex {
  readonly text: string;
  #tables: Tables | undefined;

  constructor(text: string) {
    this.text = text;
  }

  /** The UTF-16 unit at a byte; undefined if no character begins there. */
  unitAt(byte: number): number | undefined {
    const { bytes } = this.#build();
    if (bytes === undefined) return byte <= this.text.length ? byte : undefined;
    let low = 0;
    let high = bytes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((bytes[middle] ?? 0) < byte) low = middle + 1;
      else high = middle;
    }
    return bytes[low] === byte ? low : undefined;
  }

  /** The code point at a UTF-16 unit. */
  pointAt(unit: number): number {
    return this.#build().points?.[unit] ?? unit;
  }

  #build(): Tables {
    this.#tables ??= buildTables(this.text);
    return this.#tables;
  }
}

/** For each UTF-16 unit, and for the end, what was counted before it; undefined: the units themselves (ASCII). */
interface Tables {
  readonly bytes: Uint32Array | undefined;
  readonly points: Uint32Array | undefined;
}

const ASCII = /^[\0-\x7f]*$/;

function buildTables(text: string): Tables {
  if (ASCII.test(text)) return { bytes: undefined, points: undefined };
  const bytes = new Uint32Array(text.length + 1);
  const points = new Uint32Array(text.length + 1);
  let byte = 0;
  let point = 0;
  for (let unit = 0; unit < text.length; unit++, point++) {
    const code = text.codePointAt(unit) ?? 0;
    bytes[unit] = byte;
    points[unit] = point;
    if (code > 0xffff) {
      unit += 1;
      bytes[unit] = byte; // The other half of a pair begins no character: a search finds the first half.
      points[unit] = point;
    }
    byte += utf8Length(code);
  }
  bytes[text.length] = byte;
  points[text.length] = point;
  return { bytes, points };
}

function utf8Length(code: number): number {
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  return code > 0xffff ? 4 : 3;
}
