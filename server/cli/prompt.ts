/** What the user wants to say: arguments, or the standard input. */
import { text } from 'node:stream/consumers';
import { UsageError } from './exit-codes.ts';
import type { World } from './world.ts';

/** The words joined; without any, or with a single "-", the standard input. @throws UsageError if there is nothing */
export async function readPrompt(words: readonly string[], { stdin }: World): Promise<string> {
  const fromInput = words.length === 0 || (words.length === 1 && words[0] === '-');
  if (fromInput && stdin.isTTY && words.length === 0) {
    throw new UsageError('nothing to send: give a text as argument or on the standard input');
  }
  const prompt = (fromInput ? await text(stdin) : words.join(' ')).trim();
  if (prompt === '') throw new UsageError('nothing to send: the text is empty');
  return prompt;
}
