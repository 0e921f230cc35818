/** Reasoning in <think> tags at the head of the text, as open models write it where their host does not take it apart. */

const OPEN = '<think>';
const CLOSE = '</think>';

/** A piece of what was written. */
export interface TaggedPiece {
  readonly kind: 'text' | 'reasoning';
  readonly text: string;
}

/** Takes a text apart as it comes. Nothing is lost but the tags; a tag cut between two fragments is found. */
export class ThinkTags {
  #mode: 'head' | 'reasoning' | 'text' = 'head';
  #held = '';

  /** What can be told of the text so far. */
  take(fragment: string): readonly TaggedPiece[] {
    if (this.#mode === 'text') return [{ kind: 'text', text: fragment }];
    this.#held += fragment;
    return this.#mode === 'head' ? this.#readHead() : this.#readReasoning();
  }

  /** What is left at the end. */
  rest(): readonly TaggedPiece[] {
    if (this.#held === '') return [];
    const kind = this.#mode === 'reasoning' ? 'reasoning' : 'text';
    const text = this.#release();
    return [{ kind, text }];
  }

  #readHead(): readonly TaggedPiece[] {
    const head = this.#held.trimStart();
    if (OPEN.startsWith(head)) return [];
    if (!head.startsWith(OPEN)) {
      this.#mode = 'text';
      return [{ kind: 'text', text: this.#release() }];
    }
    this.#mode = 'reasoning';
    this.#held = head.slice(OPEN.length);
    return this.#readReasoning();
  }

  #readReasoning(): readonly TaggedPiece[] {
    const close = this.#held.indexOf(CLOSE);
    if (close < 0) {
      const text = this.#release();
      const end = text.length - overlap(text);
      this.#held = text.slice(end);
      return [{ kind: 'reasoning', text: text.slice(0, end) }];
    }
    this.#mode = 'text';
    const text = this.#release();
    return [
      { kind: 'reasoning', text: text.slice(0, close) },
      { kind: 'text', text: text.slice(close + CLOSE.length) },
    ];
  }

  #release(): string {
    const text = this.#held;
    this.#held = '';
    return text;
  }
}

/** How many characters at the end of a text may be the beginning of the closing tag. */
function overlap(text: string): number {
  for (let length = Math.min(CLOSE.length - 1, text.length); length > 0; length--) {
    if (CLOSE.startsWith(text.slice(-length))) return length;
  }
  return 0;
}
