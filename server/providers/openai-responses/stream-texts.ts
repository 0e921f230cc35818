/** The texts of an open item: what each event adds to them becomes events. */
import type { Citation, OpaqueState, StreamEvent, TokenLogprob } from '../../model/wire.ts';
import * as events from '../shared/events.ts';
import { NO_LOGPROBS } from '../shared/events.ts';
import { Fragments } from '../shared/fragments.ts';

/** Kinds of part whose content is text. */
export type TextKind = 'text' | 'refusal' | 'reasoning';

const STARTS = { text: events.textStart, reasoning: events.reasoningStart, refusal: events.refusalStart } as const;
const ENDS = { text: events.textEnd, reasoning: events.reasoningEnd, refusal: events.refusalEnd } as const;

/** One text while it grows. */
export class OpenText {
  readonly kind: TextKind;
  readonly #partIndex: number;
  readonly #fragments = new Fragments();
  #hasText = false;
  #hasLogprobs = false;
  #citations = 0;

  constructor(kind: TextKind, partIndex: number) {
    this.kind = kind;
    this.#partIndex = partIndex;
  }

  /** The event of its beginning. */
  start(): StreamEvent {
    return STARTS[this.kind](this.#partIndex);
  }

  /** Adds a fragment. */
  add(fragment: string, logprobs: readonly TokenLogprob[] = NO_LOGPROBS): readonly StreamEvent[] {
    if (fragment !== '') this.#hasText = true;
    if (logprobs.length > 0) this.#hasLogprobs = true;
    const text = fragment === '' ? '' : this.#fragments.take(fragment);
    return text === '' && logprobs.length === 0 ? events.NO_EVENTS : [this.#delta(text, logprobs)];
  }

  /** Adds the whole text, and its log probabilities, where no fragment has brought them. */
  fill(text: string, logprobs: readonly TokenLogprob[] = NO_LOGPROBS): readonly StreamEvent[] {
    return this.add(this.#hasText ? '' : text, this.#hasLogprobs ? NO_LOGPROBS : logprobs);
  }

  /** Adds a citation. */
  cite(citation: Citation): StreamEvent {
    this.#citations += 1;
    return events.citationAdded(this.#partIndex, citation);
  }

  /** Adds those of all citations that did not come one by one. */
  citeRest(citations: readonly Citation[]): readonly StreamEvent[] {
    return citations.slice(this.#citations).map((citation) => this.cite(citation));
  }

  /** Ends the text. */
  end(state: readonly OpaqueState[]): readonly StreamEvent[] {
    const rest = this.#fragments.rest();
    const end = ENDS[this.kind](this.#partIndex, state);
    return rest === '' ? [end] : [this.#delta(rest, NO_LOGPROBS), end];
  }

  #delta(text: string, logprobs: readonly TokenLogprob[]): StreamEvent {
    if (this.kind === 'text') return events.textDelta(this.#partIndex, text, logprobs);
    return this.kind === 'refusal'
      ? events.refusalDelta(this.#partIndex, text)
      : events.reasoningDelta(this.#partIndex, text);
  }
}
