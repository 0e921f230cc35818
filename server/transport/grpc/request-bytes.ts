/** Counts the bytes of requests that the process holds at once. */

/** One process-wide account; every listener's requests go to it. */
export interface RequestBytes {
  /** Adds bytes. False: they are over the limit and were not added. */
  readonly take: (bytes: number) => boolean;
  readonly give: (bytes: number) => void;
  readonly held: () => number;
}

/** An account with a limit in bytes. */
export function createRequestBytes(maxBytes: number): RequestBytes {
  let held = 0;
  return {
    take(bytes) {
      if (held + bytes > maxBytes) return false;
      held += bytes;
      return true;
    },
    give(bytes) {
      held -= bytes;
    },
    held: () => held,
  };
}
