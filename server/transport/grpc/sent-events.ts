/** Which events have really left, where the last messages of a stream may still wait in grpc-js when it is cut off. */

/** A power of two above the 16 messages that wait in grpc-js, and the few that are on their way to it. */
const KEPT = 32;

/** The last event of each of the newest messages of a stream. */
export class SentEvents {
  readonly #last = new Int32Array(KEPT);
  #messages = 0;

  /** Notes that a message is handed over whose last event has this number; -1: there has been none yet. */
  note(sequence: number): void {
    this.#last[this.#messages & (KEPT - 1)] = sequence;
    this.#messages += 1;
  }

  /** Number of the last event in the first so many messages; undefined: there is none. */
  lastOf(messages: number): number | undefined {
    const sequence = messages === 0 ? -1 : (this.#last[(messages - 1) & (KEPT - 1)] ?? -1);
    return sequence < 0 ? undefined : sequence;
  }
}
