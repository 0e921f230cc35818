/** Streams that are nearly right: as frames, and as the bytes of their framing. */
import type { Random } from '../../server/model/clock.ts';
import type { Frame } from '../../server/providers/dialect.ts';
import { drawInteger, drawItem } from '../../server/providers/simulator/random.ts';
import { hostileText, mutateText, mutateValue } from './mutate-json.ts';

/** Changes a stream at one to four places: events lost, doubled, swapped, strange, or a thousand times the same. */
export function mutateFrames(random: Random, frames: readonly Frame[], donors: readonly Frame[]): readonly Frame[] {
  let mutated = frames;
  for (let left = drawInteger(random, 1, 4); left > 0 && mutated.length > 0; left--) {
    mutated = drawItem(random, FRAME_CHANGES)(random, mutated, donors);
  }
  return upTo(MAX_STREAM_CHARACTERS, mutated);
}

/** What is thrown is hostile, not merely long: decoding takes as long as there is something to read. */
const MAX_STREAM_CHARACTERS = 1 << 18;

function upTo(most: number, frames: readonly Frame[]): readonly Frame[] {
  let characters = 0;
  for (const [index, { data }] of frames.entries()) {
    characters += data.length;
    if (characters > most) return frames.slice(0, index);
  }
  return frames;
}

/** Changes bytes at one to six places. */
export function mutateBytes(random: Random, bytes: Uint8Array): Uint8Array {
  let mutated = bytes;
  for (let left = drawInteger(random, 1, 6); left > 0 && mutated.length > 0; left--) {
    mutated = drawItem(random, BYTE_CHANGES)(random, mutated);
  }
  return mutated;
}

/** Pieces of a few bytes would be too many. */
const MANY_BYTES = 1 << 15;

/** Cuts bytes into chunks: one, a few, or single bytes at the start. */
export function cutInto(random: Random, bytes: Uint8Array): readonly Uint8Array[] {
  const most = drawItem(random, [bytes.length, 1_000, 64, bytes.length > MANY_BYTES ? 64 : 7]);
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const to = Math.min(bytes.length, at + drawInteger(random, 1, Math.max(1, most)));
    chunks.push(bytes.subarray(at, to));
    at = to;
  }
  return chunks;
}

type FrameChange = (random: Random, frames: readonly Frame[], donors: readonly Frame[]) => readonly Frame[];

/** So many blocks or items that begin and never end. */
const MANY = 2_000;

const FRAME_CHANGES: readonly FrameChange[] = [
  (random, frames) => frames.toSpliced(place(random, frames), 1),
  (random, frames) => frames.slice(0, place(random, frames)),
  (random, frames) => frames.toSpliced(place(random, frames), 0, drawItem(random, frames)),
  (random, frames) => {
    const [one, two] = [place(random, frames), place(random, frames)];
    return frames.map((frame, at) => frames[at === one ? two : at === two ? one : at] ?? frame);
  },
  (random, frames) => {
    const at = place(random, frames);
    const times = random() < 0.05 ? 500 : drawInteger(random, 2, 5);
    return frames.toSpliced(
      at,
      0,
      ...Array.from({ length: times }, () => frames[at]).filter((frame) => frame !== undefined),
    );
  },
  (random, frames, donors) => frames.toSpliced(place(random, frames), 0, drawItem(random, donors)),
  (random, frames) => {
    const at = place(random, frames);
    const many = Array.from({ length: random() < 0.05 ? MANY : 3 }, (_, index) => renumbered(frames[at], index));
    return frames.toSpliced(at, 0, ...many);
  },
  (random, frames) => {
    const event = drawItem(random, ['', 'message', 'error', 'ping', 'exception:x', 'error:x', '__proto__', 'toString']);
    return change(random, frames, ({ data }) => ({ event, data }));
  },
  (random, frames) => change(random, frames, ({ event, data }) => ({ event, data: mutateText(random, data) })),
  mutateData,
  mutateData,
  mutateData,
  mutateData,
];

/** The same event of another block, item, choice or call. */
function renumbered({ event, data }: Frame = { event: '', data: '' }, index: number): Frame {
  return { event, data: data.replaceAll(/"(index|output_index|contentBlockIndex)":\d+/g, `"$1":${index}`) };
}

function mutateData(random: Random, frames: readonly Frame[], donors: readonly Frame[]): readonly Frame[] {
  return change(random, frames, ({ event, data }) => {
    if (DEEP.test(data)) return { event, data };
    const value = mutateValue(random, parse(data), [parse(drawItem(random, donors).data)]);
    return { event, data: hostileText(random, value) };
  });
}

/** Mutated before: nested deeper than JSON.stringify can go. */
const DEEP = /\[{20}|(?:\{"a":){20}/;

function change(random: Random, frames: readonly Frame[], to: (frame: Frame) => Frame): readonly Frame[] {
  const at = place(random, frames);
  return frames.map((frame, index) => (index === at ? to(frame) : frame));
}

function place(random: Random, frames: readonly Frame[]): number {
  return Math.floor(random() * frames.length);
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return data; // [DONE], or what has been mutated already.
  }
}

type ByteChange = (random: Random, bytes: Uint8Array) => Uint8Array;

const BYTE_CHANGES: readonly ByteChange[] = [
  (random, bytes) => {
    const at = Math.floor(random() * bytes.length);
    return bytes.with(at, (bytes[at] ?? 0) ^ (1 << drawInteger(random, 0, 7)));
  },
  (random, bytes) => bytes.subarray(0, Math.floor(random() * bytes.length)),
  (random, bytes) => {
    const [from, to] = range(random, bytes);
    return join(bytes.subarray(0, from), bytes.subarray(to));
  },
  (random, bytes) => {
    const [from, to] = range(random, bytes);
    return join(bytes.subarray(0, to), bytes.subarray(from));
  },
  (random, bytes) => {
    const [from] = range(random, bytes);
    return join(bytes.subarray(0, from), drawItem(random, INSERTED), bytes.subarray(from));
  },
];

const INSERTED = [
  '\n',
  '\r',
  '\n\n',
  '\r\n\r\n',
  ':',
  'data: ',
  'data',
  'event: error\n',
  '[',
  ']',
  '{',
  '}',
  '"',
  '\\',
  ',',
]
  .map((text) => Buffer.from(text))
  .concat([
    Buffer.from([0xff, 0xc0, 0x80]),
    Buffer.from([0xef, 0xbb, 0xbf]),
    Buffer.alloc(12),
    Buffer.alloc(16, 0xff),
    Buffer.alloc(1 << 17, 'x'),
  ]);

function range(random: Random, bytes: Uint8Array): readonly [from: number, to: number] {
  const from = Math.floor(random() * bytes.length);
  return [from, Math.min(bytes.length, from + drawInteger(random, 1, random() < 0.7 ? 8 : 300))];
}

function join(...pieces: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(pieces);
}
