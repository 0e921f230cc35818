/** A streamed reply: its phases and their limits, and what may come in a stream's place. */
import type { Clock } from '../model/clock.ts';
import { GatewayError } from '../model/errors.ts';
import type { AttemptTimeouts } from '../model/target.ts';
import type { StreamEvent, StreamFinished, Usage } from '../model/wire.ts';
import type { Decoded, StreamDecoder } from '../providers/dialect.ts';
import type { Framing } from '../providers/host.ts';
import { finished as finishedEvent } from '../providers/shared/events.ts';
import { readingError } from './attribution.ts';
import { Body } from './body.ts';
import type { Framer } from './framing/framer.ts';
import type { HeldLimits } from './held.ts';
import type { Passage, ReplyReader } from './passage.ts';
import { Pipeline } from './pipeline.ts';
import { formOf, notAStream, type ReplyForm } from './reply-form.ts';
import { TrickleGuard } from './trickle.ts';
import { unfold } from './unfold.ts';

/** Who gets the events. Of `end` and `fail`, one is called, once, last. */
export interface StreamConsumer {
  /** Events that came as so many bytes; the array is the consumer's own. The first call is the commit point. */
  readonly take: (events: StreamEvent[], bytes: number) => void;
  /** The stream is whole. */
  readonly end: (finished: StreamFinished) => void;
  /** The stream broke: before anything was taken, or in its midst. */
  readonly fail: (error: GatewayError) => void;
}

/** What reading a stream needs. */
export interface StreamReaderDeps {
  readonly passage: Passage;
  readonly clock: Clock;
  readonly framing: Framing;
  readonly framer: Framer;
  readonly decoder: StreamDecoder;
  /** Decodes a whole reply that came instead. @throws GatewayError the error that it is */
  readonly decodeWhole: (text: string, contentType: string) => Decoded;
  readonly timeouts: AttemptTimeouts;
  readonly held: HeldLimits;
  /** How long one event may come too slowly, in milliseconds. */
  readonly slowProviderMs: number;
  /** Whether the caller sees the events as they come: then a break in the midst has another name. */
  readonly delivers: boolean;
  readonly consumer: StreamConsumer;
}

/** Reads one stream. */
export class StreamReader implements ReplyReader {
  readonly #deps: StreamReaderDeps;
  readonly #pipeline: Pipeline;
  readonly #trickle: TrickleGuard;
  #form: ReplyForm = 'unknown';
  #contentType = '';
  #chunkBytes = 0;
  #outputSeen = false;
  #whole: Decoded | undefined;
  readonly #wholeBody = new Body();
  #ended = false;

  constructor(deps: StreamReaderDeps) {
    this.#deps = deps;
    this.#pipeline = new Pipeline(deps.framer, deps.decoder, deps.held);
    this.#trickle = new TrickleGuard(deps.clock, deps.slowProviderMs);
    const { firstTokenMs } = deps.timeouts;
    deps.passage.watchdog.arm(firstTokenMs, () => {
      deps.passage.fail(new GatewayError('UPSTREAM_TIMEOUT', `the provider sent no output within ${firstTokenMs} ms`));
    });
  }

  /** Model as the provider has named it; empty if it has not. */
  get upstreamModel(): string {
    return this.#whole?.upstreamModel ?? this.#deps.decoder.upstreamModel;
  }

  get usage(): Usage | undefined {
    return this.#whole?.usage ?? this.#deps.decoder.usage;
  }

