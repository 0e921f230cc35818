/** Plays one script against a clock into a sink. */
import type { CancelTimer, Clock } from '../model/clock.ts';
import { GatewayError } from '../model/errors.ts';
import type { Script, ScriptChunk } from '../providers/simulator/index.ts';
import type { Flow, ResponseSink } from './exchange.ts';

/** What a player plays into, and on what. */
export interface ScriptStage {
  readonly sink: ResponseSink;
  readonly clock: Clock;
  /** Called once, when nothing more will be. */
  readonly onOver: () => void;
}

/** Text joined into one delivery at most, in UTF-16 units: about what a socket gives at once. */
const MAX_DELIVERY_LENGTH = 16_384;

const ENCODER = new TextEncoder();

/**
 * One reply being played. Pieces that are due together are delivered together; a paused player delivers nothing, and what
 * became due meanwhile comes together after `resume`, as from a socket's buffer.
 */
export class ScriptPlayer implements Flow {
  readonly #stage: ScriptStage;
  #script: Script | undefined;
  #chunks: Iterator<ScriptChunk> | undefined;
  #next: ScriptChunk | undefined;
  #startMs = 0;
  #hasHeaders = false;
  #paused = false;
  #over = false;
  #cancelTimer: CancelTimer | undefined;

  constructor(stage: ScriptStage) {
    this.#stage = stage;
  }

  /** Begins in a microtask, so that nothing is called before the caller of `send` has its flow. */
  start(write: () => Script): void {
    this.#startMs = this.#stage.clock.nowMs();
    queueMicrotask(() => this.#guard(() => this.#begin(write)));
  }

  pause(): void {
    this.#paused = true;
    this.#cancelTimer?.();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    queueMicrotask(this.#play); // Not at once: the caller may be the sink itself.
  }

  abort(): void {
    this.#finish();
  }

  /** Ends the reply as a broken connection does. */
  fail(error: GatewayError): void {
    if (this.#over) return;
    this.#finish();
    this.#stage.sink.onError(error);
  }

  #begin(write: () => Script): void {
    if (this.#over) return;
    this.#script = write();
    this.#chunks = this.#script.chunks[Symbol.iterator]();
    this.#stage.sink.onSent(true); // There is no connection to open.
    this.#advance();
  }

  /** Bound once, for the timers. */
  readonly #play = (): void => this.#guard(() => this.#advance());

  #advance(): void {
    const script = this.#script;
    if (script === undefined || this.#isStopped()) return;
    this.#cancelTimer?.();
    const elapsedMs = this.#stage.clock.nowMs() - this.#startMs;
    if (!this.#hasHeaders) {
      if (script.headersAtMs > elapsedMs) {
        this.#wait(script.headersAtMs - elapsedMs);
        return;
      }
      this.#hasHeaders = true;
      this.#stage.sink.onHeaders(script.status, script.headers);
    }
    this.#deliver(elapsedMs, script.ending);
  }

  #deliver(elapsedMs: number, ending: Script['ending']): void {
    while (!this.#isStopped()) {
      const text = this.#takeDue(elapsedMs);
      if (text !== '') {
        this.#stage.sink.onData(ENCODER.encode(text));
      } else if (this.#next !== undefined) {
        this.#wait(this.#next.atMs - elapsedMs);
        return;
      } else if (ending === 'reset') {
        this.fail(new GatewayError('UPSTREAM_RESET', 'the simulated connection was reset'));
      } else {
        this.#finish();
        this.#stage.sink.onEnd();
      }
    }
  }

  /** What is due, joined, up to the length of a delivery; empty: nothing is. */
  #takeDue(elapsedMs: number): string {
    let text = '';
    while (text.length < MAX_DELIVERY_LENGTH) {
      this.#next ??= this.#pull();
      if (this.#next === undefined || this.#next.atMs > elapsedMs) break;
      text += this.#next.text;
      this.#next = undefined;
    }
    return text;
  }

  #pull(): ScriptChunk | undefined {
    const pulled = this.#chunks?.next();
    return pulled === undefined || pulled.done === true ? undefined : pulled.value;
  }

  #wait(delayMs: number): void {
    if (delayMs === Number.POSITIVE_INFINITY) return; // A stall without an end: the caller's own time limits end it.
    this.#cancelTimer = this.#stage.clock.setTimer(this.#play, delayMs);
  }

  #isStopped(): boolean {
    return this.#paused || this.#over;
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#cancelTimer?.();
    this.#stage.onOver();
  }

  /** A fault of the simulator or of the sink fails this call, not the process. */
  #guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.fail(GatewayError.from(error));
    }
  }
}
