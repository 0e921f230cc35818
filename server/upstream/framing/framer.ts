/** Framing: how the bytes of a provider's stream are cut into frames. One file here for each framing. */
import type { Frame } from '../../providers/dialect.ts';

/** Takes one whole frame, synchronously. */
export type FrameSink = (frame: Frame) => void;

/** The state of one stream's framing. Any cut of the same bytes gives the same frames. */
export interface Framer {
  /**
   * Takes bytes and gives every frame that they make whole. What the sink throws passes through.
   * @throws GatewayError UPSTREAM_RESPONSE_TOO_LARGE for a frame over the cap, UPSTREAM_PROTOCOL for bytes that are none.
   */
  push(chunk: Uint8Array, sink: FrameSink): void;
  /** The bytes have ended: gives what is left, if it can be a frame. */
  end(sink: FrameSink): void;
  /** Size of the frame that has begun and is not whole; 0 between frames. */
  readonly pendingBytes: number;
}
