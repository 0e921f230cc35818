/**
 * How the shape of a configuration is declared: what a value may be, its unit, its default and what it means. The checker,
 * the JSON Schema for editors, the reference in docs/configuration.md and the TypeScript types all follow from it.
 */
import type { Secret } from '../model/secret.ts';

/** What a value may be, as data. */
export type Spec =
  | { readonly kind: 'string'; readonly form: RegExp | undefined; readonly means: string }
  | { readonly kind: 'integer'; readonly min: number; readonly max: number }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'duration'; readonly minMs: number; readonly maxMs: number }
  | { readonly kind: 'percentage' }
  | { readonly kind: 'bytes'; readonly min: number; readonly max: number }
  | { readonly kind: 'usd'; readonly maxUsd: number }
  | { readonly kind: 'choice'; readonly values: readonly string[]; readonly notServed: readonly string[] }
  | { readonly kind: 'secret' }
  | { readonly kind: 'path' }
  | { readonly kind: 'fileText' }
  | { readonly kind: 'list'; readonly item: Spec; readonly minItems: number; readonly orOne: boolean }
  | { readonly kind: 'map'; readonly value: Spec; readonly keyForm: RegExp; readonly keyMeans: string }
  | ObjectSpec;

/** An object with named keys. */
export interface ObjectSpec {
  readonly kind: 'object';
  readonly fields: Readonly<Record<string, Field<unknown>>>;
  /** Keys of the design that are not served yet, refused by name. */
  readonly notServed: readonly string[];
  /** Whether the word `off` may stand in its place. */
  readonly orOff: boolean;
}

/** One key of an object. */
export interface Field<T> {
  readonly doc: string;
  readonly spec: Spec;
  /** As it would be written; undefined: there is none. */
  readonly default: string | number | boolean | undefined;
  /** `section`: if it is absent, it is as if it were there and empty. */
  readonly presence: 'required' | 'optional' | 'section';
  /** Never there: it carries the type only. */
  readonly type?: T;
}

/** A spec that knows the type of the value which it accepts. */
export interface Shape<T> {
  readonly spec: Spec;
  /** Never there: it carries the type only. */
  readonly type?: T;
}

/** The type of the value that a shape accepts. */
export type ValueOf<S> = S extends Shape<infer T> ? T : never;

type FieldsOf<F> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never };

/** A key that must be there. */
export function required<T>(doc: string, { spec }: Shape<T>): Field<T> {
  return { doc, spec, default: undefined, presence: 'required' };
}

/** A key that may be left away, and then is nothing. */
export function optional<T>(doc: string, { spec }: Shape<T>): Field<T | undefined> {
  return { doc, spec, default: undefined, presence: 'optional' };
}

/** A key that may be left away, and then has a value, given as it would be written. */
export function withDefault<T>(doc: string, { spec }: Shape<T>, value: string | number | boolean): Field<T> {
  return { doc, spec, default: value, presence: 'optional' };
}

/** A key with an object, list or map that may be left away, and then is as if it were empty. */
export function section<T>(doc: string, { spec }: Shape<T>): Field<T> {
  return { doc, spec, default: undefined, presence: 'section' };
}

/** Text; `form` with what it means in words, for messages. */
export function text(form?: RegExp, means = 'text'): Shape<string> {
  return { spec: { kind: 'string', form, means } };
}

/** A whole number within bounds, both included. */
export function integer(min: number, max: number): Shape<number> {
  return { spec: { kind: 'integer', min, max } };
}

/** true or false. */
export function flag(): Shape<boolean> {
  return { spec: { kind: 'boolean' } };
}

/** A duration within bounds, in milliseconds. */
export function duration(minMs: number, maxMs: number): Shape<number> {
  return { spec: { kind: 'duration', minMs, maxMs } };
}

/** A percentage, as a share from 0 to 1. */
export function percentage(): Shape<number> {
  return { spec: { kind: 'percentage' } };
}

/** A size within bounds, in bytes. */
export function bytes(min: number, max: number): Shape<number> {
  return { spec: { kind: 'bytes', min, max } };
}

/** An amount of US dollars, from 0, in billionths. */
export function usd(maxUsd: number): Shape<number> {
  return { spec: { kind: 'usd', maxUsd } };
}

/** One of some words. Words of the design that are not served yet are refused as such. */
export function choice<const V extends readonly string[]>(
  values: V,
  notServed: readonly string[] = [],
): Shape<V[number]> {
  return { spec: { kind: 'choice', values, notServed } };
}

/** A secret: a reference and nothing else. */
export function secret(): Shape<Secret> {
  return { spec: { kind: 'secret' } };
}

/** The path of a file, made absolute; relative ones start at the configuration's folder. The file must be there. */
export function path(): Shape<string> {
  return { spec: { kind: 'path' } };
}

/** The path of a file whose text is the value. */
export function fileText(): Shape<string> {
  return { spec: { kind: 'fileText' } };
}

/** A list. */
export function list<T>({ spec }: Shape<T>, minItems = 0): Shape<readonly T[]> {
  return { spec: { kind: 'list', item: spec, minItems, orOne: false } };
}

/** A list that may be written without brackets if it has one item. */
export function oneOrMore<T>({ spec }: Shape<T>): Shape<readonly T[]> {
  return { spec: { kind: 'list', item: spec, minItems: 1, orOne: true } };
}

/** Values by names that the configuration chooses. */
export function map<T>({ spec }: Shape<T>, keyForm: RegExp, keyMeans: string): Shape<ReadonlyMap<string, T>> {
  return { spec: { kind: 'map', value: spec, keyForm, keyMeans } };
}

/** An object with named keys. */
export function object<F extends Readonly<Record<string, Field<unknown>>>>(
  fields: F,
  notServed: readonly string[] = [],
): Shape<FieldsOf<F>> {
  return { spec: { kind: 'object', fields, notServed, orOff: false } };
}

/** An object with named keys, or the word `off`. */
export function objectOrOff<F extends Readonly<Record<string, Field<unknown>>>>(
  fields: F,
  notServed: readonly string[] = [],
): Shape<FieldsOf<F> | 'off'> {
  return { spec: { kind: 'object', fields, notServed, orOff: true } };
}
