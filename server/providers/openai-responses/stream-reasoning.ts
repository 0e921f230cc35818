/** A reasoning item of a stream while it is open. Its texts end with it, as only then what is encrypted is known. */
import type { StreamEvent } from '../../model/wire.ts';
import { NO_EVENTS } from '../shared/events.ts';
import { asList, asObject, type JsonObject } from '../shared/json.ts';
import { isReasoningReplayable, type ReasoningEntry, readReasoningState } from './items.ts';
import type { ItemContext, OpenItem } from './open-item.ts';
import { OpenText } from './stream-texts.ts';
import { REASONING_TEXT, SUMMARY_TEXT, type WireEvent } from './wire.ts';

interface OpenEntry {
  readonly type: ReasoningEntry['type'];
  readonly text: OpenText;
}

/** An open reasoning item. */
export class OpenReasoning implements OpenItem {
  readonly #context: ItemContext;
  /** By list and index, in the order in which they began. */
  readonly #entries = new Map<string, OpenEntry>();

  constructor(context: ItemContext) {
    this.#context = context;
  }

  start(): readonly StreamEvent[] {
    return NO_EVENTS;
  }

  take(wire: WireEvent): readonly StreamEvent[] {
    return TAKERS.get(wire.type)?.(this, wire) ?? NO_EVENTS;
  }

  close(item: JsonObject): readonly StreamEvent[] {
    const { answer } = this.#context;
    const rest = [...this.#addList(SUMMARY_TEXT, item.summary), ...this.#addList(REASONING_TEXT, item.content)];
    if (!isReasoningReplayable(item)) answer.idsAreLoose = true;
    else if (this.#entries.size === 0) rest.push(...this.add(undefined, 0, () => NO_EVENTS)); // Encrypted, all of it.
    const entries = [...this.#entries.values()];
    const ends = entries.flatMap(({ type, text }, index) =>
      text.end(readReasoningState(item, { type, isLast: index === entries.length - 1 }, answer)),
    );
    return [...rest, ...ends];
  }

  /** Gives a text, and the event of its beginning where it begins now, to a function that adds to it. */
  add(type: ReasoningEntry['type'], index: unknown, grow: (text: OpenText) => readonly StreamEvent[]) {
    const key = `${type}${String(index)}`;
    const open = this.#entries.get(key);
    if (open !== undefined) return grow(open.text);
    const text = new OpenText('reasoning', this.#context.nextPart());
    this.#entries.set(key, { type, text });
    return [text.start(), ...grow(text)];
  }

  #addList(type: ReasoningEntry['type'], list: unknown): readonly StreamEvent[] {
    return asList(list).flatMap((entry, index) => {
      const text = asObject(entry)?.text;
      return typeof text === 'string' ? this.add(type, index, (open) => open.fill(text)) : NO_EVENTS;
    });
  }
}

type Taker = (item: OpenReasoning, wire: WireEvent) => readonly StreamEvent[];

const TAKERS: ReadonlyMap<unknown, Taker> = new Map<unknown, Taker>([
  [
    'response.reasoning_summary_part.added',
    (item, { summary_index, part }) => addFragment(item, SUMMARY_TEXT, summary_index, asObject(part)?.text),
  ],
  [
    'response.reasoning_summary_text.delta',
    (item, { summary_index, delta }) => addFragment(item, SUMMARY_TEXT, summary_index, delta),
  ],
  [
    'response.reasoning_summary_text.done',
    (item, { summary_index, text }) => addWhole(item, SUMMARY_TEXT, summary_index, text),
  ],
  [
    'response.content_part.added',
    (item, { content_index, part }) => addFragment(item, REASONING_TEXT, content_index, asObject(part)?.text),
  ],
  [
    'response.reasoning_text.delta',
    (item, { content_index, delta }) => addFragment(item, REASONING_TEXT, content_index, delta),
  ],
  [
    'response.reasoning_text.done',
    (item, { content_index, text }) => addWhole(item, REASONING_TEXT, content_index, text),
  ],
  // The names of Open Responses for the two events before: https://www.openresponses.org/reference, seen 2026-11-24.
  [
    'response.reasoning.delta',
    (item, { content_index, delta }) => addFragment(item, REASONING_TEXT, content_index, delta),
  ],
  ['response.reasoning.done', (item, { content_index, text }) => addWhole(item, REASONING_TEXT, content_index, text)],
]);

function addFragment(item: OpenReasoning, type: ReasoningEntry['type'], index: unknown, fragment: unknown) {
  return typeof fragment === 'string' ? item.add(type, index, (text) => text.add(fragment)) : NO_EVENTS;
}

function addWhole(item: OpenReasoning, type: ReasoningEntry['type'], index: unknown, whole: unknown) {
  return typeof whole === 'string' ? item.add(type, index, (text) => text.fill(whole)) : NO_EVENTS;
}
