/** What the tests find, for the page: how often an SDK and the gateway agree, and which rows explain where they do not. */
import assert from 'node:assert/strict';
import { type Explained, explain } from './explained.ts';
import type { JsonDifference } from './json-difference.ts';
import type { Sdk } from './sdk.ts';

/** One golden or recording that was compared. */
export interface Finding {
  readonly sdk: Sdk;
  /** Name of the golden or recording. */
  readonly where: string;
  /** Beginning of the SHA-256 of a recording. */
  readonly digest?: string;
  /** Whether neither finds a whole answer. */
  readonly bothFail?: boolean;
  /** Reasons of what differs; empty: nothing does. */
  readonly reasons: readonly Explained[];
}

/** Differences with a table that explains them, and what was found so far. */
export class Agreement {
  readonly findings: Finding[] = [];
  readonly #rows: readonly Explained[];

  constructor(rows: readonly Explained[]) {
    this.#rows = rows;
  }

  /** Notes what differs. @throws AssertionError for what no row explains */
  note(about: Omit<Finding, 'reasons'>, found: readonly JsonDifference[]): void {
    const explained = found.map((difference) => {
      const row = explain(this.#rows, { call: about.sdk.call, where: about.where }, difference);
      return { difference, row };
    });
    const unexplained = explained.flatMap(({ difference, row }) => (row === undefined ? difference : []));
    const reasons = [...new Set(explained.flatMap(({ row }) => row ?? []))];
    this.findings.push({ ...about, reasons });
    assert.deepEqual(unexplained, []);
  }

  /** Rows that nothing needed. */
  get idleRows(): readonly Explained[] {
    const used = new Set(this.findings.flatMap(({ reasons }) => reasons));
    return this.#rows.filter((row) => !used.has(row));
  }
}
