/** The parts of a streamed answer while they are open: what each chunk adds to them becomes events. */
import type { Citation, OpaqueState, Part, StreamEvent, TokenLogprob } from '../../model/wire.ts';
import type { Target } from '../dialect.ts';
import * as events from '../shared/events.ts';
import { NO_EVENTS, NO_LOGPROBS, NO_STATE } from '../shared/events.ts';
import { Fragments } from '../shared/fragments.ts';
import { ReasoningDetails } from './reasoning-details.ts';

/** Kinds of part whose content is text. One of them is open at a time; the next one ends it. */
export type TextKind = 'text' | 'reasoning' | 'refusal';

interface OpenText {
  readonly kind: TextKind;
  readonly partIndex: number;
  readonly fragments: Fragments;
  readonly details: ReasoningDetails;
  /** Signature of the thought. */
  state: readonly OpaqueState[];
}

const STARTS = { text: events.textStart, reasoning: events.reasoningStart, refusal: events.refusalStart } as const;
const ENDS = { text: events.textEnd, reasoning: events.reasoningEnd, refusal: events.refusalEnd } as const;

/** Collects the events of one push; `take` gives them away. */
export class StreamParts {
  readonly #target: Target;
  #events: StreamEvent[] = [];
  #nextIndex = 0;
  #open: OpenText | undefined;
  #sources: readonly Citation[] = [];
  #hasRefusal = false;

  constructor(target: Target) {
    this.#target = target;
  }

  /** Whether the answer holds a refusal. */
  get hasRefusal(): boolean {
    return this.#hasRefusal;
  }

  /** The events since the last time. */
  take(): readonly StreamEvent[] {
    if (this.#events.length === 0) return NO_EVENTS;
    const taken = this.#events;
    this.#events = [];
    return taken;
  }

  /** Adds an event of a part that is kept elsewhere. */
  emit(event: StreamEvent): void {
    this.#events.push(event);
  }

  /** The place of a part that begins now; text before it is whole. */
  nextIndex(): number {
    this.#closeText();
    return this.#nextIndex++;
  }

  /** Adds text to the open part of a kind, or opens one. */
  addText(kind: TextKind, fragment: string, logprobs: readonly TokenLogprob[] = NO_LOGPROBS): void {
    if (fragment === '' && logprobs.length === 0) return;
    const { partIndex, fragments } = this.#openText(kind);
    const text = fragments.take(fragment);
    if (text !== '' || logprobs.length > 0) this.#emitDelta(kind, partIndex, text, logprobs);
  }

  /** Adds pieces of reasoning_details to the open part of reasoning, or opens one. */
  addReasoningDetails(details: unknown): void {
    this.#openText('reasoning').details.take(details);
  }

  /** Sets the signature of the open part of reasoning, or opens one. */
  setReasoningState(state: readonly OpaqueState[]): void {
    this.#openText('reasoning').state = state;
  }

  /** Adds a citation to the text that is open, or opens one. */
  addCitation(citation: Citation): void {
    this.#events.push(events.citationAdded(this.#openText('text').partIndex, citation));
  }

  /** Keeps citations that stand beside the text; the end of the first text tells them. */
  setSources(sources: readonly Citation[]): void {
    this.#sources = sources;
  }

  /** Adds a whole part. */
  addPart(part: Part): void {
    this.#events.push(events.partAdded(this.nextIndex(), part));
  }

  /** Ends the text that is open. */
  close(): void {
    this.#closeText();
  }

  #openText(kind: TextKind): OpenText {
    const open = this.#open;
    if (open !== undefined && open.kind === kind) return open;
    const partIndex = this.nextIndex();
    const opened = { kind, partIndex, fragments: new Fragments(), details: new ReasoningDetails(), state: NO_STATE };
    this.#open = opened;
    if (kind === 'refusal') this.#hasRefusal = true;
    this.#events.push(STARTS[kind](partIndex));
    return opened;
  }

  #closeText(): void {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    const { kind, partIndex, fragments, details, state } = open;
    const rest = fragments.rest();
    if (rest !== '') this.#emitDelta(kind, partIndex, rest, NO_LOGPROBS);
    if (kind === 'text') this.#emitSources(partIndex);
    this.#events.push(
      ENDS[kind](partIndex, kind === 'reasoning' ? [...details.toState(this.#target), ...state] : NO_STATE),
    );
  }

  #emitSources(partIndex: number): void {
    for (const citation of this.#sources) this.#events.push(events.citationAdded(partIndex, citation));
    this.#sources = [];
  }

  #emitDelta(kind: TextKind, partIndex: number, text: string, logprobs: readonly TokenLogprob[]): void {
    if (kind === 'text') this.#events.push(events.textDelta(partIndex, text, logprobs));
    else if (kind === 'reasoning') this.#events.push(events.reasoningDelta(partIndex, text));
    else this.#events.push(events.refusalDelta(partIndex, text));
  }
}
