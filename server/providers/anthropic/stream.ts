/** Streams: Anthropic's events → the contract's. A table by event type; blocks are in stream-blocks.ts. */
import { GatewayError } from '../../model/errors.ts';
import type { StreamEvent, Usage } from '../../model/wire.ts';
import type { Frame, StreamDecoder, Target } from '../dialect.ts';
import { finished, NO_EVENTS, refusalDelta, refusalEnd, refusalStart } from '../shared/events.ts';
import { asList, asObject, asText, isJsonObject, type JsonObject, parseExactJson } from '../shared/json.ts';
import { partialUsage } from '../shared/usage.ts';
import { isKnownBlock } from './decode.ts';
import { decodeErrorObject } from './error.ts';
import { decodeFinish, readRefusal, type StopFacts } from './finish.ts';
import { blockOfDelta, type OpenBlock, openBlock } from './stream-blocks.ts';
import { decodeUsage, mergeCounts } from './usage.ts';
import type { WireDelta, WireEvent, WireMessage } from './wire.ts';

/**
 * Opens a decoder for one stream. The stream is whole only with message_stop: a stop reason alone may still lack usage, and
 * a connection that broke between the two cannot be told from one that broke before a later block.
 */
export function openMessageStream(target: Target): StreamDecoder {
  return new MessageStream(target);
}

type EventHandler = (stream: MessageStream, wire: WireEvent, data: string) => readonly StreamEvent[];

