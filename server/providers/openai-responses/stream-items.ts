/** Items of a stream while they are open: each turns its events into the contract's, and ends itself. */
import { type StreamEvent, ToolInputKind } from '../../model/wire.ts';
import * as events from '../shared/events.ts';
import { NO_EVENTS } from '../shared/events.ts';
import { Fragments } from '../shared/fragments.ts';
import type { JsonObject } from '../shared/json.ts';
import type { Answer } from './answer.ts';
import { type CallHead, NO_ARGUMENTS, opaqueItem, readCallHead, readCallState } from './items.ts';
import type { ItemContext, OpenItem } from './open-item.ts';
import { OpenMessage } from './stream-message.ts';
import { OpenReasoning } from './stream-reasoning.ts';
import type { WireEvent } from './wire.ts';

/** Opens an item; one of an unknown type becomes an opaque part at its end. */
export function openItem(item: JsonObject, context: ItemContext): OpenItem {
  switch (item.type) {
    case 'message':
      return new OpenMessage(context);
    case 'reasoning':
      return new OpenReasoning(context);
    case 'function_call':
    case 'custom_tool_call':
      return new OpenCall(readCallHead(item), context);
    default:
      return openOpaque(context);
  }
}

/** The item to which an event belongs that tells it by its type; undefined if it tells too little. */
export function impliedItem(type: unknown): JsonObject | undefined {
  return IMPLIED.get(type);
}

const MESSAGE: JsonObject = { type: 'message' };
const REASONING: JsonObject = { type: 'reasoning' };

const IMPLIED: ReadonlyMap<unknown, JsonObject> = new Map([
  ['response.output_text.delta', MESSAGE],
  ['response.output_text.done', MESSAGE],
  ['response.refusal.delta', MESSAGE],
  ['response.refusal.done', MESSAGE],
  ['response.reasoning_summary_text.delta', REASONING],
  ['response.reasoning_summary_text.done', REASONING],
  ['response.reasoning_text.delta', REASONING],
  ['response.reasoning_text.done', REASONING],
]);

class OpenCall implements OpenItem {
  readonly #head: CallHead;
  readonly #answer: Answer;
  readonly #partIndex: number;
  readonly #fragments = new Fragments();
  #hasInput = false;

  constructor(head: CallHead, { answer, nextPart }: ItemContext) {
    this.#head = head;
    this.#answer = answer;
    this.#partIndex = nextPart();
  }

  start(): readonly StreamEvent[] {
    return [events.toolCallStart(this.#partIndex, this.#head)];
  }

  take(wire: WireEvent): readonly StreamEvent[] {
    switch (wire.type) {
      case 'response.function_call_arguments.delta':
      case 'response.custom_tool_call_input.delta':
        return this.#add(wire.delta);
      case 'response.function_call_arguments.done':
        return this.#fill(wire.arguments);
      case 'response.custom_tool_call_input.done':
        return this.#fill(wire.input);
      default:
        return NO_EVENTS;
    }
  }

  close(item: JsonObject): readonly StreamEvent[] {
    const isText = this.#head.kind === ToolInputKind.TEXT;
    const last = [...this.#fill(isText ? item.input : item.arguments), ...(isText ? [] : this.#fill(NO_ARGUMENTS))];
    const rest = this.#fragments.rest();
    if (rest !== '') last.push(events.toolCallDelta(this.#partIndex, rest));
    return [...last, events.toolCallEnd(this.#partIndex, readCallState(item, this.#answer))];
  }

  #add(fragment: unknown): readonly StreamEvent[] {
    if (typeof fragment !== 'string' || fragment === '') return NO_EVENTS;
    this.#hasInput = true;
    const text = this.#fragments.take(fragment);
    return text === '' ? NO_EVENTS : [events.toolCallDelta(this.#partIndex, text)];
  }

  /** Adds the whole input, where no fragment has brought it. */
  #fill(input: unknown): readonly StreamEvent[] {
    return this.#hasInput ? NO_EVENTS : this.#add(input);
  }
}

/** What happens within an item that the contract has no word for is not told: the whole item is, at its end. */
function openOpaque({ answer, nextPart }: ItemContext): OpenItem {
  return {
    start: () => NO_EVENTS,
    take: () => NO_EVENTS,
    close: (item) => [events.partAdded(nextPart(), opaqueItem(item, answer.target))],
  };
}
