/** Decodes streams. A table by event type; what happens within items is in stream-items.ts. */
import { GatewayError } from '../../model/errors.ts';
import type { FinishReason, StreamEvent, Usage } from '../../model/wire.ts';
import type { Frame, StreamDecoder, Target } from '../dialect.ts';
import { finished, NO_EVENTS } from '../shared/events.ts';
import { asList, asObject, asText, isJsonObject, type JsonObject, parseExactJson } from '../shared/json.ts';
import { partialUsage } from '../shared/usage.ts';
import { Answer } from './answer.ts';
import { decodeErrorObject, decodeFailure } from './error.ts';
import { isKnownItem } from './items.ts';
import type { OpenItem } from './open-item.ts';
import { impliedItem, openItem } from './stream-items.ts';
import { decodeUsage } from './usage.ts';
import type { WireEvent, WireResponse } from './wire.ts';

/**
 * Opens the decoder of one stream. Events count in the order in which they come: some hosts number them wrongly. Items are
 * known by output_index: some proxies give one item another id in each event.
 */
export function openStream(target: Target): StreamDecoder {
  return new ResponseStream(target);
}

interface Opened {
  /** The item as it was when it began. */
  readonly json: JsonObject;
  readonly item: OpenItem;
}

type EventHandler = (stream: ResponseStream, wire: WireEvent, data: string) => readonly StreamEvent[];