class MessageStream implements StreamDecoder {
  /** What to do with each type of event. */
  static readonly #EVENTS: ReadonlyMap<unknown, EventHandler> = new Map<unknown, EventHandler>([
    ['message_start', (stream, wire) => stream.#startMessage(wire.message)],
    ['content_block_start', (stream, wire, data) => stream.#openBlock(wire, data)],
    ['content_block_delta', (stream, wire) => stream.#takeDelta(wire)],
    ['content_block_stop', (stream, wire) => stream.#closeBlock(wire.index)],
    ['message_delta', (stream, wire) => stream.#changeMessage(wire)],
    ['message_stop', (stream) => stream.#stopMessage()],
    [
      'error',
      (_stream, wire) => {
        throw decodeErrorObject(wire.error);
      },
    ],
  ]);

  readonly #target: Target;
  /** Open blocks by the provider's index, in the order in which they began. */
  readonly #blocks = new Map<unknown, OpenBlock>();
  #nextPart = 0;
  #messageId: unknown;
  #started = false;
  #stop: StopFacts | undefined;
  #counts: JsonObject | undefined;
  /** Whether the counts are the final ones: message_start's are provisional. */
  #countsFinal = false;
  #done = false;
  #upstreamModel = '';

  constructor(target: Target) {
    this.#target = target;
  }

  get done(): boolean {
    return this.#done;
  }

  get finishing(): boolean {
    return this.#stop !== undefined;
  }

  get upstreamModel(): string {
    return this.#upstreamModel;
  }

  get usage(): Usage | undefined {
    if (this.#counts === undefined) return undefined;
    const usage = decodeUsage(this.#counts);
    return this.#done && this.#countsFinal ? usage : partialUsage(usage);
  }

  push({ event, data }: Frame): readonly StreamEvent[] {
    if (this.#done || data === '' || data === '[DONE]') return NO_EVENTS; // Some relays end as OpenAI does.
    const wire = parseEvent(data);
    const handle = MessageStream.#EVENTS.get(wire.type ?? event);
    return handle === undefined ? NO_EVENTS : handle(this, wire, data); // ping, and whatever a newer version sends.
  }

  end(): readonly StreamEvent[] {
    if (!this.#done || this.#stop === undefined) {
      throw new GatewayError('UPSTREAM_TRUNCATED', "The provider's stream ended without its end (message_stop).");
    }
    return [finished(decodeFinish(this.#stop), this.usage ?? decodeUsage(undefined))];
  }

  /** A second message_start of the same message is a relay's duplicate; of another, the rest comes from another model. */
  #startMessage(message: unknown): readonly StreamEvent[] {
    const wire: WireMessage = asObject(message) ?? {};
    const duplicate = this.#started && wire.id === this.#messageId;
    this.#started = true;
    this.#messageId = wire.id;
    this.#upstreamModel = asText(wire.model) || this.#upstreamModel;
    this.#counts = mergeCounts(this.#counts, wire.usage);
    if (duplicate) return NO_EVENTS;
    const ends = this.#closeAll();
    this.#stop = undefined;
    this.#noteStop(wire);
    // A message that goes on after a tool was called by code begins with blocks that are whole.
    return [
      ...ends,
      ...asList(wire.content)
        .filter(isJsonObject)
        .flatMap((block) => this.#addWhole(block)),
    ];
  }

  #addWhole(json: JsonObject): readonly StreamEvent[] {
    const block = openBlock(json, { partIndex: this.#nextPart++, target: this.#target });
    return [...block.start(), ...block.close()];
  }

  #openBlock({ index, content_block }: WireEvent, data: string): readonly StreamEvent[] {
    let json = asObject(content_block);
    if (json === undefined) throw new GatewayError('UPSTREAM_PROTOCOL', 'A content_block_start has no content_block.');
    if (!isKnownBlock(json.type)) json = readExactBlock(data) ?? json;
    const ends = this.#closeBlock(index); // Only where its end is missing.
    const block = openBlock(json, { partIndex: this.#nextPart++, target: this.#target });
    this.#blocks.set(index, block);
    return ends.length === 0 ? block.start() : [...ends, ...block.start()];
  }

  #takeDelta({ index, delta }: WireEvent): readonly StreamEvent[] {
    const wire: WireDelta | undefined = asObject(delta);
    if (wire === undefined) throw new GatewayError('UPSTREAM_PROTOCOL', 'A content_block_delta has no delta.');
    const block = this.#blocks.get(index);
    return block === undefined ? this.#takeStrayDelta(index, wire) : block.take(wire);
  }

  /** A delta whose block never began: text and thinking begin it themselves. */
  #takeStrayDelta(index: unknown, delta: WireDelta): readonly StreamEvent[] {
    const json = blockOfDelta(delta);
    if (json === undefined) return NO_EVENTS;
    const block = openBlock(json, { partIndex: this.#nextPart++, target: this.#target });
    this.#blocks.set(index, block);
    return [...block.start(), ...block.take(delta)];
  }

  #closeBlock(index: unknown): readonly StreamEvent[] {
    const block = this.#blocks.get(index);
    if (block === undefined) return NO_EVENTS;
    this.#blocks.delete(index);
    return block.close();
  }

  #closeAll(): readonly StreamEvent[] {
    const ends = [...this.#blocks.values()].flatMap((block) => block.close());
    this.#blocks.clear();
    return ends;
  }

  #changeMessage({ delta, usage }: WireEvent): readonly StreamEvent[] {
    this.#noteStop(asObject(delta) ?? {});
    this.#countsFinal ||= isJsonObject(usage);
    this.#counts = mergeCounts(this.#counts, usage);
    return NO_EVENTS;
  }

  #noteStop(facts: WireDelta | WireMessage): void {
    if (typeof facts.stop_reason === 'string') this.#stop = facts;
  }

  #stopMessage(): readonly StreamEvent[] {
    this.#done = true;
    if (this.#stop === undefined) return NO_EVENTS; // end() says what is missing.
    const ends = this.#closeAll();
    const refusal = readRefusal(this.#stop.stop_details);
    if (refusal === undefined) return ends;
    const part = this.#nextPart++;
    return [...ends, refusalStart(part), refusalDelta(part, refusal), refusalEnd(part)];
  }
}

function parseEvent(data: string): WireEvent {
  let event: unknown;
  try {
    event = JSON.parse(data);
  } catch {
    // The parser's message quotes the text, which is nobody's but the caller's.
    throw new GatewayError('UPSTREAM_PROTOCOL', 'An event of the stream is not JSON.');
  }
  if (!isJsonObject(event)) throw new GatewayError('UPSTREAM_PROTOCOL', 'An event of the stream is not a JSON object.');
  return event;
}

/** The block of a content_block_start with the digits of its numbers kept: it will be sent back as it came. */
function readExactBlock(data: string): JsonObject | undefined {
  return asObject(asObject(parseExactJson(data))?.content_block);
}
