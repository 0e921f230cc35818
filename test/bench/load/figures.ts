/** Measures what was asked for, one figure after the other, and says on the standard error where it is. */
import { CASES } from './cases.ts';
import { createHttpCaller } from './http-caller.ts';
import { measureLatency } from './latency.ts';
import { describeMachine, type Machine } from './machine.ts';
import { measureMemory } from './memory.ts';
import type { Mock } from './mock.ts';
import type { Options } from './options.ts';
import type { Measured, Results } from './results.ts';
import { soak } from './soak.ts';
import { measureStarts } from './starts.ts';
import { spreadOf } from './statistics.ts';
import type { Subject, SubjectStarter } from './subjects.ts';
import { costsOf, KANMON } from './tables.ts';
import { measureCase } from './windows.ts';

const FRESH_PROCESSES = 5;
const MEMORY_PROCESSES = 3; // Each takes a quarter of a minute, and they differ little.

type Stamp = <T>(bySubject: Readonly<Record<string, T>>) => Measured<T>;

/** Measures everything in the order of the page. The first starter is the gateway's. */
export async function measureAll(options: Options, starters: readonly SubjectStarter[], mock: Mock): Promise<Results> {
  const stamp = stampOf(describeMachine());
  const [gateway] = starters;
  if (gateway === undefined) throw new Error('nobody to measure');
  const fresh = options.mode === 'soak' ? {} : await measureFresh(options, starters, stamp);
  const subjects: Subject[] = [];
  try {
    for (const { start } of starters) subjects.push(await start());
    if (options.mode === 'soak') return { cases: {}, ...(await measureSoak(subjects, stamp)) };
    const cases = await measureCases(options, subjects, { mock, stamp });
    return { cases, ...fresh, ...(await measureAdded(options, subjects, { mock, stamp })) };
  } finally {
    await Promise.all(subjects.map(({ stop }) => stop()));
  }
}

interface Tools {
  readonly mock: Mock;
  readonly stamp: Stamp;
}

async function measureCases(
  { only, measure }: Options,
  subjects: readonly Subject[],
  { mock, stamp }: Tools,
): Promise<Results['cases']> {
  const cases: Record<string, Results['cases'][string]> = {};
  for (const plan of CASES.filter(({ id }) => only.has(id))) {
    progress(`${plan.title}: ${measure.windows} windows of ${subjects.length} subjects`);
    const windows = await measureCase(plan, subjects, measure, mock);
    cases[plan.id] = stamp(Object.fromEntries(windows));
    for (const [name, values] of windows) progress(`  ${name}: ${spreadOf(costsOf(values)).median.toFixed(2)} µs`);
  }
  return cases;
}

async function measureFresh(
  { only }: Options,
  starters: readonly SubjectStarter[],
  stamp: Stamp,
): Promise<Pick<Results, 'start' | 'memory'>> {
  const starts: Record<string, readonly number[]> = {};
  const memories: Record<string, Awaited<ReturnType<typeof measureMemory>>> = {};
  for (const starter of starters) {
    const { name } = starter;
    if (only.has('start')) {
      progress(`start to first answer: ${name}`);
      starts[name] = await measureStarts(starter, FRESH_PROCESSES);
    }
    if (only.has('memory') && name === KANMON) {
      progress(`memory: ${name}`);
      memories[name] = await measureMemory(starter, MEMORY_PROCESSES);
    }
  }
  return {
    ...(only.has('start') && { start: stamp(starts) }),
    ...(only.has('memory') && { memory: stamp(memories) }),
  };
}

async function measureAdded(
  { only, measure }: Options,
  subjects: readonly Subject[],
  { mock, stamp }: Tools,
): Promise<Pick<Results, 'latency'>> {
  if (!only.has('latency')) return {};
  progress('added latency');
  const direct = createHttpCaller(mock.port);
  try {
    return { latency: stamp(Object.fromEntries(await measureLatency(direct, subjects, measure))) };
  } finally {
    direct.close();
  }
}

async function measureSoak([gateway]: readonly Subject[], stamp: Stamp): Promise<Pick<Results, 'soak'>> {
  if (gateway === undefined) throw new Error('nobody to measure');
  const report = (calls: number, rss: number) => progress(`${calls} calls: ${(rss / 1e6).toFixed(1)} MB`);
  return { soak: stamp({ [gateway.name]: await soak(gateway, report) }) };
}

function stampOf(machine: Machine): Stamp {
  const day = new Date().toISOString().slice(0, 10);
  return (bySubject) => ({ machine, day, bySubject });
}

function progress(text: string): void {
  console.error(text);
}