  /** Stops the provider. While it is stopped, silence is not its fault. */
  readonly pause = (): void => {
    if (this.#ended) return;
    this.#deps.passage.watchdog.stop();
    this.#deps.passage.pause();
  };

  /** Lets it go on. */
  readonly resume = (): void => {
    if (!this.#ended) this.#expectMore();
    this.#deps.passage.resume();
  };

  onHead(_status: number, headers: ReadonlyMap<string, string>): void {
    this.#contentType = headers.get('content-type') ?? '';
    if (this.#deps.framing !== 'sse') this.#form = 'frames';
  }

  onData(chunk: Uint8Array): void {
    if (this.#form === 'unknown') this.#form = formOf(chunk, this.#contentType);
    if (this.#form === 'frames') this.#readFrames(chunk);
    else if (this.#form === 'json') this.#wholeBody.add(chunk);
  }

  onEnd(): void {
    if (this.#form === 'json') {
      this.#readWhole();
      return;
    }
    if (this.#pipeline.frames === 0 && this.#deps.framer.pendingBytes === 0 && this.#form === 'frames') {
      const wrong = notAStream(this.#contentType);
      if (wrong !== undefined) throw wrong;
    }
    this.#chunkBytes = 0;
    this.#naming(() => this.#pipeline.end(this.#take));
    this.#succeed();
  }

  broken(error: GatewayError): GatewayError {
    if (!this.#isDelivered() || error.reason !== 'UPSTREAM_RESET') return error;
    return new GatewayError('UPSTREAM_STREAM_RESET', error.message, error.details);
  }

  aborted(error: GatewayError): GatewayError {
    return error;
  }

  onFailure(error: GatewayError): void {
    this.#ended = true;
    this.#deps.consumer.fail(error);
  }

  #readFrames(chunk: Uint8Array): void {
    const pipeline = this.#pipeline;
    const framesBefore = pipeline.frames;
    this.#chunkBytes = chunk.length;
    this.#naming(() => pipeline.push(chunk, this.#take));
    if (pipeline.finished !== undefined) this.#succeed();
    else if (pipeline.pendingBytes === 0 || pipeline.frames !== framesBefore) this.#trickle.reset();
    else this.#trickle.add(chunk.length);
  }

  readonly #take = (events: StreamEvent[]): void => {
    if (this.#outputSeen) this.#deps.passage.watchdog.touch();
    else {
      this.#outputSeen = true;
      this.#expectMore();
    }
    this.#deps.consumer.take(events, this.#chunkBytes);
  };

  #expectMore(): void {
    const { passage, timeouts } = this.#deps;
    passage.watchdog.arm(timeouts.idleMs, () => {
      passage.fail(
        new GatewayError(
          this.#isDelivered() ? 'UPSTREAM_STREAM_STALLED' : 'UPSTREAM_STALLED',
          `the provider sent no further output within ${timeouts.idleMs} ms`,
        ),
      );
    });
  }

  /** An error that the provider reports after output is one of the stream: what it says of retries comes too late. */
  #naming(read: () => void): void {
    try {
      read();
    } catch (thrown) {
      const error = readingError(thrown);
      const isReported = error.details.upstream !== undefined && error.reason !== 'UPSTREAM_CONTENT_FILTERED';
      if (!isReported || !this.#isDelivered()) throw error;
      throw new GatewayError('UPSTREAM_STREAM_ERROR', error.message, {
        ...error.details,
        cause: error,
        metadata: { ...error.details.metadata, reportedReason: error.reason },
      });
    }
  }

  #isDelivered(): boolean {
    return this.#deps.delivers && this.#pipeline.committed;
  }

  #readWhole(): void {
    const text = this.#wholeBody.text();
    this.#whole = this.#deps.decodeWhole(text, this.#contentType);
    const { message, finishReason, usage } = this.#whole;
    this.#deps.consumer.take([...unfold(message), finishedEvent(finishReason, usage)], this.#wholeBody.bytes);
    this.#succeed();
  }

  #succeed(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#deps.passage.succeed();
    const { finished } = this.#pipeline;
    const whole = this.#whole;
    if (finished !== undefined) this.#deps.consumer.end(finished);
    else if (whole !== undefined) this.#deps.consumer.end(asFinished(whole));
  }
}

function asFinished({ finishReason, usage }: Decoded): StreamFinished {
  return { finishReason, usage, cost: undefined, cacheStatus: undefined, adaptations: [], receipt: undefined };
}
