/** Streams: Cohere's events → the contract's. A table by event type; open parts are in stream-parts.ts. */
import { GatewayError } from '../../model/errors.ts';
import type { StreamEvent, Usage } from '../../model/wire.ts';
import type { Frame, StreamDecoder, Target } from '../dialect.ts';
import { citationAdded, finished, NO_EVENTS, partAdded } from '../shared/events.ts';
import { asObject, asText, isJsonObject, type JsonObject } from '../shared/json.ts';
import { makeOpaquePart } from '../shared/opaque-state.ts';
import { decodeCitation } from './citations.ts';
import { readToolCall } from './decode.ts';
import { decodeErrorValue, isErrorValue } from './error.ts';
import { decodeFinish, throwFailure } from './finish.ts';
import { readLogprobs } from './logprobs.ts';
import { addText, endText, OpenCall, type OpenText, openText, startText } from './stream-parts.ts';
import { decodeUsage } from './usage.ts';
import type { WireCitation, WireContent, WireDelta, WireEvent, WireMessage } from './wire.ts';

/**
 * Opens a decoder for one stream. The stream is whole with message-end, which has finish reason and usage. Texts stay open
 * until then: citations of them may come after their content-end.
 */
export function openStream(target: Target): StreamDecoder {
  return new ChatStream(target);
}

type EventHandler = (stream: ChatStream, wire: WireEvent) => readonly StreamEvent[];

