/** The parts of a streamed answer while they are open. */
import { type StreamEvent, ToolInputKind } from '../../model/wire.ts';
import * as events from '../shared/events.ts';
import { NO_EVENTS, NO_LOGPROBS } from '../shared/events.ts';
import { Fragments } from '../shared/fragments.ts';
import { ABSENT_ARGUMENTS, NO_ARGUMENTS } from './wire.ts';

/** Text or thought while it comes. */
export interface OpenText {
  readonly kind: 'text' | 'reasoning';
  readonly partIndex: number;
  readonly fragments: Fragments;
}

/** Begins text or thought. */
export function openText(kind: OpenText['kind'], partIndex: number): OpenText {
  return { kind, partIndex, fragments: new Fragments() };
}

/** The event of its beginning. */
export function startText({ kind, partIndex }: OpenText): StreamEvent {
  return kind === 'text' ? events.textStart(partIndex) : events.reasoningStart(partIndex);
}

/** Events of a fragment. */
export function addText(open: OpenText, fragment: string, logprobs = NO_LOGPROBS): readonly StreamEvent[] {
  const { kind, partIndex, fragments } = open;
  const text = fragments.take(fragment);
  if (kind === 'reasoning') return text === '' ? NO_EVENTS : [events.reasoningDelta(partIndex, text)];
  return text === '' && logprobs.length === 0 ? NO_EVENTS : [events.textDelta(partIndex, text, logprobs)];
}

/** Events of its end. */
export function endText({ kind, partIndex, fragments }: OpenText): readonly StreamEvent[] {
  const rest = fragments.rest();
  if (kind === 'text') {
    const end = events.textEnd(partIndex);
    return rest === '' ? [end] : [events.textDelta(partIndex, rest), end];
  }
  const end = events.reasoningEnd(partIndex);
  return rest === '' ? [end] : [events.reasoningDelta(partIndex, rest), end];
}

/** A call of a tool while its arguments come. */
export class OpenCall {
  readonly #partIndex: number;
  readonly #fragments = new Fragments();
  /** Arguments that may still turn out to be JSON's null, which stands for none. */
  #held: string | undefined = '';

  constructor(partIndex: number) {
    this.#partIndex = partIndex;
  }

  /** Events of its beginning, with what its start holds of the arguments. */
  start({ id, name, input }: { readonly id: string; readonly name: string; readonly input: string }): StreamEvent[] {
    const head = { id, name, kind: ToolInputKind.JSON };
    return [events.toolCallStart(this.#partIndex, head), ...this.add(input)];
  }

  /** Events of a fragment of the arguments. */
  add(fragment: string): readonly StreamEvent[] {
    if (this.#held === undefined) return this.#pass(fragment);
    this.#held += fragment;
    if (NULL.startsWith(this.#held)) return NO_EVENTS;
    const held = this.#held;
    this.#held = undefined;
    return this.#pass(held);
  }

  /** Events of its end. */
  end(): readonly StreamEvent[] {
    const held = this.#held;
    const rest = held === undefined ? this.#fragments.rest() : ABSENT_ARGUMENTS.has(held) ? NO_ARGUMENTS : held;
    const end = events.toolCallEnd(this.#partIndex);
    return rest === '' ? [end] : [events.toolCallDelta(this.#partIndex, rest), end];
  }

  #pass(fragment: string): readonly StreamEvent[] {
    const text = this.#fragments.take(fragment);
    return text === '' ? NO_EVENTS : [events.toolCallDelta(this.#partIndex, text)];
  }
}

const NULL = 'null';
