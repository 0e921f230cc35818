/** Collects everything that is to be said of a request's fields, by path. Paths become text only when something is wrong. */
import type { FieldViolation } from '../../../model/errors.ts';

/** A place in a request: a field of its parent, or an element of a repeated one. */
export interface Path {
  readonly parent: Path | undefined;
  /** Name as in the proto file, or the index of an element. */
  readonly key: string | number;
}

/** The path of a field of a message, or of one element of it where an index is given. */
export function at(parent: Path | undefined, field: string, index?: number): Path {
  const path = { parent, key: field };
  return index === undefined ? path : { parent: path, key: index };
}

/** A path as text, for instance generation.messages[2].parts[0].image.media_type. */
export function formatPath(path: Path): string {
  const own = typeof path.key === 'number' ? `[${path.key}]` : path.key;
  if (path.parent === undefined) return own;
  return typeof path.key === 'number' ? formatPath(path.parent) + own : `${formatPath(path.parent)}.${own}`;
}

/** What is found in one request. */
export class Findings {
  /** Wrong fields. */
  readonly wrong: FieldViolation[] = [];
  /** Schemas that are too complex. */
  readonly complex: FieldViolation[] = [];
  /** Fields that this version does not serve yet. */
  readonly notServed: FieldViolation[] = [];
  /** Ids of the tool calls seen so far. */
  readonly callIds = new Set<string>();
  /** Names of the tools seen so far. */
  readonly toolNames = new Set<string>();

  /** Notes a wrong field with one useful sentence. */
  add(path: Path, description: string): void {
    keep(this.wrong, path, description);
  }

  /** Notes a schema that is too complex. */
  addComplex(path: Path, description: string): void {
    keep(this.complex, path, description);
  }

  /** Notes a field that is not served yet. */
  addNotServed(path: Path, description: string): void {
    keep(this.notServed, path, description);
  }

  /** Notes a number outside its range; absent numbers are right. */
  range(path: Path, value: number | undefined, min: number, max: number): void {
    if (value === undefined || (value >= min && value <= max)) return;
    this.add(path, `must be from ${min} to ${max}; it is ${value}`);
  }

  /** Notes a text over its limit of characters (UTF-16 units, which is what a limit of size is for). */
  length(path: Path, value: string, max: number): void {
    if (value.length <= max) return;
    this.add(path, `must have at most ${max} characters; it has ${value.length}`);
  }
}

/** Far more than a status has room for; a request of nothing but mistakes shall not cost a path for each. */
const MAX_KEPT = 1000;

function keep(kept: FieldViolation[], path: Path, description: string): void {
  if (kept.length < MAX_KEPT) kept.push({ field: formatPath(path), description });
}
