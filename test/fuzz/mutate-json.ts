/** JSON that is nearly right, as values and as text. Only what a walk meets is copied: inputs come by the million. */
import type { Random } from '../../server/model/clock.ts';
import { drawInteger, drawItem } from '../../server/providers/simulator/random.ts';

/** Changes one to three places of a value. `donors` give members to graft. Serialise the result by `hostileText`. */
export function mutateValue(random: Random, value: unknown, donors: readonly unknown[]): unknown {
  let mutated = value;
  for (let left = drawInteger(random, 1, 3); left > 0; left--) mutated = mutateSomewhere(random, mutated, donors);
  return mutated;
}

/** The JSON of a value, with those numbers, escapes and depths that no value can hold. */
export function hostileText(random: Random, value: unknown): string {
  const text = JSON.stringify(value) ?? '';
  if (!text.includes(MARK_TEXT)) return text;
  let depthLeft = MAX_DEPTH; // In all: what is thrown is hostile, not merely long.
  return text.replaceAll(MARKED, (_whole, kind: string) => {
    if (kind !== 'deep') return drawItem(random, RAW_VALUES);
    const depth = Math.min(depthLeft, drawDepth(random));
    depthLeft -= depth;
    return nest(random, depth);
  });
}

/** Changes a text at one to four places, without regard for what it means. */
export function mutateText(random: Random, text: string): string {
  let mutated = text;
  for (let left = drawInteger(random, 1, 4); left > 0; left--)
    mutated = drawItem(random, TEXT_CHANGES)(random, mutated);
  return mutated;
}

const MARK_TEXT = '\\u0001';
const MARKED = /"\\u0001(raw|deep)"/g;
const RAW = '\u0001raw';
const DEEP = '\u0001deep';

/** JSON that JSON.stringify never writes. */
const RAW_VALUES = [
  '1e999',
  '-1E+400',
  '1e-999',
  '-0',
  '-0.0',
  '1.0000000000000000000000001',
  '9'.repeat(400),
  '-18446744073709551616',
  '18446744073709551615',
  '9007199254740993',
  '"\\ud83d"',
  '"\\udc00\\ud800"',
  '{"__proto__":{"type":"text"}}',
  '{"a":1,"a":2}',
  '"\\u0000"',
];

const MAX_DEPTH = 20_000;

/** Deep enough for the stack of whatever calls itself, and mostly only a little. */
function drawDepth(random: Random): number {
  return random() < 0.1 ? drawInteger(random, 1_000, MAX_DEPTH) : drawInteger(random, 2, 200);
}

function nest(random: Random, depth: number): string {
  return random() < 0.5 ? '['.repeat(depth) + ']'.repeat(depth) : `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
}

const HOSTILE: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  0.5,
  1e308,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  2 ** 64,
  -(2 ** 63),
  '',
  ' ',
  '0',
  'null',
  '[DONE]',
  '{"a":',
  '\ud83d',
  '\ude00',
  '\u0000',
  '\u2028',
  'constructor',
  '__proto__',
  'x'.repeat(3_000),
  '\\"'.repeat(500),
  'é'.repeat(1_000),
  [],
  {},
  [null],
  [[]],
  [{}],
  { '': null },
  { type: 'error', error: { type: 'x', message: 'y' } },
  RAW,
  RAW,
  DEEP,
];

type Place = { readonly [key: string]: unknown } | readonly unknown[];

/** Walks down from the top and changes one place; at each step it may go on. */
function mutateSomewhere(random: Random, value: unknown, donors: readonly unknown[]): unknown {
  if (typeof value !== 'object' || value === null) return mutateLeaf(random, value, donors);
  const place = value as Place; // JSON: a list or an object.
  const keys = Object.keys(place);
  const key = keys.length === 0 ? undefined : drawItem(random, keys);
  if (key === undefined || random() < 0.12) return mutatePlace(random, place, donors);
  const member = (place as Readonly<Record<string, unknown>>)[key];
  return withMember(place, key, mutateSomewhere(random, member, donors));
}

function mutateLeaf(random: Random, value: unknown, donors: readonly unknown[]): unknown {
  const draw = random();
  if (draw < 0.25 && typeof value === 'string') return mutateText(random, value);
  if (draw < 0.25 && typeof value === 'number') return -value + drawItem(random, [0, 1, 0.1, 1e21]);
  if (draw < 0.4) return pickWithin(random, drawItem(random, donors));
  return drawItem(random, HOSTILE);
}

function mutatePlace(random: Random, place: Place, donors: readonly unknown[]): unknown {
  if (random() < 0.3 || Object.keys(place).length === 0) return mutateLeaf(random, place, donors);
  if (Array.isArray(place)) return mutateList(random, place as readonly unknown[]);
  const entries = Object.entries(place);
  const [name, member] = entries[Math.floor(random() * entries.length)] ?? ['type', ''];
  const draw = random();
  if (draw < 0.5) return Object.fromEntries(entries.filter(([key]) => key !== name));
  const other =
    draw < 0.75 ? drawItem(random, ['type', 'index', '__proto__', 'toString', '']) : drawItem(random, entries)[0];
  return Object.fromEntries([...entries.filter(([key]) => key !== other), [other, member]]);
}

function mutateList(random: Random, list: readonly unknown[]): readonly unknown[] {
  const at = Math.floor(random() * list.length);
  const draw = random();
  if (draw < 0.3) return list.toSpliced(at, 1);
  if (draw < 0.6) return [...list, ...list];
  if (draw < 0.7 && list.length < 8)
    return Array.from({ length: 300 }, (_, index) => list[index % list.length] ?? null);
  return list.toReversed();
}

function withMember(place: Place, key: string, member: unknown): unknown {
  if (Array.isArray(place)) return (place as readonly unknown[]).with(Number(key), member);
  return { ...place, [key]: member };
}

function pickWithin(random: Random, value: unknown): unknown {
  let picked = value;
  while (typeof picked === 'object' && picked !== null && random() < 0.8) {
    const members = Object.values(picked);
    if (members.length === 0) break;
    picked = drawItem(
      random,
      members.map((member: unknown) => [member]),
    )[0];
  }
  return picked;
}

const TOKENS = [
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\\u',
  '\\ud800',
  '\n',
  '\r',
  'null',
  '1e999',
  '-',
  '\u0000',
  '\ufeff',
  'data:',
];

const TEXT_CHANGES: readonly ((random: Random, text: string) => string)[] = [
  (random, text) => text.slice(0, drawInteger(random, 0, text.length)),
  (random, text) => {
    const [from, to] = drawRange(random, text.length);
    return text.slice(0, from) + text.slice(to);
  },
  (random, text) => {
    const [from, to] = drawRange(random, text.length);
    return text.slice(0, to) + text.slice(from);
  },
  (random, text) => {
    const at = drawInteger(random, 0, text.length);
    return text.slice(0, at) + drawItem(random, TOKENS) + text.slice(at);
  },
  (random, text) => {
    const at = drawInteger(random, 0, text.length);
    return (
      text.slice(0, at) +
      String.fromCharCode((text.charCodeAt(at) || 0) ^ (1 << drawInteger(random, 0, 7))) +
      text.slice(at + 1)
    );
  },
];

/** Mostly short. */
function drawRange(random: Random, length: number): readonly [from: number, to: number] {
  const from = drawInteger(random, 0, length);
  return [from, Math.min(length, from + drawInteger(random, 1, random() < 0.8 ? 8 : 400))];
}