class ChatStream implements StreamDecoder {
  /** What to do with each type of event. */
  static readonly #EVENTS: ReadonlyMap<unknown, EventHandler> = new Map<unknown, EventHandler>([
    ['content-start', (stream, wire) => stream.#startContent(wire)],
    ['content-delta', (stream, wire) => stream.#addContent(wire)],
    ['content-end', (stream, wire) => stream.#endContent(wire.index)],
    ['tool-plan-delta', (stream, wire) => stream.#addPlan(messageOf(wire).tool_plan)],
    ['tool-call-start', (stream, wire) => stream.#startCall(wire)],
    ['tool-call-delta', (stream, wire) => stream.#addToCall(wire)],
    ['tool-call-end', (stream, wire) => stream.#endCall(wire.index)],
    ['citation-start', (stream, wire) => stream.#cite(messageOf(wire).citations)],
    ['message-end', (stream, wire) => stream.#endMessage(asObject(wire.delta) ?? {})],
  ]);

  readonly upstreamModel = ''; // Cohere names no model.
  readonly #target: Target;
  #nextPart = 0;
  /** Texts by Cohere's index, all open to the end, and thoughts until their own. */
  readonly #contents = new Map<unknown, OpenText>();
  #plan: OpenText | undefined;
  readonly #calls = new Map<unknown, OpenCall>();
  #finish: string | undefined;
  #counts: JsonObject | undefined;

  constructor(target: Target) {
    this.#target = target;
  }

  get done(): boolean {
    return this.#finish !== undefined;
  }

  get finishing(): boolean {
    return this.#finish !== undefined;
  }

  get usage(): Usage | undefined {
    return this.#counts === undefined ? undefined : decodeUsage(this.#counts);
  }

  push({ event, data }: Frame): readonly StreamEvent[] {
    if (this.done || data === '' || data === '[DONE]') return NO_EVENTS;
    const wire = parseEvent(data);
    if (event === 'error' || isErrorValue(wire)) throw decodeErrorValue(wire, 'UPSTREAM_STREAM_ERROR');
    const handle = ChatStream.#EVENTS.get(wire.type ?? event);
    // message-start and citation-end tell nothing; whatever a newer version sends is passed over.
    return handle === undefined ? NO_EVENTS : handle(this, wire);
  }

  end(): readonly StreamEvent[] {
    if (this.#finish === undefined) {
      throw new GatewayError('UPSTREAM_TRUNCATED', "The provider's stream ended without its end (message-end).");
    }
    return [finished(decodeFinish(this.#finish), decodeUsage(this.#counts))];
  }

  #startContent(wire: WireEvent): readonly StreamEvent[] {
    const content = contentOf(wire);
    const ends = this.#endContent(wire.index, true); // Only where its end is missing.
    if (content.type === 'text' || content.type === 'thinking') {
      const kind = content.type === 'text' ? 'text' : 'reasoning';
      return [...ends, ...this.#openContent(wire.index, kind), ...this.#addContent(wire)];
    }
    const part = makeOpaquePart(this.#target, asText(content.type) ?? '', JSON.stringify(content));
    return [...ends, partAdded(this.#nextPart++, part)];
  }

  #openContent(index: unknown, kind: OpenText['kind']): readonly StreamEvent[] {
    const open = openText(kind, this.#nextPart++);
    this.#contents.set(index, open);
    return [startText(open)];
  }

  /** A delta whose content never began begins it. */
  #addContent({ index, delta, logprobs }: WireEvent): readonly StreamEvent[] {
    const { text, thinking } = contentOf({ delta });
    const fragment = typeof text === 'string' ? text : thinking;
    if (typeof fragment !== 'string') return NO_EVENTS;
    const known = this.#contents.get(index);
    const starts = known === undefined ? this.#openContent(index, fragment === text ? 'text' : 'reasoning') : NO_EVENTS;
    const open = this.#contents.get(index);
    if (open === undefined) return NO_EVENTS;
    const deltas = addText(open, fragment, logprobs == null ? undefined : readLogprobs(logprobs));
    return starts.length === 0 ? deltas : [...starts, ...deltas];
  }

  #endContent(index: unknown, isReplaced = false): readonly StreamEvent[] {
    const open = this.#contents.get(index);
    if (open === undefined || (open.kind === 'text' && !isReplaced)) return NO_EVENTS;
    this.#contents.delete(index);
    return endText(open);
  }

  #addPlan(fragment: unknown): readonly StreamEvent[] {
    if (typeof fragment !== 'string' || fragment === '') return NO_EVENTS;
    if (this.#plan !== undefined) return addText(this.#plan, fragment);
    this.#plan = openText('reasoning', this.#nextPart++);
    return [startText(this.#plan), ...addText(this.#plan, fragment)];
  }

  #endPlan(): readonly StreamEvent[] {
    const plan = this.#plan;
    if (plan === undefined) return NO_EVENTS;
    this.#plan = undefined;
    return endText(plan);
  }

  #startCall(wire: WireEvent): readonly StreamEvent[] {
    const fragment = readToolCall(asObject(messageOf(wire).tool_calls) ?? {});
    if (fragment.id === '' || fragment.name === '') {
      throw new GatewayError('UPSTREAM_PROTOCOL', 'A tool call has no id or no name.');
    }
    const ends = [...this.#endPlan(), ...this.#endCall(wire.index)];
    const call = new OpenCall(this.#nextPart++);
    this.#calls.set(wire.index, call);
    return [...ends, ...call.start(fragment)];
  }

  #addToCall(wire: WireEvent): readonly StreamEvent[] {
    const { input } = readToolCall(asObject(messageOf(wire).tool_calls) ?? {});
    return this.#calls.get(wire.index)?.add(input) ?? NO_EVENTS;
  }

  #endCall(index: unknown): readonly StreamEvent[] {
    const call = this.#calls.get(index);
    this.#calls.delete(index);
    return call?.end() ?? NO_EVENTS;
  }

  /** A citation of a text: of the one that it names, else of the last one. */
  #cite(value: unknown): readonly StreamEvent[] {
    const wire: WireCitation = asObject(value) ?? {};
    const texts = [...this.#contents.entries()].filter(([, { kind }]) => kind === 'text');
    const [, open] = texts.find(([index]) => index === wire.content_index) ?? texts.at(-1) ?? [];
    return open === undefined ? NO_EVENTS : decodeCitation(value).map((one) => citationAdded(open.partIndex, one));
  }

  #endMessage({ finish_reason, usage, error }: WireDelta): readonly StreamEvent[] {
    this.#counts = asObject(usage);
    throwFailure(finish_reason, error, 'UPSTREAM_STREAM_ERROR');
    if (typeof finish_reason !== 'string') return NO_EVENTS; // end() says what is missing.
    this.#finish = finish_reason;
    const contents = [...this.#contents.values()].flatMap(endText);
    return [...contents, ...this.#endPlan(), ...[...this.#calls.values()].flatMap((call) => call.end())];
  }
}

function messageOf({ delta }: WireEvent): WireMessage {
  return asObject(asObject(delta)?.message) ?? {};
}

function contentOf(wire: WireEvent): WireContent {
  return asObject(messageOf(wire).content) ?? {};
}

function parseEvent(data: string): JsonObject {
  let event: unknown;
  try {
    event = JSON.parse(data);
  } catch {
    // The parser's message quotes the text, which is nobody's but the caller's.
    throw new GatewayError('UPSTREAM_PROTOCOL', "An event of the provider's stream is not JSON.");
  }
  return isJsonObject(event) ? event : {};
}
