/** Memory: of a gateway that has nothing to do, and of streams that are open and silent. */
import { setTimeout as sleep } from 'node:timers/promises';
import { readRssBytes } from './process.ts';
import type { SubjectStarter } from './subjects.ts';

/** Resident memory in bytes. */
export interface Memory {
  readonly idle: number;
  readonly perStream: number;
}

const SILENT_STREAMS = 500;
const WARM_ROUNDS = 200;
const IN_FLIGHT = 16;
const SETTLE_MS = 3000; // Long enough for the collector to have run and for freed pages to be given back.

/** Measures fresh processes, one after the other. */
export async function measureMemory(starter: SubjectStarter, times: number): Promise<readonly Memory[]> {
  const results: Memory[] = [];
  for (let time = 0; time < times; time += 1) results.push(await measureOnce(starter));
  return results;
}

async function measureOnce({ start }: SubjectStarter): Promise<Memory> {
  const { pid, caller, stop } = await start();
  try {
    await caller.complete();
    await sleep(SETTLE_MS);
    const idle = readRssBytes(pid);
    // What the first calls load and compile, and the young generation that they fill, are no stream's.
    for (let round = 0; round < WARM_ROUNDS; round += 1) await inFlight(caller.complete);
    await inFlight(() => caller.stream('burst').ended);
    await sleep(SETTLE_MS);
    const before = readRssBytes(pid);
    const streams = Array.from({ length: SILENT_STREAMS }, () => caller.stream('silent'));
    await Promise.all(streams.map(({ begun }) => begun));
    await sleep(SETTLE_MS);
    const perStream = (readRssBytes(pid) - before) / SILENT_STREAMS;
    for (const { ended, cancel } of streams) {
      ended.catch(() => undefined); // Given up right now.
      cancel();
    }
    return { idle, perStream };
  } finally {
    await stop();
  }
}

async function inFlight(call: () => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: IN_FLIGHT }, call));
}
