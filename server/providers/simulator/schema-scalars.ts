/** Texts and numbers that satisfy a JSON schema. */
import type { Random } from '../../model/clock.ts';
import type { JsonObject } from '../shared/json.ts';
import { PLAIN_WORDS } from './corpus.ts';
import { drawInteger, drawItem } from './random.ts';
import { SchemaError } from './schema-merge.ts';
import type { Topic } from './topic.ts';

const MAX_TEXT = 10_000;

/** A text of the right length and format, after the name of the member that it is for. @throws SchemaError */
export function drawString(
  schema: JsonObject,
  name: string,
  about: { readonly random: Random; readonly topic: Topic },
): string {
  const { random, topic } = about;
  const least = Number(schema.minLength ?? 0);
  const most = Number(schema.maxLength ?? Number.POSITIVE_INFINITY);
  if (least > MAX_TEXT || least > most) throw new SchemaError('a text in it is too long or has no length');
  const format = typeof schema.format === 'string' ? FORMATS[schema.format] : undefined;
  let text = format?.(random) ?? textFor(name, random, topic);
  let length = [...text].length; // JSON Schema counts code points.
  while (length < least) {
    const word = ` ${drawItem(random, PLAIN_WORDS)}`;
    text += word;
    length += word.length;
  }
  return length > most ? [...text].slice(0, most).join('') : text;
}

const FORMATS: Readonly<Record<string, (random: Random) => string>> = {
  date: drawDate,
  time: (random) => `${drawTime(random)}Z`,
  'date-time': (random) => `${drawDate(random)}T${drawTime(random)}Z`,
  duration: (random) => `PT${drawInteger(random, 1, 90)}M`,
  email: (random) => `${drawItem(random, PLAIN_WORDS)}@example.com`,
  hostname: (random) => `${drawItem(random, PLAIN_WORDS)}.example.com`,
  ipv4: (random) => `192.0.2.${drawInteger(random, 1, 254)}`,
  ipv6: (random) => `2001:db8::${drawInteger(random, 1, 0xffff).toString(16)}`,
  uri: (random) => `https://example.com/${drawItem(random, PLAIN_WORDS)}`,
  uuid: drawUuid,
};

function drawDate(random: Random): string {
  return `2026-${twoDigits(drawInteger(random, 1, 12))}-${twoDigits(drawInteger(random, 1, 28))}`;
}

function drawTime(random: Random): string {
  return [23, 59, 59].map((most) => twoDigits(drawInteger(random, 0, most))).join(':');
}

function drawUuid(random: Random): string {
  const digits = (count: number) =>
    Array.from({ length: count }, () => drawInteger(random, 0, 15).toString(16)).join('');
  return `${digits(8)}-${digits(4)}-4${digits(3)}-8${digits(3)}-${digits(12)}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

/** What a member of some name is likely to hold. The first row that fits decides. */
const MEMBERS: readonly (readonly [name: RegExp, text: (random: Random, topic: Topic) => string | undefined])[] = [
  [/mail/i, (random) => `${drawItem(random, PLAIN_WORDS)}@example.com`],
  [/ur[il]|link|href/i, (random) => `https://example.com/${drawItem(random, PLAIN_WORDS)}`],
  [/date|day$/i, drawDate],
  [/(^|_)id$|Id$|uuid/, (random) => `${drawItem(random, PLAIN_WORDS)}-${drawInteger(random, 100, 999)}`],
  [
    /query|question|search|topic|subject|title/i,
    (_random, { keywords }) => keywords.slice(0, 3).join(' ') || undefined,
  ],
  [
    /name|city|place|location|country|address/i,
    (random, { names }) => (names.length > 0 ? names.join(', ') : drawItem(random, NAMES)),
  ],
];
const NAMES: readonly string[] = ['Ada Lindqvist', 'Tomás Ferreira', 'Mei Tanaka', 'Jonas Weber', 'Amara Okafor'];

function textFor(name: string, random: Random, topic: Topic): string {
  for (const [pattern, text] of MEMBERS) {
    if (!pattern.test(name)) continue;
    const found = text(random, topic);
    if (found !== undefined) return found;
  }
  const words = [...topic.keywords, ...PLAIN_WORDS];
  return words[Math.floor(random() ** 2 * words.length)] ?? 'amber'; // The square prefers the question's own words.
}

/** A number within the schema's bounds. @throws SchemaError */
export function drawNumber(schema: JsonObject, whole: boolean, random: Random): number {
  const bounds = readBounds(schema, whole);
  const candidates = bounds.step === undefined ? drawReals(bounds, random) : drawMultiples(bounds, bounds.step, random);
  const found = candidates.find((value) => isWithin(value, bounds));
  if (found === undefined) throw new SchemaError('a number in it has no value between its bounds');
  return found + 0; // Not -0, which JSON does not keep.
}

interface Bounds {
  readonly least: number;
  readonly most: number;
  readonly above: number;
  readonly below: number;
  readonly step: number | undefined;
  readonly whole: boolean;
}

function readBounds(schema: JsonObject, whole: boolean): Bounds {
  const above = numberOr(schema.exclusiveMinimum, Number.NEGATIVE_INFINITY);
  const below = numberOr(schema.exclusiveMaximum, Number.POSITIVE_INFINITY);
  const least = Math.max(above, numberOr(schema.minimum, Number.NEGATIVE_INFINITY));
  const most = Math.min(below, numberOr(schema.maximum, Number.POSITIVE_INFINITY));
  const step = numberOr(schema.multipleOf, whole ? 1 : 0);
  const anchor = [least, most].find(Number.isFinite) ?? 0;
  const room = Math.max(100, Math.abs(anchor), step * 10);
  const from = Number.isFinite(least) ? least : Math.min(0, anchor - room);
  const to = Number.isFinite(most) ? most : Math.max(from + room, room);
  return { least: from, most: to, above, below, step: step > 0 ? step : undefined, whole };
}

function isWithin(value: number, { least, most, above, below, step, whole }: Bounds): boolean {
  const fits = value >= least && value <= most && value > above && value < below;
  return fits && (!whole || Number.isInteger(value)) && (step === undefined || Number.isInteger(value / step));
}

/** From the nicest to the last resort. */
function drawReals({ least, most }: Bounds, random: Random): readonly number[] {
  const drawn = least + (most - least) * (0.1 + 0.8 * random());
  return [Number(drawn.toFixed(2)), drawn, least / 2 + most / 2, least, most];
}

function drawMultiples({ least, most }: Bounds, step: number, random: Random): readonly number[] {
  const first = Math.ceil(least / step);
  const count = Math.min(Math.floor(most / step) - first, 200);
  const drawn = first + drawInteger(random, 0, Math.max(0, count));
  // A product such as 3 × 0.1 need not be a multiple of 0.1 in doubles, so that others have to be at hand.
  return [drawn * step, ...Array.from({ length: 50 }, (_, index) => (first + index) * step)];
}

function numberOr(value: unknown, fallback: number): number {
  return typeof value === 'number' ? value : fallback;
}
