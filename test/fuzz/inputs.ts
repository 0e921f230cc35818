/** One input by its number: the same samples, seed and number give the same input, whatever came before it. */

import type { Random } from '../../server/model/clock.ts';
import type { Frame, Target } from '../../server/providers/dialect.ts';
import type { Framing } from '../../server/providers/host.ts';
import { drawInteger, drawItem, hashText, seededRandom } from '../../server/providers/simulator/random.ts';
import { writeEvent, writeException } from '../support/wire/event-frames.ts';
import { hostileText, mutateText, mutateValue } from './mutate-json.ts';
import { cutInto, mutateBytes, mutateFrames } from './mutate-stream.ts';
import { type DialectSamples, EMBEDDING_MODELS, type Samples } from './samples.ts';

interface InputBase {
  readonly of: DialectSamples;
  readonly target: Target;
}

/** What is thrown at a dialect. */
export type Input = InputBase &
  (
    | { readonly kind: 'reply' | 'vectors'; readonly text: string }
    | { readonly kind: 'frames'; readonly frames: readonly Frame[] }
    | { readonly kind: 'bytes'; readonly framing: Framing; readonly chunks: readonly Uint8Array[] }
    | {
        readonly kind: 'error';
        readonly status: number;
        readonly headers: ReadonlyMap<string, string>;
        readonly contentType: string;
        readonly text: string;
      }
  );

/** Draws an input. */
export function drawInput(samples: Samples, seed: number, number: number): Input {
  const random = seededRandom(hashText(String(number), seed));
  const of = drawItem(random, samples.dialects);
  const target = drawTarget(random, of);
  const draw = random();
  if (of.streams.length > 0 && draw < 0.4)
    return { of, target, kind: 'frames', frames: drawFrames(random, samples, of) };
  if (of.streams.length > 0 && draw < 0.6) return { of, target, ...drawBytes(random, samples, of) };
  if (of.dialect.embed !== undefined && (draw > 0.9 || (of.replies.length === 0 && draw < 0.6)))
    return { of, target, kind: 'vectors', text: drawText(random, samples, of.vectors) };
  if (draw > 0.8 || of.replies.length === 0) return { of, target, ...drawError(random, samples) };
  return { of, target, kind: 'reply', text: drawText(random, samples, of.replies) };
}

/** How often a dialect gets what another one speaks. */
const FOREIGN = 0.05;

function drawTarget(random: Random, { dialect, target }: DialectSamples): Target {
  const quirks = random() < 0.2 ? { ...target.quirks, doneMarker: true } : target.quirks;
  const upstreamModel =
    dialect.embed === undefined || random() < 0.3 ? target.upstreamModel : drawItem(random, EMBEDDING_MODELS);
  return { ...target, quirks, upstreamModel };
}

function drawText(random: Random, samples: Samples, own: readonly unknown[]): string {
  const pool = own.length === 0 || random() < FOREIGN ? samples.replies : own;
  const text = hostileText(random, mutateValue(random, drawItem(random, pool), pool));
  return random() < 0.1 ? mutateText(random, text) : text;
}

function drawFrames(random: Random, samples: Samples, of: DialectSamples): readonly Frame[] {
  const pool = random() < FOREIGN ? samples.streams : of.streams;
  return mutateFrames(random, drawItem(random, pool), drawItem(random, random() < FOREIGN ? samples.streams : pool));
}

function drawBytes(
  random: Random,
  samples: Samples,
  of: DialectSamples,
): Pick<Input & { kind: 'bytes' }, 'kind' | 'framing' | 'chunks'> {
  const framing = drawFraming(random, of);
  const frames = random() < 0.3 ? drawFrames(random, samples, of) : drawItem(random, of.streams);
  const whole = writeFraming(random, framing, frames);
  const bytes = random() < 0.85 ? mutateBytes(random, whole) : whole;
  return { kind: 'bytes', framing, chunks: cutInto(random, bytes) };
}

const FRAMINGS: ReadonlyMap<string, Framing> = new Map([
  ['bedrock.converse', 'aws-event-stream'],
  ['google.gemini', 'json-array'],
]);

function drawFraming(random: Random, { dialect }: DialectSamples): Framing {
  const own = FRAMINGS.get(dialect.id);
  return own === undefined || (own === 'json-array' && random() < 0.5) ? 'sse' : own;
}

function writeFraming(random: Random, framing: Framing, frames: readonly Frame[]): Uint8Array {
  if (framing === 'json-array') return Buffer.from(`[${frames.map(({ data }) => data).join('\r\n,')}]`);
  if (framing === 'aws-event-stream') return Buffer.concat(frames.map(writeAws));
  const end = drawItem(random, ['\n', '\n', '\r\n', '\r']);
  const lines = frames.map(
    ({ event, data }) => `${event === '' ? '' : `event: ${event}${end}`}data: ${data}${end}${end}`,
  );
  return Buffer.from(lines.join(''));
}

function writeAws({ event, data }: Frame): Uint8Array {
  const [, exception] = /^exception:(.*)$/.exec(event) ?? [];
  return exception === undefined ? writeEvent(event, data) : writeException(exception, data);
}

const HEADERS = [
  'retry-after',
  'retry-after-ms',
  'x-should-retry',
  'x-ratelimit-reset-requests',
  'date',
  'x-amzn-errortype',
];
const HEADER_VALUES = [
  '',
  '-1',
  '0',
  '1e9',
  '5',
  'NaN',
  'true',
  'Wed, 21 Oct 2099 07:28:00 GMT',
  '1m30s',
  '\ud800',
  '9'.repeat(400),
  'x:y#z',
];
const STATUSES = [
  200, 301, 400, 401, 402, 403, 404, 408, 409, 413, 422, 429, 499, 500, 502, 503, 504, 524, 529, 100, 999,
];
const PAGES = ['', '<html><head><title>502 Bad Gateway</title></head></html>', 'upstream connect error', '[]', 'null'];

function drawError(random: Random, samples: Samples): Omit<Input & { kind: 'error' }, keyof InputBase> {
  const count = drawInteger(random, 0, 3);
  const headers = Array.from(
    { length: count },
    () => [drawItem(random, HEADERS), drawItem(random, HEADER_VALUES)] as const,
  );
  const text = random() < 0.1 ? mutateText(random, drawItem(random, PAGES)) : drawText(random, samples, samples.errors);
  const contentType = drawItem(random, ['application/json', 'text/html', '', 'text/event-stream']);
  return { kind: 'error', status: drawItem(random, STATUSES), headers: new Map(headers), contentType, text };
}
