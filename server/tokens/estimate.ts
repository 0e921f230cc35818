/**
 * Tokens of a prompt by the gateway's own count, for providers without a counter. An estimate: the text is counted with
 * OpenAI's tokenizers, which are near enough for other models; what is no text is reckoned by rules of thumb.
 */
import { setImmediate } from 'node:timers/promises';
import type { Generation } from '../model/wire.ts';
import { collectPrompt } from './prompt.ts';
import { type CountTokens, loadTokenizer } from './tokenizer.ts';

/** An estimate, and what counted. */
export interface TokenEstimate {
  readonly tokens: number;
  /** Name of the tokenizer. */
  readonly counter: string;
}

// Byte-pair merging costs 0.06 µs a character for English and 3 to 5 µs for what is made to be slow; a run without spaces
// costs its length squared (100,000 times "a": 9 s). Measured on gpt-tokenizer 4.0.0, Node 26. So: small pieces, and the
// event loop gets its turn between them.
const PIECE_CHARACTERS = 1024;
const SLICE_MS = 8;

/** Beyond it, evenly spaced samples of this many characters in all stand for the whole: about 1 s of CPU at worst. */
const COUNTED_CHARACTERS = 256 * 1024;
const SAMPLE_CHARACTERS = 4 * PIECE_CHARACTERS;

/**
 * Estimates the input tokens of a generation for a model, by the provider's name of it. Never blocks the event loop for
 * longer than a few milliseconds, but for the first use of a tokenizer, which loads it (0.2 s).
 */
export async function estimateTokens(generation: Generation, upstreamModel: string): Promise<TokenEstimate> {
  const { counter, count } = await loadTokenizer(upstreamModel);
  const { texts, otherTokens } = collectPrompt(generation);
  const characters = texts.reduce((sum, text) => sum + text.length, 0);
  const sampled = characters > COUNTED_CHARACTERS ? sampleTexts(texts, characters, COUNTED_CHARACTERS) : texts;
  const { tokens, counted } = await countPieces(sampled, count);
  const scaled = counted === 0 ? 0 : (tokens * characters) / counted;
  return { tokens: Math.round(scaled) + otherTokens, counter };
}

// A token is at least one byte of UTF-8, and a unit of UTF-16 at most three. The longest token of o200k is 128 spaces.
const MAX_TOKENS_PER_CHARACTER = 3;
const MAX_CHARACTERS_PER_TOKEN = 128;

/** A quarter of a second of CPU at worst: whoever only wants to know whether a prompt is too long needs no better count. */
const COMPARED_CHARACTERS = 64 * 1024;

// What a count can be too high by: tokens cut in two between pieces, and samples that are denser than the rest.
const PIECES_RATIO = 0.99;
const SAMPLES_RATIO = 0.9;

/**
 * Tokens that the texts of a generation have at the least, if they may be more than so many; undefined if they cannot be,
 * which for most calls is known from their length alone. Media are left out: what they count for is a guess. Other makers'
 * tokenizers give more tokens than this one rather than fewer.
 */
export function leastPromptTokens(
  generation: Generation,
  upstreamModel: string,
  moreThan: number,
): Promise<number> | undefined {
  const { texts } = collectPrompt(generation);
  const characters = texts.reduce((sum, text) => sum + text.length, 0);
  if (characters * MAX_TOKENS_PER_CHARACTER <= moreThan) return undefined;
  const certain = Math.floor(characters / MAX_CHARACTERS_PER_TOKEN);
  return certain > moreThan ? Promise.resolve(certain) : countAtLeast(texts, characters, upstreamModel);
}

async function countAtLeast(texts: readonly string[], characters: number, upstreamModel: string): Promise<number> {
  const { count } = await loadTokenizer(upstreamModel);
  const isSampled = characters > COMPARED_CHARACTERS;
  const { tokens, counted } = await countPieces(
    isSampled ? sampleTexts(texts, characters, COMPARED_CHARACTERS) : texts,
    count,
  );
  if (isSampled) return Math.floor(((tokens * characters) / counted) * SAMPLES_RATIO);
  return texts.some((text) => text.length > PIECE_CHARACTERS) ? Math.floor(tokens * PIECES_RATIO) : tokens;
}

/** Parts of long texts, evenly spaced, in the proportion of what may be counted. */
function sampleTexts(texts: readonly string[], characters: number, maxCounted: number): readonly string[] {
  const step = (SAMPLE_CHARACTERS * characters) / maxCounted;
  const samples: string[] = [];
  let next = 0; // Where the next sample begins, from the beginning of the text at hand.
  for (const text of texts) {
    for (; next < text.length; next += step) {
      samples.push(text.slice(Math.floor(next), Math.floor(next) + SAMPLE_CHARACTERS));
    }
    next -= text.length;
  }
  return samples;
}

async function countPieces(
  texts: readonly string[],
  count: CountTokens,
): Promise<{ readonly tokens: number; readonly counted: number }> {
  let tokens = 0;
  let counted = 0;
  let sliceStart = performance.now();
  for (const text of texts) {
    for (const piece of piecesOf(text)) {
      tokens += count(piece);
      counted += piece.length;
      if (performance.now() - sliceStart < SLICE_MS) continue;
      await setImmediate();
      sliceStart = performance.now();
    }
  }
  return { tokens, counted };
}

/** The text in pieces, cut before a space where there is one: there a token begins anyway. */
function* piecesOf(text: string): Iterable<string> {
  let start = 0;
  while (text.length - start > PIECE_CHARACTERS) {
    const space = text.lastIndexOf(' ', start + PIECE_CHARACTERS);
    const end = space > start + PIECE_CHARACTERS / 2 ? space : start + PIECE_CHARACTERS;
    yield text.slice(start, end);
    start = end;
  }
  if (start < text.length) yield text.slice(start);
}
