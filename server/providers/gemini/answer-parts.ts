/** The parts of an answer while they are open: what each piece adds to them becomes events. */
import type { OpaqueState, Part, StreamEvent, TokenLogprob } from '../../model/wire.ts';
import type { Target } from '../dialect.ts';
import * as events from '../shared/events.ts';
import { NO_EVENTS, NO_LOGPROBS, NO_STATE } from '../shared/events.ts';
import { Fragments } from '../shared/fragments.ts';
import { makeOpaqueState } from '../shared/opaque-state.ts';
import { makePart } from '../shared/parts.ts';
import { CitationPlaces, type PlacedCitation } from './citations.ts';
import { type Media, RawSound } from './media.ts';
import { THOUGHT_SIGNATURE } from './wire.ts';

/** Kinds of part whose content is text. One of them grows at a time. */
export type TextKind = 'text' | 'reasoning';

interface OpenText {
  readonly kind: TextKind;
  readonly partIndex: number;
  readonly fragments: Fragments;
  readonly state: readonly OpaqueState[];
  /** All of it so far, in which citations are placed. */
  text: string;
}

const STARTS = { text: events.textStart, reasoning: events.reasoningStart } as const;
const ENDS = { text: events.textEnd, reasoning: events.reasoningEnd } as const;

/**
 * Collects the events of one piece; `take` gives them away. A text that is whole is ended with the piece in which it became
 * so, not before: citations of it come behind it in the same piece.
 */
export class AnswerParts {
  readonly #target: Target;
  #events: StreamEvent[] = [];
  #nextIndex = 0;
  #open: OpenText | undefined;
  #whole: OpenText[] = [];
  #logprobs: readonly TokenLogprob[] = NO_LOGPROBS;
  /** Sound that may go on in the next piece. */
  #sound: RawSound | undefined;

  constructor(target: Target) {
    this.#target = target;
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

  /** The place of a part that begins now; what was open before it is whole. */
  nextIndex(): number {
    this.#finishText();
    this.#flushSound();
    return this.#nextIndex++;
  }

  /** State of a signature; none where there is none. */
  stateOf(signature: string | undefined): readonly OpaqueState[] {
    return signature === undefined ? NO_STATE : [makeOpaqueState(this.#target, THOUGHT_SIGNATURE, signature)];
  }

  /** Log probabilities of the tokens of this piece; they go with its first text. */
  holdLogprobs(logprobs: readonly TokenLogprob[]): void {
    this.#logprobs = logprobs;
  }

  /**
   * Adds text. What has a signature stays a part of its own, even without text (the last piece of a stream often is no more
   * than that): the signature goes back on the part on which it came, never on one that was joined.
   * https://ai.google.dev/gemini-api/docs/thought-signatures, seen 2026-11-24.
   */
  addText(kind: TextKind, fragment: string, signature: string | undefined): void {
    if (fragment === '' && signature === undefined) return;
    const isJoined = signature === undefined && this.#open?.kind === kind;
    const open = (isJoined ? this.#open : undefined) ?? this.#openText(kind, this.stateOf(signature));
    const text = open.fragments.take(fragment);
    const logprobs = kind === 'text' ? this.#takeLogprobs() : NO_LOGPROBS;
    if (text !== '' || logprobs.length > 0) this.#emitDelta(open, text, logprobs);
    if (signature !== undefined) this.#finishText();
  }

  /** Adds a whole part. */
  addPart(part: Part): void {
    this.emit(events.partAdded(this.nextIndex(), part));
  }

  /** Adds an image, a sound or another file. Raw sound that comes in pieces is one part. */
  addMedia(media: Media, signature: string | undefined): void {
    if (signature !== undefined || !media.isRawSound || media.content.$case !== 'audio') {
      this.addPart(makePart(media.content, this.stateOf(signature)));
    } else if (this.#sound?.add(media) !== true) {
      this.#finishText();
      this.#flushSound();
      this.#sound = new RawSound(media.content.value.mediaType);
      this.#sound.add(media);
    }
  }

  /** Whether there is a text in this piece that can be cited. */
  get isCitable(): boolean {
    return this.#citableTexts().length > 0;
  }

  /** Adds citations to the texts of this piece; to an empty one of their own if there is none any more. */
  cite(citations: readonly PlacedCitation[]): void {
    if (citations.length === 0) return;
    const open = this.#citableTexts();
    const texts = open.length > 0 ? open : [this.#openText('text')];
    const places = new CitationPlaces(texts.map(({ text }) => text));
    for (const placed of citations) {
      const { place, citation } = places.place(placed);
      const partIndex = texts[place]?.partIndex;
      if (partIndex !== undefined) this.emit(events.citationAdded(partIndex, citation));
    }
  }

  /** Ends the texts that became whole in this piece. */
  endTexts(): void {
    if (this.#whole.length === 0) return;
    const whole = this.#whole;
    this.#whole = [];
    for (const text of whole) this.#endText(text);
  }

  /** Ends everything. */
  close(): void {
    this.#finishText();
    this.endTexts();
    this.#flushSound();
  }

  #citableTexts(): readonly OpenText[] {
    const open = this.#open === undefined ? [] : [this.#open];
    return [...this.#whole, ...open].filter(({ kind }) => kind === 'text');
  }

  #openText(kind: TextKind, state = NO_STATE): OpenText {
    const opened = { kind, partIndex: this.nextIndex(), fragments: new Fragments(), state, text: '' };
    this.#open = opened;
    this.emit(STARTS[kind](opened.partIndex));
    return opened;
  }

  #finishText(): void {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    if (open.kind === 'text') this.#whole.push(open);
    else this.#endText(open);
  }

  #endText(whole: OpenText): void {
    const rest = whole.fragments.rest();
    if (rest !== '') this.#emitDelta(whole, rest, NO_LOGPROBS);
    this.emit(ENDS[whole.kind](whole.partIndex, whole.state));
  }

  #emitDelta(open: OpenText, text: string, logprobs: readonly TokenLogprob[]): void {
    open.text += text;
    if (open.kind === 'text') this.emit(events.textDelta(open.partIndex, text, logprobs));
    else this.emit(events.reasoningDelta(open.partIndex, text));
  }

  #takeLogprobs(): readonly TokenLogprob[] {
    const logprobs = this.#logprobs;
    this.#logprobs = NO_LOGPROBS;
    return logprobs;
  }

  #flushSound(): void {
    const sound = this.#sound;
    if (sound === undefined) return;
    this.#sound = undefined;
    this.emit(events.partAdded(this.#nextIndex++, makePart(sound.toContent())));
  }
}
