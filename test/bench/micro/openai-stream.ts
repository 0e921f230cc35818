/**
 * Chat completions' chunks through the dialect, against JSON.parse alone: chunks that differ in their text only, which are
 * recognised, and chunks that differ elsewhere, too, which are parsed.
 * Run: node --conditions=kanmon-source test/bench/micro/openai-stream.ts
 */
import type { Frame } from '../../../server/providers/dialect.ts';
import { openaiChat } from '../../../server/providers/openai-chat/index.ts';
import { makeTarget } from '../../support/targets.ts';
import { compare } from './compare.ts';

const TOKENS = 200;

const target = makeTarget('openai.chat');
const alike = Array.from({ length: TOKENS }, (_, i) => chunk(` token${i}`));
const unlike = Array.from({ length: TOKENS }, (_, i) => chunk(` token${i}`, { obfuscation: `x${i}` }));

compare(
  'token',
  {
    'JSON.parse': () => alike.map(({ data }): unknown => JSON.parse(data)),
    'dialect, envelopes alike': () => decode(alike),
    'dialect, envelopes unlike': () => decode(unlike),
  },
  TOKENS,
);

function decode(frames: readonly Frame[]): void {
  const decoder = openaiChat.openStream(target);
  for (const frame of frames) decoder.push(frame);
}

function chunk(content: string, more: object = {}): Frame {
  const choices = [{ index: 0, delta: { content }, logprobs: null, finish_reason: null }];
  const head = {
    id: 'chatcmpl-8f14e45fceea167a5a36dedd4bea2543',
    object: 'chat.completion.chunk',
    created: 1763000000,
  };
  return { event: '', data: JSON.stringify({ ...head, model: 'gpt-5-mini-2025-08-07', choices, ...more }) };
}
