/**
 * Holds YAML nodes against a shape: gives the value with its defaults, and every fault with its place. A value with a fault
 * is replaced by a neutral one, so that what follows can go on looking for more. Pure: files and variables are given.
 */
import { isMap, isScalar, isSeq, type Node } from 'yaml';
import { Secret } from '../model/secret.ts';
import { type Checked, checkScalar, type ScalarSpec } from './check-scalar.ts';
import type { Path } from './faults.ts';
import type { References } from './references.ts';
import type { Field, ObjectSpec, Spec } from './shape.ts';
import { type Entry, mapEntries, type Source } from './source.ts';
import { suggestName } from './suggest.ts';

/** What a check needs, and where it reports. */
export interface CheckContext {
  readonly source: Source;
  readonly references: References;
  readonly report: (path: Path, message: string) => void;
  /** Told of each text that has a reference in it. */
  readonly onReference: (path: Path) => void;
}

/** The value of a node by its spec; undefined: nothing is there. */
export function checkNode(node: Node | undefined, spec: Spec, path: Path, context: CheckContext): unknown {
  const found = node === undefined ? undefined : context.source.follow(node);
  if (node !== undefined && found === undefined) {
    return fail('there is no anchor of this name before it', spec, path, context);
  }
  switch (spec.kind) {
    case 'object':
      return checkObject(found, spec, path, context);
    case 'map':
      return checkMap(found, spec, path, context);
    case 'list':
      return checkList(found, spec, path, context);
    default:
      if (isScalar(found) && String(found.value).includes('${')) context.onReference(path);
      return settle(checkSingle(found, spec, context), spec, path, context);
  }
}

function checkObject(node: Node | undefined, spec: ObjectSpec, path: Path, context: CheckContext): unknown {
  if (spec.orOff && isScalar(node) && node.value === 'off') return 'off';
  const entries = new Map<string, Node | undefined>();
  for (const { key, value } of placeEntries(node, spec, path, context)) {
    if (Object.hasOwn(spec.fields, key)) entries.set(key, value);
    else context.report([...path, key], describeUnknownKey(key, spec));
  }
  const value: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(spec.fields)) {
    value[key] = checkField(entries.get(key), field, [...path, key], context);
  }
  return value;
}

function checkField(node: Node | undefined, field: Field<unknown>, path: Path, context: CheckContext): unknown {
  const { spec, presence, default: written } = field;
  if (node !== undefined && !(isContainer(spec) && isNothing(node))) return checkNode(node, spec, path, context);
  if (presence === 'required') return fail(`is missing. ${field.doc}`, spec, path, context);
  if (presence === 'section') return checkNode(undefined, spec, path, context);
  if (written === undefined || isContainer(spec)) return undefined;
  return settle(checkScalar(written, spec, context.references), spec, path, context);
}

function checkMap(node: Node | undefined, spec: Extract<Spec, { kind: 'map' }>, path: Path, context: CheckContext) {
  const values = new Map<string, unknown>();
  for (const { key, value } of placeEntries(node, spec, path, context)) {
    if (!spec.keyForm.test(key)) context.report([...path, key], `a name here must be ${spec.keyMeans}`);
    values.set(key, checkNode(value, spec.value, [...path, key], context));
  }
  return values;
}

function checkList(node: Node | undefined, spec: Extract<Spec, { kind: 'list' }>, path: Path, context: CheckContext) {
  if (isNothing(node)) return spec.minItems > 0 && node !== undefined ? fail('is empty', spec, path, context) : [];
  if (!isSeq<Node>(node)) {
    if (spec.orOne && isScalar(node)) return [checkNode(node, spec.item, path, context)];
    return fail(`must be a list, not ${describeNode(node)}`, spec, path, context);
  }
  if (node.items.length < spec.minItems) context.report(path, `must have at least ${spec.minItems}`);
  return node.items.map((item, index) => {
    const itemPath = [...path, index];
    context.source.place(itemPath, item.range?.[0] ?? 0);
    return checkNode(item, spec.item, itemPath, context);
  });
}

function checkSingle(node: Node | undefined, spec: ScalarSpec, { references }: CheckContext): Checked {
  if (node !== undefined && !isScalar(node)) return { message: `must be a single value, not ${describeNode(node)}` };
  return checkScalar(node?.value ?? null, spec, references);
}

/** The entries of a map, their places noted: of single values the value's, of others the key's. */
function placeEntries(
  node: Node | undefined,
  spec: ObjectSpec | Extract<Spec, { kind: 'map' }>,
  path: Path,
  { source, report }: CheckContext,
): readonly Entry[] {
  if (isNothing(node)) return [];
  if (!isMap(node)) {
    const off = spec.kind === 'object' && spec.orOff ? ', or off' : '';
    report(path, `must be keys with values${off}, not ${describeNode(node)}`);
    return [];
  }
  const entries = mapEntries(node);
  for (const { key, keyOffset, value } of entries) {
    const known = spec.kind === 'map' || Object.hasOwn(spec.fields, key);
    source.place([...path, key], known && isScalar(value) ? (value.range?.[0] ?? keyOffset) : keyOffset);
  }
  return entries;
}

function describeUnknownKey(key: string, { fields, notServed }: ObjectSpec): string {
  if (notServed.includes(key)) return 'is not served yet; leave it away';
  return `there is no such key${suggestName(key, Object.keys(fields)) || `; there are ${Object.keys(fields).join(', ')}`}`;
}

function settle(checked: Checked, spec: Spec, path: Path, context: CheckContext): unknown {
  return 'message' in checked ? fail(checked.message, spec, path, context) : checked.value;
}

function fail(message: string, spec: Spec, path: Path, context: CheckContext): unknown {
  context.report(path, message);
  return neutralValue(spec, context);
}

/** A value of the right type that stands for one with a fault. Nothing that holds one is ever served. */
function neutralValue(spec: Spec, context: CheckContext): unknown {
  switch (spec.kind) {
    case 'object':
      return checkObject(undefined, spec, [], { ...context, report: () => undefined });
    case 'map':
      return new Map();
    case 'list':
      return [];
    case 'secret':
      return new Secret('');
    case 'boolean':
      return false;
    case 'choice':
      return spec.values[0];
    case 'string':
    case 'path':
    case 'fileText':
      return '';
    case 'integer':
      return Math.min(Math.max(1, spec.min), spec.max);
    case 'bytes':
      return spec.min;
    case 'duration':
      return spec.minMs;
    case 'percentage':
    case 'usd':
      return 0;
    default:
      return spec satisfies never;
  }
}

function isContainer(spec: Spec): spec is Extract<Spec, { kind: 'object' | 'map' | 'list' }> {
  return spec.kind === 'object' || spec.kind === 'map' || spec.kind === 'list';
}

/** Whether nothing is there: no node, or a key with nothing under it. */
function isNothing(node: Node | undefined): boolean {
  return node === undefined || (isScalar(node) && node.value === null);
}

function describeNode(node: Node | undefined): string {
  if (isMap(node)) return 'keys with values';
  if (isSeq(node)) return 'a list';
  return 'a single value';
}
