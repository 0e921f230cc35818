/** Parses replies. */
import { parseExactJson } from '../shared/json.ts';

/**
 * The JSON of a reply or of a piece of a stream. Arguments of calls are JSON of the reply itself, and their numbers keep their
 * digits; nothing else needs the slower way. @throws SyntaxError
 */
export function parseReply(text: string): unknown {
  return HOLDS_NUMBERS.some((member) => text.includes(member)) ? parseExactJson(text) : JSON.parse(text);
}

/** Members whose values are passed on as JSON. Unescaped, as Google writes them. */
const HOLDS_NUMBERS = ['"functionCall"', '"toolCall"', '"toolResponse"'] as const;
