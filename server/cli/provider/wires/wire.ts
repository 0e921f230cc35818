/** What each language of the scripted provider is made of. */
import type { Answer } from '../scenario.ts';

/** What is written. */
export interface Told {
  readonly text: string;
  readonly calls: readonly { readonly id: string; readonly name: string; readonly arguments: object }[];
  readonly finish: NonNullable<Answer['finish']>;
  readonly usage: { readonly input: number; readonly output: number } | undefined;
  readonly model: string;
}

/** One event; as a string it is sent as it is. */
export interface WireEvent {
  readonly event: string;
  readonly json: object | string;
}

/** One language. */
export interface Wire {
  readonly dialectId: string;
  /** Whether a path is one of its own. */
  readonly path: RegExp;
  readonly reply: (told: Told) => object;
  readonly stream: (told: Told) => readonly WireEvent[];
  /** The body of an error reply. */
  readonly error: (status: number, message: string) => object;
  /** An error in the midst of a stream. */
  readonly streamError: (message: string) => WireEvent;
}

/** Every reply has it. */
export const ID = 'scripted-1';

/** An event without a name. */
export function untyped(json: object | string): WireEvent {
  return { event: '', json };
}

/** An event whose JSON has its name too. */
export function typed(type: string, json: object): WireEvent {
  return { event: type, json: { type, ...json } };
}

/** The text in pieces as a model makes them: words, each with the space before it. */
export function words(text: string): readonly string[] {
  return text.match(/\s*\S+|\s+$/gu) ?? [];
}
