/**
 * Anthropic's text deltas through the dialect, against JSON.parse alone, which is the floor.
 * Run: node --conditions=kanmon-source test/bench/micro/anthropic-stream.ts
 */
import { anthropicMessages } from '../../../server/providers/anthropic/index.ts';
import type { Frame } from '../../../server/providers/dialect.ts';
import { makeTarget } from '../../support/targets.ts';

const TOKENS = 100_000;
const WINDOWS = 7;

const target = makeTarget('anthropic.messages');
const start: Frame = frame({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } });
const token: Frame = frame({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: ' token' } });

const times: Record<string, number[]> = { 'JSON.parse': [], 'dialect push': [] };
for (let window = 0; window < WINDOWS; window += 1) {
  times['JSON.parse']?.push(nanosecondsPerToken((data) => JSON.parse(data)));
  const decoder = anthropicMessages.openStream(target);
  decoder.push(start);
  times['dialect push']?.push(nanosecondsPerToken(() => decoder.push(token)));
}
for (const [name, values] of Object.entries(times)) {
  const sorted = values.toSorted((a, b) => a - b);
  const [median, least, most] = [sorted[WINDOWS >> 1], sorted[0], sorted.at(-1)];
  console.log(`${name}: ${median} ns per token, median of ${WINDOWS} (${least} to ${most})`);
}

function frame(payload: object): Frame {
  return { event: '', data: JSON.stringify(payload) };
}

function nanosecondsPerToken(run: (data: string) => unknown): number {
  const startedAt = process.hrtime.bigint();
  for (let count = 0; count < TOKENS; count += 1) run(token.data);
  return Math.round(Number(process.hrtime.bigint() - startedAt) / TOKENS);
}
