/** The names of SDKs that are written by machines from the provider's description. */
import type { Json } from './sdk.ts';

/** What is not renamed by the rule. Names are the wire's. */
export interface CamelCaseExceptions {
  /** Members whose value is the caller's own JSON: nothing in it is renamed. */
  readonly free: ReadonlySet<string>;
  readonly renamed?: Readonly<Record<string, string>>;
}

/** A body with its members named in camel case. */
export function toCamelCase(body: Json, exceptions: CamelCaseExceptions): Json {
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => {
      const renamed = exceptions.renamed?.[name] ?? name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
      return [renamed, exceptions.free.has(name) ? value : renameWithin(value, exceptions)];
    }),
  );
}

function renameWithin(value: unknown, exceptions: CamelCaseExceptions): unknown {
  if (Array.isArray(value)) return value.map((item) => renameWithin(item, exceptions));
  return typeof value === 'object' && value !== null ? toCamelCase(value as Json, exceptions) : value;
}
