/** The file descriptors of the process, which every connection needs one of. Known on Linux only. */
import { readdirSync, readFileSync } from 'node:fs';

/** The most that the process may have open; undefined: not known, or no limit. Read once: it does not change. */
export function readOpenFileLimit(): number | undefined {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined; // Another system: there is no such file.
  }
}

/** How many are open; undefined: not known. At the limit there is none left to look with, which says it as well. */
export function countOpenFiles(limit: number | undefined): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length - 1; // The look itself has one.
  } catch {
    return limit;
  }
}
