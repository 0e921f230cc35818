/** Where two JSON values differ. */

/** One place, and what each has there; undefined: nothing. */
export interface JsonDifference {
  /** For instance messages[0].content. */
  readonly path: string;
  readonly ours: unknown;
  readonly theirs: unknown;
}

/** All places, outermost first: below a member that one of them lacks nothing is told. */
export function jsonDifferences(ours: unknown, theirs: unknown, path = ''): readonly JsonDifference[] {
  if (!isHolder(ours) || !isHolder(theirs) || Array.isArray(ours) !== Array.isArray(theirs)) {
    return Object.is(ours, theirs) ? [] : [{ path, ours, theirs }];
  }
  const names = new Set([...Object.keys(ours), ...Object.keys(theirs)]);
  return [...names].flatMap((name) => {
    const step = Array.isArray(ours) ? `[${name}]` : path === '' ? name : `.${name}`;
    return jsonDifferences(ours[name], theirs[name], path + step);
  });
}

interface Holder {
  readonly [name: string]: unknown;
}

function isHolder(value: unknown): value is Holder {
  return typeof value === 'object' && value !== null;
}
