/**
 * From a stream's bytes to its events: framed, decoded, held until the commit point. Synchronous: what comes in one chunk
 * is handed on in one go, in the turn in which it came.
 */
import { GatewayError } from '../model/errors.ts';
import type { StreamEvent, StreamFinished } from '../model/wire.ts';
import type { Frame, StreamDecoder } from '../providers/dialect.ts';
import type { Framer } from './framing/framer.ts';
import { HeldEvents, type HeldLimits } from './held.ts';
import { isOutput } from './output.ts';

/**
 * Gets events; the array is the receiver's own. The first time is the commit point: everything up to the first output and
 * what came with it, which is nothing where the provider names its finish reason without any output.
 */
export type TakeEvents = (events: StreamEvent[]) => void;

/** The state of one stream. */
export class Pipeline {
  /** Whether the commit point is passed. */
  committed = false;
  /** Whole frames so far. */
  frames = 0;
  /** The last event; undefined until the provider has said its last word. */
  finished: StreamFinished | undefined;
  readonly #framer: Framer;
  readonly #decoder: StreamDecoder;
  readonly #held: HeldEvents;
  #arrived: StreamEvent[] = [];
  /** Whether the receiver knows that the commit point is passed. */
  #announced = false;

  constructor(framer: Framer, decoder: StreamDecoder, held: HeldLimits) {
    this.#framer = framer;
    this.#decoder = decoder;
    this.#held = new HeldEvents(held);
  }

  /** Size of the frame that has begun and is not whole. */
  get pendingBytes(): number {
    return this.#framer.pendingBytes;
  }

  /**
   * Takes bytes. Events that came before an error are handed on before it is thrown: where the bytes were cut must not
   * matter.
   * @throws GatewayError what framing or decoding throws, or UPSTREAM_PROTOCOL for too much before the commit point
   */
  push(chunk: Uint8Array, take: TakeEvents): void {
    try {
      this.#framer.push(chunk, this.#decode);
    } finally {
      this.#handOn(take);
    }
  }

  /** The bytes have ended. @throws GatewayError UPSTREAM_TRUNCATED if the provider had not finished */
  end(take: TakeEvents): void {
    if (this.finished !== undefined) return;
    try {
      this.#readRemainder();
      if (this.finished === undefined) this.#finish();
    } finally {
      this.#handOn(take);
    }
  }

  readonly #decode = (frame: Frame): void => {
    if (this.finished !== undefined) return;
    this.frames++;
    const decoder = this.#decoder;
    const events = decoder.push(frame);
    if (events.length > 0) {
      if (!this.committed && events.some(isOutput)) this.#commit();
      if (this.committed) this.#add(events);
      else this.#held.add(events, frame.data.length);
    }
    if (!this.committed && decoder.finishing) this.#commit();
    if (decoder.done) this.#finish();
  };

  /** What stands at the end without its line end may be whole, or cut; cut, it makes no sense to the decoder. */
  #readRemainder(): void {
    try {
      this.#framer.end(this.#decode);
    } catch (thrown) {
      if (!(thrown instanceof GatewayError) || thrown.reason !== 'UPSTREAM_PROTOCOL') throw thrown;
      throw new GatewayError('UPSTREAM_TRUNCATED', "the provider's stream ended within an event", { cause: thrown });
    }
  }

  #finish(): void {
    const events = this.#decoder.end();
    if (!this.committed) this.#commit();
    this.#add(events);
    const last = events.at(-1)?.event;
    if (last?.$case !== 'finished') throw new GatewayError('INTERNAL', 'the decoder ended a stream without finished');
    this.finished = last.value;
  }

  #commit(): void {
    this.committed = true;
    this.#add(this.#held.take());
  }

  #add(events: readonly StreamEvent[]): void {
    for (const event of events) this.#arrived.push(event);
  }

  #handOn(take: TakeEvents): void {
    if (this.#arrived.length === 0 && this.committed === this.#announced) return;
    this.#announced = this.committed;
    const events = this.#arrived;
    this.#arrived = [];
    take(events);
  }
}
