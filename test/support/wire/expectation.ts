/** What a recording says, read without any of the gateway's code, and the questions that tests ask of it. */
import type { ChatMessage, FinishReason, Usage } from '@kanmon/client';

/** What kind of reply a recording is. The last word of `cut` never comes; `failing` reports an error in its midst. */
export type WireKind = 'stream' | 'cut stream' | 'failing stream' | 'broken stream' | 'reply' | 'error' | 'embeddings';

/** One whole answer. */
export interface Expectation {
  /** Model as the provider names it last; empty if it does not. */
  readonly model: string;
  readonly facts: Facts;
  /** Compares the parts of an answer: texts, reasoning with its state, refusals and tool calls. */
  readonly checkMessage: (message: ChatMessage | undefined) => void;
  readonly checkEnd: (finish: FinishReason | undefined, usage: Usage | undefined) => void;
  /** Whether the answer can be sent back as a turn of the conversation, every part of it. */
  readonly isReplayable: boolean;
  /**
   * Compares the assistant's turn in the body of a later request.
   * @param reasoningField Member in which the host takes reasoning back; undefined: it does not.
   */
  readonly checkReplay: (body: unknown, reasoningField?: ReasoningField) => void;
}

/** Members of chat completions in which hosts take earlier reasoning back. */
export type ReasoningField = 'reasoning_content' | 'reasoning';

/** What tables and prefixes are made of. */
export interface Facts {
  /** All text, joined. */
  readonly text: string;
  /** All reasoning, joined. */
  readonly reasoning: string;
  readonly calls: readonly ExpectedCall[];
  readonly finish: string;
  readonly inputTokens: number | undefined;
  readonly outputTokens: number | undefined;
}

/** One tool call; the input is text as it came. */
export interface ExpectedCall {
  readonly id: string;
  readonly name: string;
  readonly input: string;
}

/** Arguments are whole only at the end, and not even there if the answer was cut: then they are compared as text. */
export function parseInput(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}
