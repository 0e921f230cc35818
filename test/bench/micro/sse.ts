/**
 * SSE framing against the way it is usually written: decode every chunk, append it to a string, split it at line ends.
 * Run: node --conditions=kanmon-source test/bench/micro/sse.ts
 */
import { createSseFramer } from '../../../server/upstream/framing/sse.ts';

const EVENT = `data: ${JSON.stringify({
  id: 'chatcmpl-8f14e45fceea167a5a36dedd4bea2543',
  object: 'chat.completion.chunk',
  created: 1_763_000_000,
  model: 'gpt-5-mini-2025-08-07',
  choices: [{ index: 0, delta: { content: ' token' }, finish_reason: null }],
})}\n\n`;
const EVENTS = 256;
const ROUNDS = 40;
const WINDOWS = 7;

interface Reader {
  push(chunk: Uint8Array): number;
}

const readers: Readonly<Record<string, () => Reader>> = { framer: openFramer, naive: openNaive };
const cuts: Readonly<Record<string, readonly Uint8Array[]>> = {
  'one event a chunk': cut(EVENT.length),
  'chunks of 4 KiB': cut(4096),
  'chunks of 64 KiB': cut(65_536),
  'chunks of 50 bytes': cut(50),
};

for (const [name, chunks] of Object.entries(cuts)) {
  const times: Record<string, number[]> = {};
  for (let window = 0; window < WINDOWS; window++) {
    for (const [reader, open] of Object.entries(readers)) {
      times[reader] ??= [];
      times[reader].push(nanosecondsPerEvent(open, chunks));
    }
  }
  const shown = Object.entries(times).map(([reader, values]) => `${reader} ${median(values)} (${spread(values)})`);
  console.log(`${name}: ns per event, median of ${WINDOWS} (least to most): ${shown.join(', ')}`);
}

function nanosecondsPerEvent(open: () => Reader, chunks: readonly Uint8Array[]): number {
  const started = process.hrtime.bigint();
  let events = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const reader = open();
    for (const chunk of chunks) events += reader.push(chunk);
  }
  if (events !== EVENTS * ROUNDS) throw new Error(`${events} events instead of ${EVENTS * ROUNDS}`);
  return Number(process.hrtime.bigint() - started) / events;
}

function openFramer(): Reader {
  const framer = createSseFramer({ maxFrameBytes: 2 ** 24 });
  let events = 0;
  const count = (): void => {
    events++;
  };
  return {
    push(chunk) {
      events = 0;
      framer.push(chunk, count);
      return events;
    },
  };
}

function openNaive(): Reader {
  const decoder = new TextDecoder();
  let buffer = '';
  let data = '';
  return {
    push(chunk) {
      let events = 0;
      buffer += decoder.decode(chunk, { stream: true });
      const lines = buffer.split(/\r\n|\n|\r/);
      buffer = lines.pop() ?? '';
      for (const line of lines) {
        if (line === '') {
          if (data !== '') events++;
          data = '';
        } else if (line.startsWith('data:')) data += line.slice(5).trimStart();
      }
      return events;
    },
  };
}

function cut(size: number): readonly Uint8Array[] {
  const bytes = Buffer.from(EVENT.repeat(EVENTS));
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
    Buffer.from(bytes.subarray(i * size, (i + 1) * size)),
  );
}

function median(values: readonly number[]): string {
  return ([...values].sort((a, b) => a - b)[values.length >> 1] ?? 0).toFixed(0);
}

function spread(values: readonly number[]): string {
  return `${Math.min(...values).toFixed(0)} to ${Math.max(...values).toFixed(0)}`;
}