class ResponseStream implements StreamDecoder {
  /** What to do with each type of event; all others are about an item that is open. */
  static readonly #EVENTS: ReadonlyMap<unknown, EventHandler> = new Map<unknown, EventHandler>([
    ['response.created', (stream, wire) => stream.#takeHead(wire)],
    ['response.queued', (stream, wire) => stream.#takeHead(wire)],
    ['response.in_progress', (stream, wire) => stream.#takeHead(wire)],
    ['response.output_item.added', (stream, wire) => stream.#openItem(wire)],
    ['response.output_item.done', (stream, wire, data) => stream.#endItem(wire, data)],
    ['response.completed', (stream, wire, data) => stream.#finishWith('completed', wire, data)],
    ['response.incomplete', (stream, wire, data) => stream.#finishWith('incomplete', wire, data)],
    ['response.failed', (stream, wire) => stream.#fail(decodeFailure(responseOf(wire), 'UPSTREAM_STREAM_ERROR'))],
    ['response.cancelled', (stream) => stream.#fail(cancelled())],
    ['error', (stream, wire) => stream.#fail(decodeErrorObject(wire, 'UPSTREAM_STREAM_ERROR'))],
  ]);

  done = false;
  upstreamModel = '';
  readonly #answer: Answer;
  readonly #items = new Map<unknown, Opened>();
  #nextPart = 0;
  /** Places in the output of all items that have begun. */
  readonly #begun = new Set<unknown>();
  #response: WireResponse | undefined;
  #finish: FinishReason | undefined;

  constructor(target: Target) {
    this.#answer = new Answer(target);
  }

  get finishing(): boolean {
    return this.#finish !== undefined;
  }

  get usage(): Usage | undefined {
    const response = this.#response;
    if (response === undefined || !isJsonObject(response.usage)) return undefined;
    const usage = decodeUsage(response, this.#answer.toolUses);
    return this.finishing ? usage : partialUsage(usage);
  }

  push({ event, data }: Frame): readonly StreamEvent[] {
    // Whatever follows the last word, a second report of one error among it, says nothing new.
    if (this.done || data === '' || data.startsWith('[DONE]')) return NO_EVENTS;
    const wire = parseEvent(data);
    const type = wire.type ?? event;
    const handle = ResponseStream.#EVENTS.get(type);
    if (handle !== undefined) return handle(this, wire, data);
    // Relays report errors of their own as chat completions do.
    if (wire.type === undefined && wire.error != null) this.#fail(decodeErrorObject(wire, 'UPSTREAM_STREAM_ERROR'));
    return this.#find(wire)?.item.take(wire) ?? this.#takeStray(wire);
  }

  end(): readonly StreamEvent[] {
    if (this.#finish === undefined) {
      throw new GatewayError('UPSTREAM_TRUNCATED', "The provider's stream ended before its response was whole.");
    }
    return [finished(this.#finish, decodeUsage(this.#response ?? {}, this.#answer.toolUses))];
  }

  #takeHead(wire: WireEvent): readonly StreamEvent[] {
    this.#response = responseOf(wire);
    this.upstreamModel = asText(this.#response.model) || this.upstreamModel;
    return NO_EVENTS;
  }

  #openItem({ output_index, item }: WireEvent): readonly StreamEvent[] {
    const json = asObject(item);
    if (json === undefined) return NO_EVENTS;
    const ends = this.#close(output_index); // Only where its end is missing.
    return [...ends, ...this.#open(output_index, json)];
  }

  #open(index: unknown, json: JsonObject): readonly StreamEvent[] {
    this.#begun.add(index);
    const item = openItem(json, { answer: this.#answer, nextPart: this.#takePlace });
    this.#items.set(index, { json, item });
    return item.start();
  }

  readonly #takePlace = () => this.#nextPart++;

  /** An item may also come whole, without its beginning. */
  #endItem(wire: WireEvent, data: string): readonly StreamEvent[] {
    const item = asObject(wire.item);
    if (item === undefined) return NO_EVENTS;
    const json = isKnownItem(item.type) ? item : (asObject(asObject(parseExactJson(data))?.item) ?? item);
    const { output_index } = wire;
    const start = this.#items.has(output_index) ? NO_EVENTS : this.#open(output_index, json);
    return [...start, ...this.#close(output_index, json)];
  }

  /** Ends an item. What its end does not say, its beginning may have. */
  #close(index: unknown, end?: JsonObject): readonly StreamEvent[] {
    const opened = this.#items.get(index);
    if (opened === undefined) return NO_EVENTS;
    this.#items.delete(index);
    const whole = isKnownItem(opened.json.type) ? { ...opened.json, ...end } : (end ?? opened.json);
    this.#answer.note(whole);
    return opened.item.close(whole);
  }

  #find({ output_index, item_id }: WireEvent): Opened | undefined {
    const opened = this.#items.get(output_index);
    if (opened !== undefined || output_index !== undefined) return opened;
    return [...this.#items.values()].find(({ json }) => item_id !== undefined && json.id === item_id);
  }

  /** An event of an item that never began: texts begin it themselves. */
  #takeStray(wire: WireEvent): readonly StreamEvent[] {
    const { output_index: index } = wire;
    const json = impliedItem(wire.type);
    if (json === undefined || this.#begun.has(index)) return NO_EVENTS;
    const start = this.#open(index, json);
    return [...start, ...(this.#items.get(index)?.item.take(wire) ?? NO_EVENTS)];
  }

  #finishWith(status: string, wire: WireEvent, data: string): readonly StreamEvent[] {
    this.#takeHead(wire);
    const response = { ...this.#response, status: readEnd(this.#response) ?? status };
    if (response.status === 'failed') this.#fail(decodeFailure(response, 'UPSTREAM_STREAM_ERROR'));
    const output = asList(response.output);
    const ends = [...this.#items.keys()].flatMap((index) => this.#closeLate(index, output));
    const whole = this.#begun.size > 0 ? NO_EVENTS : this.#addOutput(output, data);
    this.#response = response;
    this.#finish = this.#answer.finish(response);
    this.done = true;
    return [...ends, ...whole];
  }

  /** Ends an item whose own end never came: the whole output may have it. */
  #closeLate(index: unknown, output: readonly unknown[]): readonly StreamEvent[] {
    const item = typeof index === 'number' ? asObject(output[index]) : undefined;
    const isSame = item !== undefined && item.type === this.#items.get(index)?.json.type;
    return this.#close(index, isSame ? item : undefined);
  }

  /** Adds an output that came with the last event only. */
  #addOutput(output: readonly unknown[], data: string): readonly StreamEvent[] {
    if (output.length === 0) return NO_EVENTS;
    const exact = asList(asObject(asObject(parseExactJson(data))?.response)?.output);
    return output.flatMap((item, index) => {
      const json = asObject(isKnownItem(asObject(item)?.type) ? item : exact[index]);
      return json === undefined ? NO_EVENTS : [...this.#open(index, json), ...this.#close(index, json)];
    });
  }

  #fail(error: GatewayError): never {
    this.done = true;
    throw error;
  }
}

function responseOf({ response }: WireEvent): WireResponse {
  return asObject(response) ?? {};
}

/** How a response has ended by its own word; undefined: the event says it alone. */
function readEnd({ status, error }: WireResponse = {}): string | undefined {
  if (error != null) return 'failed';
  return status === 'failed' || status === 'incomplete' || status === 'completed' ? status : undefined;
}

function cancelled(): GatewayError {
  return new GatewayError('UPSTREAM_STREAM_ERROR', 'The provider cancelled the response.');
}

function parseEvent(data: string): WireEvent {
  try {
    return asObject(JSON.parse(data)) ?? {};
  } catch {
    // The parser's own message quotes the provider's text.
    throw new GatewayError('UPSTREAM_PROTOCOL', "An event of the provider's stream is not JSON.");
  }
}
