/** What has been measured: kept as raw windows beside the bench, so that one figure can be measured anew without the others. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { AddedLatency } from './latency.ts';
import type { Machine } from './machine.ts';
import type { Memory } from './memory.ts';
import type { Soak } from './soak.ts';
import type { Window } from './windows.ts';

/** One figure of every subject, in the order of time, from one interleaved run. */
export interface Measured<T> {
  readonly machine: Machine;
  /** Day, as 2026-11-24. */
  readonly day: string;
  readonly bySubject: Readonly<Record<string, T>>;
}

/** Everything. */
export interface Results {
  /** By the case's id. */
  readonly cases: Readonly<Record<string, Measured<readonly Window[]>>>;
  readonly latency?: Measured<readonly AddedLatency[]>;
  readonly memory?: Measured<readonly Memory[]>;
  /** Milliseconds. */
  readonly start?: Measured<readonly number[]>;
  readonly soak?: Measured<Soak>;
}

const FILE = fileURLToPath(new URL('../results.json', import.meta.url));

/** Those of the last runs. */
export function readResults(): Results {
  if (!existsSync(FILE)) return { cases: {} };
  return JSON.parse(readFileSync(FILE, 'utf8')) as Results; // Written by writeResults and nobody else.
}

/** Puts what was measured now in the place of what was measured before, figure by figure. */
export function mergeResults(before: Results, now: Results): Results {
  return { ...before, ...now, cases: { ...before.cases, ...now.cases } };
}

/** Keeps them. */
export function writeResults(results: Results): void {
  writeFileSync(FILE, `${JSON.stringify(results, roundNumber, 1)}\n`);
}

/** More digits than anybody can measure only make the file long. */
function roundNumber(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(6)) : value;
}
