/** What a stream holds back before the commit point, so that a retry can throw it away unseen. */
import { GatewayError } from '../model/errors.ts';
import type { StreamEvent } from '../model/wire.ts';

/** Most that is held. */
export interface HeldLimits {
  readonly heldBytes: number;
  readonly heldFrames: number;
}

/** Events without output, in order. */
export class HeldEvents {
  readonly #limits: HeldLimits;
  readonly #events: StreamEvent[] = [];
  #bytes = 0;
  #frames = 0;

  constructor(limits: HeldLimits) {
    this.#limits = limits;
  }

  /** Holds the events of one frame. @throws GatewayError UPSTREAM_PROTOCOL if that is too much for no output at all. */
  add(events: readonly StreamEvent[], frameBytes: number): void {
    this.#events.push(...events);
    this.#bytes += frameBytes;
    this.#frames++;
    if (this.#bytes <= this.#limits.heldBytes && this.#frames <= this.#limits.heldFrames) return;
    throw new GatewayError('UPSTREAM_PROTOCOL', 'the provider sends a stream without any output', {
      metadata: { heldBytes: String(this.#bytes), heldFrames: String(this.#frames) },
    });
  }

  /** Everything held, once. */
  take(): readonly StreamEvent[] {
    return this.#events.splice(0);
  }
}
