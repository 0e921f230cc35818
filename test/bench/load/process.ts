/** Processes pinned to a core, and what the kernel says of their use of CPU and memory. Linux only. */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';

/** Where everybody who is measured runs. */
export const SUBJECT_CORE = 1;
/** Where the load generator and the mock upstream run. */
export const LOAD_CORE = 0;

const END_MS = 5000;

/** A child process on one core. */
export interface Pinned {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Asks it to end, and ends it if it takes long; resolves when it has gone. */
  readonly end: () => Promise<void>;
}

/** Starts a process on a core. It ends with this one: a child that is left over would spoil the next run. */
export function startPinned(core: number, command: readonly string[], stdio: StdioOptions, env = process.env): Pinned {
  const child = spawn('taskset', ['--cpu-list', String(core), ...command], { stdio, env });
  const { pid } = child;
  if (pid === undefined) throw new Error('taskset (of util-linux) is needed to pin processes to a core');
  const killNow = () => void child.kill('SIGKILL');
  process.once('exit', killNow);
  const gone = once(child, 'exit').finally(() => process.off('exit', killNow));
  return {
    child,
    pid,
    async end() {
      child.kill('SIGTERM');
      const timer = setTimeout(killNow, END_MS);
      await gone;
      clearTimeout(timer);
    },
  };
}

/** CPU time of a process so far, in microseconds, all its threads; the scheduler's own account, in nanoseconds. */
export function readCpuUs(pid: number): number {
  let totalNs = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) totalNs += readThreadNs(pid, thread);
  return totalNs / 1000;
}

function readThreadNs(pid: number, thread: string): number {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
  } catch {
    return 0; // A thread that ended since the folder was read.
  }
}

/** Resident memory of a process, in bytes. */
export function readRssBytes(pid: number): number {
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  if (kibibytes === undefined) throw new Error(`process ${pid} has no memory`);
  return Number(kibibytes) * 1024;
}

/** A port of the loopback that is free now. */
export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // Of a server that listens on a port.
  server.close();
  await once(server, 'close');
  return port;
}
