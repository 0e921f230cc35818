/** What the parts of the compiler share. */
import type { Deployment } from '../model/target.ts';
import type { ModelTraits } from '../tokens/capabilities.ts';
import type { FindPrices } from '../tokens/prices.ts';
import type { Path } from './faults.ts';
import type { Config } from './schema.ts';

/** Given to every part: what it may ask, and where it reports. */
export interface CompileScope {
  readonly config: Config;
  readonly report: (path: Path, message: string) => void;
  /** Whether the value at a path has a reference in it. */
  readonly isReferenced: (path: Path) => boolean;
  /** What the price list says. */
  readonly findPrices: FindPrices;
}

/** A deployment, with what only the compiler needs of it. */
export interface CompiledDeployment {
  readonly deployment: Deployment;
  readonly traits: ModelTraits;
  readonly makesVectors: boolean;
}
