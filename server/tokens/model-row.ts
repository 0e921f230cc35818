/** A row of the table of models: what is known of those whose names begin alike. */
import type { Feature } from '../model/target.ts';

/** One row. */
export interface ModelRow {
  /** How the names begin. */
  readonly prefix: string;
  /** Names to which it does not apply, although they begin so. */
  readonly except?: RegExp;
  readonly window?: number;
  readonly output?: number;
  readonly lacks?: readonly Feature[];
  readonly reasoningBy?: 'effort' | 'budget' | 'adaptive';
  readonly dimensions?: readonly number[];
  readonly vectors?: true;
}
