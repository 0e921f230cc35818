/** A line that says what is being waited for, on a terminal and only after a second. */
import type { World } from './world.ts';

const PATIENCE_MS = 1000; // What is faster needs no explanation.
const ERASE_LINE = '\r\u001b[2K';

/** Awaits work, and says after a second, and each second from then on, what it is. Nothing where nobody looks. */
export async function withProgress<T>({ stderr }: World, what: string, work: Promise<T>): Promise<T> {
  const stop = startProgress(stderr, what);
  try {
    return await work;
  } finally {
    stop();
  }
}

/** The same for work that is no promise: the returned function ends it, and may be called more than once. */
export function startProgress(stderr: World['stderr'], what: string): () => void {
  if (!stderr.isTTY) return () => undefined;
  let seconds = 0;
  const timer = setInterval(() => {
    seconds += 1;
    stderr.write(`${ERASE_LINE}${what} … ${seconds} s`);
  }, PATIENCE_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    if (seconds > 0) stderr.write(ERASE_LINE);
    seconds = 0;
  };
}
