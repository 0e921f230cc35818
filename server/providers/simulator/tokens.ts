/** Tokens as the simulator counts them: pieces of words, each with the space before it, as real tokenizers cut them. */

const TOKEN = /\s?[\p{L}\p{M}]{1,7}|\s?\d{1,3}|\s?[^\s\p{L}\p{M}\d]|\s+/gu;

/** Cuts a text into tokens; joined they are the text again. */
export function splitTokens(text: string): readonly string[] {
  return text.match(TOKEN) ?? [];
}

/** Estimates the tokens of a text without cutting it: cheap for prompts of any length. */
export function estimateTokens(text: string): number {
  return Math.ceil(text.length / 4);
}
