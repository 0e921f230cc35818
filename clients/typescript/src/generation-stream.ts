/** One streamed answer: its events, its text, or its whole. */
import { StreamFold } from './fold.ts';
import type { CompleteResponse, StreamEvent, StreamResponse } from './gen/index.ts';
import { KanmonError } from './kanmon-error.ts';

/**
 * One streamed answer. The call is made when it is first read: by iterating it (the events), by `text()`, or by `final()`.
 * All three read the same stream once: an event that one of them took does not come again, but `final()` has it all.
 * Leaving an iteration early cancels the call.
 */
export class GenerationStream implements AsyncIterable<StreamEvent> {
  readonly #fold = new StreamFold();
  readonly #events: AsyncGenerator<StreamEvent, void, undefined>;
  #failure: KanmonError | undefined;

  constructor(open: () => AsyncIterable<StreamResponse>) {
    this.#events = this.#read(open);
  }

  /** The events in order. @throws KanmonError if the call fails. */
  [Symbol.asyncIterator](): AsyncGenerator<StreamEvent, void, undefined> {
    return this.#events;
  }

  /** The text of the answer, piece by piece as it comes. @throws KanmonError if the call fails. */
  async *text(): AsyncGenerator<string, void, undefined> {
    for await (const { event } of this.#events) {
      if (event?.$case === 'textDelta') yield event.value.text;
    }
  }

  /** Reads on to the end and gives the whole answer, as `complete` would. @throws KanmonError if the call fails. */
  async final(): Promise<CompleteResponse> {
    while ((await this.#events.next()).done !== true);
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#fold.finished() === undefined) {
      throw new KanmonError({
        code: 'CANCELLED',
        message: 'the stream was left before its end: nothing more was read',
      });
    }
    return this.#fold.toResponse();
  }

  /** The gateway's id of the call; empty until the first output has come. */
  get callId(): string {
    return this.#fold.started()?.callId ?? this.#failure?.callId ?? '';
  }

  async *#read(open: () => AsyncIterable<StreamResponse>): AsyncGenerator<StreamEvent, void, undefined> {
    try {
      let next = 0;
      for await (const { sequence, events } of open()) {
        if (events.length > 0 && sequence !== next) throw broken(`event ${next} was expected, ${sequence} came`);
        next += events.length;
        for (const event of events) {
          this.#fold.push(event);
          yield event;
        }
      }
      if (this.#fold.finished() === undefined) throw broken('it ended without its finished event');
    } catch (thrown) {
      this.#failure = thrown instanceof KanmonError ? thrown : broken(String(thrown), thrown);
      throw this.#failure;
    }
  }
}

/** What no gateway sends: something between it and us lost or mixed up messages. */
function broken(what: string, cause?: unknown): KanmonError {
  return new KanmonError({ code: 'DATA_LOSS', message: `the stream is broken: ${what}`, cause });
}
