/** Tokenizers of OpenAI, loaded on first use: each is 2 MB of ranks that most processes never need. */

/** Counts the tokens of a text. Costs the length squared for runs without spaces: keep texts short. */
export type CountTokens = (text: string) => number;

/** A tokenizer that is loaded. */
export interface Tokenizer {
  /** Its name. */
  readonly counter: string;
  readonly count: CountTokens;
}

// Which models use the older one: https://github.com/openai/tiktoken, model.py, seen 2026-11-24. All newer ones, and those
// of other makers for want of a better, are counted with o200k.
const CL100K = /^(gpt-3\.5|gpt-35|gpt-4(?!o|\.)|text-embedding-)/;

/** The package's cache of merges holds 100,000 words by default; long words would make that 100 MB. */
const MERGE_CACHE_WORDS = 10_000;

const loaded = new Map<string, Promise<Tokenizer>>();

/** The tokenizer of a model, by the provider's name of it. */
export function loadTokenizer(upstreamModel: string): Promise<Tokenizer> {
  const counter = CL100K.test(upstreamModel) ? 'cl100k_base' : 'o200k_base';
  const known = loaded.get(counter) ?? importTokenizer(counter);
  loaded.set(counter, known);
  return known;
}

async function importTokenizer(counter: 'cl100k_base' | 'o200k_base'): Promise<Tokenizer> {
  const { countTokens, setMergeCacheSize } =
    counter === 'cl100k_base'
      ? await import('gpt-tokenizer/encoding/cl100k_base')
      : await import('gpt-tokenizer/encoding/o200k_base');
  setMergeCacheSize(MERGE_CACHE_WORDS);
  // Text that looks like a special token is text: a caller's "<|endoftext|>" must count, not throw.
  const options = { disallowedSpecial: new Set<string>() };
  return { counter, count: (text) => countTokens(text, options) };
}
