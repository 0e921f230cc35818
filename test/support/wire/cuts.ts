/** Places at which a recording is cut short, all of them before its last word is whole. */
import type { Random } from '../../../server/model/clock.ts';
import { drawInteger } from '../../../server/providers/simulator/random.ts';
import type { Recording } from '../recordings.ts';
import { replayBody } from '../replay-server.ts';
import { payloadsOf } from './read-sse.ts';

/** One place. */
export interface Cut {
  readonly keepBytes: number;
  readonly where: string;
}

/** Exactly before the last word, within it, a byte before its end, and so many random places. */
export function cutsOfStream(recording: Recording, lastWord: number, random: Random, count: number): readonly Cut[] {
  const ends = endsOfPayloads(recording);
  const end = ends[lastWord] ?? 0;
  const before = ends[lastWord - 1] ?? 0;
  return [
    { keepBytes: before, where: 'before the last word' },
    { keepBytes: before + 2, where: 'exactly before the last word' },
    { keepBytes: end - 1, where: 'a byte before the end of the last word' },
    ...drawCuts(end - 1, random, count),
  ];
}

/** Random places within a whole reply. */
export function cutsOfReply({ text }: Recording, random: Random, count: number): readonly Cut[] {
  const end = Buffer.byteLength(text.trimEnd());
  return [{ keepBytes: end - 1, where: 'a byte before the end' }, ...drawCuts(end - 1, random, count)];
}

function drawCuts(maxBytes: number, random: Random, count: number): readonly Cut[] {
  return Array.from({ length: count }, () => {
    const keepBytes = drawInteger(random, 0, maxBytes);
    return { keepBytes, where: `after ${keepBytes} bytes` };
  });
}

/** For each payload, where its last byte has come. */
function endsOfPayloads(recording: Recording): readonly number[] {
  const { body } = replayBody(recording);
  let from = 0;
  return payloadsOf(recording).map((payload) => {
    for (const line of payload.split('\n')) from = body.indexOf(line, from) + Buffer.byteLength(line);
    return from;
  });
}
