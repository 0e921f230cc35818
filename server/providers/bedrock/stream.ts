/** Streams: ConverseStream's events → the contract's. A table by event; blocks are in stream-blocks.ts. */
import { GatewayError } from '../../model/errors.ts';
import type { StreamEvent, Usage } from '../../model/wire.ts';
import type { Frame, StreamDecoder, Target } from '../dialect.ts';
import { finished, NO_EVENTS } from '../shared/events.ts';
import { asObject, isJsonObject, type JsonObject } from '../shared/json.ts';
import { partialUsage } from '../shared/usage.ts';
import { readInvokedModel } from './decode.ts';
import { decodeErrorFrame } from './error.ts';
import { decodeFinish, type StopFacts } from './finish.ts';
import { type OpenBlock, openImplied, openStarted } from './stream-blocks.ts';
import { decodeUsage } from './usage.ts';
import type { WireDelta, WireEvent } from './wire.ts';

/**
 * Opens a decoder for one stream. It is whole with messageStop. Usage comes in a metadata event, after it or before: the last
 * word is said when both have come; where the stream ends without metadata, its usage is unknown.
 */
export function openConverseStream(target: Target): StreamDecoder {
  return new ConverseStream(target);
}

type EventHandler = (stream: ConverseStream, wire: WireEvent) => readonly StreamEvent[];

class ConverseStream implements StreamDecoder {
  /** What to do with each event. messageStart tells a role, which is always the assistant's. */
  static readonly #EVENTS: ReadonlyMap<string, EventHandler> = new Map<string, EventHandler>([
    ['messageStart', () => NO_EVENTS],
    ['contentBlockStart', (stream, wire) => stream.#openBlock(wire)],
    ['contentBlockDelta', (stream, wire) => stream.#takeDelta(wire)],
    ['contentBlockStop', (stream, wire) => stream.#closeBlock(wire.contentBlockIndex)],
    ['messageStop', (stream, wire) => stream.#stopMessage(wire)],
    ['metadata', (stream, wire) => stream.#noteMetadata(wire)],
  ]);

  readonly #target: Target;
  /** Open blocks by the provider's index, in the order in which they began. */
  readonly #blocks = new Map<unknown, OpenBlock>();
  #nextPart = 0;
  #stop: StopFacts | undefined;
  #metadata: WireEvent | undefined;

  constructor(target: Target) {
    this.#target = target;
  }

  get done(): boolean {
    return this.#stop !== undefined && this.#metadata !== undefined;
  }

  get finishing(): boolean {
    return this.#stop !== undefined;
  }

  get upstreamModel(): string {
    return readInvokedModel(this.#metadata?.trace);
  }

  get usage(): Usage | undefined {
    if (this.#metadata === undefined) return undefined;
    const usage = decodeUsage(asObject(this.#metadata.usage), this.#metadata.serviceTier);
    return this.done ? usage : partialUsage(usage);
  }

  push(frame: Frame): readonly StreamEvent[] {
    if (this.done) return NO_EVENTS;
    const error = decodeErrorFrame(frame);
    if (error !== undefined) throw error;
    const wire = parseEvent(frame.data);
    const handle = ConverseStream.#EVENTS.get(frame.event);
    if (handle !== undefined) return handle(this, wire);
    // What InvokeModel streams for Amazon's own models: the same events, each within an object that names it.
    const [name = '', inner] = Object.entries(wire).find(([member]) => ConverseStream.#EVENTS.has(member)) ?? [];
    return isJsonObject(inner) ? (ConverseStream.#EVENTS.get(name)?.(this, inner) ?? NO_EVENTS) : NO_EVENTS;
  }

  end(): readonly StreamEvent[] {
    if (this.#stop === undefined) {
      throw new GatewayError('UPSTREAM_TRUNCATED', "The provider's stream ended without its end (messageStop).");
    }
    return [finished(decodeFinish(this.#stop), this.usage ?? decodeUsage(undefined, undefined))];
  }

  #openBlock({ contentBlockIndex, start }: WireEvent): readonly StreamEvent[] {
    const head = asObject(start);
    if (this.finishing || head === undefined || Object.keys(head).length === 0) return NO_EVENTS; // Its deltas tell.
    const ends = this.#closeBlock(contentBlockIndex); // Only where its end is missing.
    return [...ends, ...this.#begin(contentBlockIndex, openStarted(head, this.#context()))];
  }

  #takeDelta({ contentBlockIndex, delta }: WireEvent): readonly StreamEvent[] {
    const wire: WireDelta | undefined = asObject(delta);
    if (wire === undefined) throw new GatewayError('UPSTREAM_PROTOCOL', 'A contentBlockDelta has no delta.');
    if (this.finishing) return NO_EVENTS;
    const open = this.#blocks.get(contentBlockIndex);
    if (open !== undefined && isOf(open, wire)) return open.take(wire);
    // Some models go from thinking to text under one index.
    const implied = openImplied(wire, this.#context());
    if (implied === undefined) return NO_EVENTS;
    const ends = this.#closeBlock(contentBlockIndex);
    return [...ends, ...this.#begin(contentBlockIndex, implied), ...implied.take(wire)];
  }

  #context() {
    return { partIndex: this.#nextPart, target: this.#target };
  }

  #begin(index: unknown, block: OpenBlock): readonly StreamEvent[] {
    this.#nextPart++;
    this.#blocks.set(index, block);
    return block.start();
  }

  #closeBlock(index: unknown): readonly StreamEvent[] {
    const block = this.#blocks.get(index);
    if (block === undefined) return NO_EVENTS;
    this.#blocks.delete(index);
    return block.close();
  }

  #stopMessage(wire: WireEvent): readonly StreamEvent[] {
    if (typeof wire.stopReason !== 'string') {
      throw new GatewayError('UPSTREAM_PROTOCOL', 'A messageStop has no stop reason.');
    }
    this.#stop = wire;
    const ends = [...this.#blocks.values()].flatMap((block) => block.close());
    this.#blocks.clear();
    return ends;
  }

  #noteMetadata(wire: WireEvent): readonly StreamEvent[] {
    this.#metadata = wire;
    return NO_EVENTS;
  }
}

function isOf({ takes }: OpenBlock, delta: WireDelta): boolean {
  for (const member in delta) {
    if (takes.has(member)) return true;
  }
  return false;
}

function parseEvent(data: string): JsonObject {
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
