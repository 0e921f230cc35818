/** A message of a stream while it is open. Its texts end with it, as only then their state is known. */
import type { StreamEvent } from '../../model/wire.ts';
import { readAnnotation, readLogprobs } from '../openai-chat/content.ts';
import { NO_EVENTS, NO_LOGPROBS, partAdded } from '../shared/events.ts';
import { asList, asObject, isJsonObject, type JsonObject } from '../shared/json.ts';
import { opaqueItem, readMessageState } from './items.ts';
import type { ItemContext, OpenItem } from './open-item.ts';
import { OpenText } from './stream-texts.ts';
import type { WireContent, WireEvent } from './wire.ts';

/** An open message. */
export class OpenMessage implements OpenItem {
  readonly #context: ItemContext;
  /** By kind and content_index, in the order in which they began. */
  readonly #texts = new Map<string, OpenText>();

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
    const { answer, nextPart } = this.#context;
    const rest = asList(item.content)
      .filter(isJsonObject)
      .flatMap((content, index) =>
        isText(content) ? this.#addWhole(content, index) : [partAdded(nextPart(), opaqueItem(content, answer.target))],
      );
    const state = readMessageState(item, answer);
    return [...rest, ...[...this.#texts.values()].flatMap((text) => text.end(state))];
  }

  /** Gives a text, and the event of its beginning where it begins now, to a function that adds to it. */
  add(kind: 'text' | 'refusal', index: unknown, grow: (text: OpenText) => readonly StreamEvent[]) {
    const key = `${kind}${String(index)}`;
    const open = this.#texts.get(key);
    if (open !== undefined) return grow(open);
    const text = new OpenText(kind, this.#context.nextPart());
    this.#texts.set(key, text);
    if (kind === 'refusal') this.#context.answer.noteRefusal();
    return [text.start(), ...grow(text)];
  }

  #addWhole(content: WireContent, index: number): readonly StreamEvent[] {
    if (content.type === 'refusal') return this.add('refusal', index, (text) => text.fill(asFragment(content.refusal)));
    const citations = asList(content.annotations)
      .map(readAnnotation)
      .filter((citation) => citation !== undefined);
    return this.add('text', index, (text) => [
      ...text.fill(asFragment(content.text), readLogprobs(content.logprobs)),
      ...text.citeRest(citations),
    ]);
  }
}

function isText({ type }: WireContent): boolean {
  return type === 'output_text' || type === 'refusal';
}

/** As it came: halves of surrogate pairs are mended where fragments are joined. */
function asFragment(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

type Taker = (message: OpenMessage, wire: WireEvent) => readonly StreamEvent[];

const TAKERS: ReadonlyMap<unknown, Taker> = new Map<unknown, Taker>([
  ['response.content_part.added', takePart],
  ['response.output_text.delta', takeTextDelta],
  ['response.output_text.done', takeTextDone],
  ['response.output_text.annotation.added', takeAnnotation],
  [
    'response.refusal.delta',
    (message, { content_index, delta }) => message.add('refusal', content_index, (text) => text.add(asFragment(delta))),
  ],
  [
    'response.refusal.done',
    (message, { content_index, refusal }) =>
      message.add('refusal', content_index, (text) => text.fill(asFragment(refusal))),
  ],
]);

function takePart(message: OpenMessage, { content_index, part }: WireEvent): readonly StreamEvent[] {
  const content: WireContent = asObject(part) ?? {};
  if (content.type === 'output_text') {
    return message.add('text', content_index, (text) => text.add(asFragment(content.text)));
  }
  if (content.type !== 'refusal') return NO_EVENTS; // Of an unknown type: the whole message has it.
  return message.add('refusal', content_index, (text) => text.add(asFragment(content.refusal)));
}

function takeTextDelta(message: OpenMessage, { content_index, delta, logprobs }: WireEvent): readonly StreamEvent[] {
  const tokens = Array.isArray(logprobs) ? readLogprobs(logprobs) : NO_LOGPROBS;
  return message.add('text', content_index, (text) => text.add(asFragment(delta), tokens));
}

function takeTextDone(message: OpenMessage, wire: WireEvent): readonly StreamEvent[] {
  return message.add('text', wire.content_index, (text) =>
    text.fill(asFragment(wire.text), readLogprobs(wire.logprobs)),
  );
}

function takeAnnotation(message: OpenMessage, { content_index, annotation }: WireEvent): readonly StreamEvent[] {
  const citation = readAnnotation(annotation);
  return citation === undefined ? NO_EVENTS : message.add('text', content_index, (text) => [text.cite(citation)]);
}
