/** Cutting and joining the events of a stream into messages. Pure. */
import { type Part, type StreamEvent, StreamResponse } from '../../model/wire.ts';
import { encodeBytes } from './encode-bytes.ts';

type Event = NonNullable<StreamEvent['event']>;

const MAX_PART_DATA_BYTES = 1024 * 1024; // Of contract.md: a part's larger data follows in part_data events.

/** Events with the data of large parts in part_data events of their own; the same array where there are none. */
export function splitLargeParts(events: readonly StreamEvent[]): readonly StreamEvent[] {
  return events.some(isLargePart) ? events.flatMap(splitLargePart) : events;
}

function isLargePart({ event }: StreamEvent): boolean {
  return event?.$case === 'part' && dataOf(event.value.part).length > MAX_PART_DATA_BYTES;
}

function splitLargePart(item: StreamEvent): readonly StreamEvent[] {
  if (!isLargePart(item) || item.event?.$case !== 'part') return [item];
  const { partIndex, part } = item.event.value;
  const data = dataOf(part);
  const head: Event = { $case: 'part', value: { partIndex, part: part && withoutData(part), dataFollows: true } };
  const pieces: StreamEvent[] = [{ event: head }];
  for (let start = 0; start < data.length; start += MAX_PART_DATA_BYTES) {
    const end = Math.min(start + MAX_PART_DATA_BYTES, data.length);
    const value = { partIndex, data: data.subarray(start, end), last: end === data.length };
    pieces.push({ event: { $case: 'partData', value } });
  }
  return pieces;
}

const NO_DATA = new Uint8Array(0);

function dataOf(part: Part | undefined): Uint8Array {
  const content = part?.content;
  if (content?.$case === 'opaque') return content.value.data;
  if (content === undefined || !('source' in content.value)) return NO_DATA;
  return content.value.source?.$case === 'data' ? content.value.source.value : NO_DATA;
}

function withoutData(part: Part): Part {
  const content = part.content;
  if (content?.$case === 'opaque') {
    return { ...part, content: { $case: 'opaque', value: { ...content.value, data: NO_DATA } } };
  }
  if (content === undefined || !('source' in content.value)) return part;
  const value = { ...content.value, source: { $case: 'data' as const, value: NO_DATA } };
  // The same case with the same message, less its data: a union of pairs that TypeScript cannot follow.
  return { ...part, content: { $case: content.$case, value } as Part['content'] };
}

/** Events with neighbouring deltas of one part joined into one. */
export function joinDeltas(events: readonly StreamEvent[]): readonly StreamEvent[] {
  const joined: StreamEvent[] = [];
  for (const item of events) {
    const last = joined.at(-1);
    const both = last && joinTwo(last.event, item.event);
    if (both) joined[joined.length - 1] = { event: both };
    else joined.push(item);
  }
  return joined;
}

function joinTwo(a: Event | undefined, b: Event | undefined): Event | undefined {
  if (a === undefined || b === undefined || a.$case !== b.$case) return undefined;
  if (a.$case === 'textDelta' && b.$case === 'textDelta' && a.value.partIndex === b.value.partIndex) {
    const logprobs = [...a.value.logprobs, ...b.value.logprobs];
    return { $case: 'textDelta', value: { ...a.value, text: a.value.text + b.value.text, logprobs } };
  }
  if (a.$case === 'reasoningDelta' && b.$case === 'reasoningDelta' && a.value.partIndex === b.value.partIndex) {
    return { $case: 'reasoningDelta', value: { ...a.value, text: a.value.text + b.value.text } };
  }
  if (a.$case === 'refusalDelta' && b.$case === 'refusalDelta' && a.value.partIndex === b.value.partIndex) {
    return { $case: 'refusalDelta', value: { ...a.value, text: a.value.text + b.value.text } };
  }
  if (a.$case === 'toolCallDelta' && b.$case === 'toolCallDelta' && a.value.partIndex === b.value.partIndex) {
    return { $case: 'toolCallDelta', value: { ...a.value, fragment: a.value.fragment + b.value.fragment } };
  }
  return undefined;
}

/**
 * One batch as messages of at most `maxBytes` each: one message, or more where one would be too large. Undefined: a single
 * event is too large.
 */
export function encodeBatch(
  sequence: number,
  events: readonly StreamEvent[],
  maxBytes: number,
): readonly Uint8Array[] | undefined {
  const bytes = encodeBytes(StreamResponse, { sequence, events });
  if (bytes.length <= maxBytes) return [bytes];
  if (events.length <= 1) return undefined;
  const half = events.length >> 1;
  const first = encodeBatch(sequence, events.slice(0, half), maxBytes);
  const second = encodeBatch(sequence + half, events.slice(half), maxBytes);
  return first && second && [...first, ...second];
}
