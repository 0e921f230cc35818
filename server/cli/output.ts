/** Writing for people and for programs. */
import { once } from 'node:events';
import type { Output } from './world.ts';

/** Writes text as it is, and waits where the reader is slower than we. */
export async function write(output: Output, text: string | Uint8Array): Promise<void> {
  if (!output.write(text)) await once(output, 'drain');
}

/** Writes one line. */
export function writeLine(output: Output, line = ''): Promise<void> {
  return write(output, `${line}\n`);
}

/** Writes one value as JSON: indented for a terminal, else on one line, so that replies can be read line by line. */
export function writeJson(output: Output, value: unknown): Promise<void> {
  return writeLine(output, JSON.stringify(value, undefined, output.isTTY ? 2 : undefined));
}

/** Rows as columns under their headings, two spaces apart. */
export function formatTable(headings: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const all = [headings, ...rows];
  const widths = headings.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
