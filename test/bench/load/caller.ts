/** What a caller can do, whatever wire it speaks. */
import type { Pace } from './mock-wire.ts';

/** A stream that was asked for. */
export interface OpenStream {
  /** Resolves with its first bytes. */
  readonly begun: Promise<void>;
  /** Resolves when it has ended whole; rejects if it was cut or refused. */
  readonly ended: Promise<void>;
  /** Gives it up. */
  readonly cancel: () => void;
}

/** Calls one subject. Every promise rejects on anything but a whole answer. */
export interface Caller {
  readonly complete: () => Promise<void>;
  readonly embed: () => Promise<void>;
  readonly stream: (pace: Pace) => OpenStream;
  readonly close: () => void;
}
