/** What the tests ask of a provider's official SDK, whichever it is. */
import type { Dialect, Frame, Target } from '../../server/providers/dialect.ts';
import type { Recording } from '../support/recordings.ts';

/** JSON, parsed. */
export type Json = Readonly<Record<string, unknown>>;

/** What an answer says, in words that every provider has. */
export interface Said {
  readonly text: string;
  readonly calls: readonly SaidCall[];
  /** In the provider's own word. */
  readonly finish: string;
  /** All that was read, from a cache or not. */
  readonly inputTokens: number | undefined;
  readonly outputTokens: number | undefined;
}

/** One tool call. */
export interface SaidCall {
  /** undefined: the provider gives none. */
  readonly id: string | undefined;
  readonly name: string;
  /** Parsed, or the text itself if it is no JSON. */
  readonly input: unknown;
}

/** What an answer came to: what it says, or that it is no whole answer. */
export type Outcome = Said | 'fails';

/** One SDK, and the dialect that it is held against. Each imports its package only when it is asked. */
export interface Sdk {
  /** Name on npm. */
  readonly package: string;
  /** The call that is made, for the table. */
  readonly call: string;
  /** The folder of goldens whose calls it can make; undefined: it is held to answers only. */
  readonly folder: string | undefined;
  readonly dialect: Dialect;
  readonly target: Target;
  /** Takes the frames of streams out of the host's own wrapping. Absent: there is none. */
  readonly unwrap?: (frame: Frame) => Frame;
  /** The SDK's argument for the call that has this body. */
  readonly toArgument: (body: Json, stream: boolean) => Json;
  /** The type of the argument, written as it stands in a module that imports nothing. */
  readonly argumentType: (stream: boolean) => string;
  /** Makes the call. */
  readonly send: (baseUrl: string, argument: Json, stream: boolean) => Promise<unknown>;
  /** Which recordings are in its language, and how they are served; undefined: it is not. */
  readonly served: (recording: Recording) => Recording | undefined;
  /** Makes a call, whichever, and reads the answer as the SDK's users do. @throws whatever the SDK throws */
  readonly read: (baseUrl: string, stream: boolean) => Promise<Said>;
}

/** Arguments are text, and whole only at the end. */
export function parseInput(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}

/** All that something gives in turn. */
export async function collect<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
