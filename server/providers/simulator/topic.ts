/** What a prompt is about, read from its words. */
import { STOP_WORDS } from './corpus.ts';

/** What the words of a prompt say about the answer. */
export interface Topic {
  /** Words that the prompt is about, in its own spelling, at most six. */
  readonly keywords: readonly string[];
  /** Proper names and numbers in it, at most six. */
  readonly names: readonly string[];
  readonly greeting: boolean;
  /** How many words are asked for ("in 200 words"), at most 2,000; undefined: it does not say. */
  readonly wordCount: number | undefined;
}

const MAX_READ_CHARACTERS = 4000; // A prompt can be a book; its beginning says enough of it.
const MAX_WORDS = 2000;
const MAX_GREETING_CHARACTERS = 40;
const GREETING =
  /^\s*(hi|hello|hey|good (morning|afternoon|evening)|ping|test)\b[\s\p{P}]*(there|all|world)?[\s\p{P}]*$/iu;

/** Reads what a prompt is about. */
export function readTopic(prompt: string): Topic {
  const head = prompt.slice(0, MAX_READ_CHARACTERS);
  const words = head.match(/[\p{L}\p{M}]{2,24}/gu) ?? [];
  const telling = words.filter((word) => word.length >= 4 && !STOP_WORDS.has(word.toLowerCase()));
  const names = head.match(/(?<=[\s,;:("])\p{Lu}[\p{L}\p{M}]+(?: \p{Lu}[\p{L}\p{M}]+)*/gu) ?? [];
  const wordCount = /\b(\d{1,4})[ -]words?\b/i.exec(head)?.[1];
  return {
    keywords: distinct(telling).slice(0, 6),
    names: distinct(names)
      .filter((name) => !STOP_WORDS.has(name.toLowerCase()))
      .slice(0, 6),
    greeting: head.length <= MAX_GREETING_CHARACTERS && GREETING.test(head),
    wordCount: wordCount === undefined ? undefined : Math.min(Number(wordCount), MAX_WORDS),
  };
}

function distinct(words: readonly string[]): readonly string[] {
  const seen = new Map(words.map((word) => [word.toLowerCase(), word]));
  return [...seen.values()];
}
