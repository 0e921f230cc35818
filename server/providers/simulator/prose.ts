/** Text that reads like an answer: a few turns of phrase about the question, and a chain of words for the rest. */
import type { Random } from '../../model/clock.ts';
import { CORPUS } from './corpus.ts';
import { drawInteger, drawItem } from './random.ts';
import type { Topic } from './topic.ts';

/** Writes an answer of a few sentences, or of as many words as the prompt asks for. */
export function writeAnswer(random: Random, topic: Topic): string {
  if (topic.greeting) return `${drawItem(random, GREETINGS)} ${drawItem(random, OFFERS)}`;
  const opening = openAnswer(random, topic);
  if (topic.wordCount !== undefined) return fillWords(opening, topic.wordCount, () => writeSentence(random, topic));
  const sentences = new Set([opening]); // A set, because nobody says the same thing twice in one breath.
  const count = drawInteger(random, 3, 6);
  for (let i = 1; i < count; i++) sentences.add(writeSentence(random, topic));
  return [...sentences].join(' ');
}

function fillWords(opening: string, count: number, nextSentence: () => string): string {
  const words = opening.split(' ');
  while (words.length < count) words.push(...nextSentence().split(' '));
  return `${words
    .slice(0, count)
    .join(' ')
    .replace(/\p{P}+$/u, '')}.`;
}

/** Writes what a model might think before it answers. */
export function writeThoughts(random: Random, topic: Topic, sentenceCount: number): string {
  const subject = topic.keywords[0] ?? 'this';
  const thoughts = [`The question is about ${subject}.`];
  for (let i = 1; i < sentenceCount; i++) {
    thoughts.push(i % 3 === 0 ? drawItem(random, DOUBTS) : chainSentence(random));
  }
  return thoughts.join(' ');
}

const GREETINGS: readonly string[] = ['Hello!', 'Hello there.', 'Good to hear from you.', 'Hi! 👋'];
const OFFERS: readonly string[] = [
  'What can I do for you today?',
  'Ask me anything; I answer in the same way every time.',
  'I am a simulator, but I do my best to sound like a model.',
];
const OPENINGS: readonly string[] = [
  'You asked about %, so let us begin there.',
  'The short answer on % is that it depends, and the reasons are worth knowing.',
  'Here is what can be said about %.',
  'With % the details decide, and here are the ones that matter.',
];
const ASIDES: readonly string[] = [
  'That is especially true of %.',
  'With % it is much the same.',
  'The part about % deserves a closer look.',
  'For %, a small example says more than a long explanation.',
];
const DOUBTS: readonly string[] = [
  'Wait, that may not hold in every case.',
  'Let me check that once more.',
  'It seems better to answer the question as it was put.',
];

function openAnswer(random: Random, { keywords }: Topic): string {
  if (keywords.length === 0) return chainSentence(random);
  const subject = keywords.length > 1 && random() < 0.6 ? `${keywords[0]} and ${keywords[1]}` : `${keywords[0]}`;
  return drawItem(random, OPENINGS).replace('%', () => subject);
}

function writeSentence(random: Random, { keywords }: Topic): string {
  if (keywords.length === 0 || random() < 0.7) return chainSentence(random);
  return drawItem(random, ASIDES).replace('%', () => drawItem(random, keywords));
}

/** A place in the chain: after some words. Each way on is a word and the place behind it; undefined: the sentence ends. */
interface ChainPlace {
  readonly ways: { readonly word: string; readonly next: ChainPlace | undefined }[];
}

/** How many words decide the next one: with two, sentences fall apart; with four, they are the corpus again. */
const MEMORY_WORDS = 3;
const MAX_SENTENCE_WORDS = 40;

const CHAIN_START = buildChain(CORPUS);

function buildChain(sentences: readonly string[]): ChainPlace {
  const places = new Map<string, ChainPlace>();
  const placeAfter = (words: readonly string[]): ChainPlace => {
    const key = words.slice(-MEMORY_WORDS).join(' ');
    const place = places.get(key) ?? { ways: [] };
    places.set(key, place);
    return place;
  };
  for (const words of sentences.map((sentence) => sentence.split(' '))) {
    for (const [index, word] of words.entries()) {
      const next = index + 1 < words.length ? placeAfter(words.slice(0, index + 1)) : undefined;
      placeAfter(words.slice(0, index)).ways.push({ word, next });
    }
  }
  return placeAfter([]);
}

function chainSentence(random: Random): string {
  let sentence = '';
  let place: ChainPlace | undefined = CHAIN_START;
  for (let count = 0; place !== undefined && count < MAX_SENTENCE_WORDS; count++) {
    const way: ChainPlace['ways'][number] = drawItem(random, place.ways);
    sentence += count === 0 ? way.word : ` ${way.word}`;
    place = way.next;
  }
  return sentence;
}
