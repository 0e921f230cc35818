/** The end of the process's log: a file descriptor that never makes a thread wait. */
import { closeSync, constants, openSync, write, writeSync } from 'node:fs';

/** Takes bytes. */
export interface LogOutlet {
  /** Writes some of the bytes from `at` on; `done` is told how many. */
  readonly write: (bytes: Uint8Array, at: number, done: (error: Error | undefined, written: number) => void) => void;
  /** Writes some of the bytes at once, or throws; undefined: this outlet cannot. */
  readonly writeNow: ((bytes: Uint8Array, at: number) => number) | undefined;
  readonly close: () => void;
}

/**
 * Opens an outlet to a descriptor. A write to a full pipe would block a thread of the pool: there are four, and the end of
 * the process waits for them for ever (seen on Node 26). So the same pipe or file is opened anew without blocking, which
 * Linux offers by path. A socket has no path: standard output is then Node's own stream, which never blocks on one.
 */
export function openLogOutlet(fd: number): LogOutlet {
  const own = reopen(fd);
  if (own !== undefined) return fileOutlet(own, () => closeSync(own));
  return fd === 1 ? streamOutlet(process.stdout) : fileOutlet(fd, () => undefined);
}

function reopen(fd: number): number | undefined {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK);
  } catch {
    return undefined; // Not Linux, or a socket.
  }
}

function fileOutlet(fd: number, close: () => void): LogOutlet {
  return {
    write: (bytes, at, done) =>
      write(fd, bytes, at, bytes.length - at, null, (error, written) => done(error ?? undefined, written)),
    writeNow: (bytes, at) => writeSync(fd, bytes, at),
    close,
  };
}

function streamOutlet(stream: NodeJS.WriteStream): LogOutlet {
  const ignore = (): void => undefined; // Every write is told of its own failure.
  stream.on('error', ignore);
  return {
    write: (bytes, at, done) => {
      stream.write(bytes.subarray(at), (error) => done(error ?? undefined, bytes.length - at));
    },
    writeNow: undefined,
    close: () => void stream.off('error', ignore),
  };
}
