/** The framings by name. A new one is a file beside this one and a row here. */
import { GatewayError } from '../../model/errors.ts';
import type { Framing, Host } from '../../providers/host.ts';
import { createAwsEventStreamFramer } from './aws-event-stream.ts';
import type { Framer } from './framer.ts';
import { createJsonArrayFramer } from './json-array.ts';
import { createSseFramer } from './sse.ts';

/** Limits of one stream's framing. */
export interface FramerOptions {
  /** Largest frame, in bytes. */
  readonly maxFrameBytes: number;
  /** Takes each frame out of the host's own wrapping; undefined: there is none. */
  readonly unwrap?: Host['unwrap'] | undefined;
}

const FRAMERS: Readonly<Partial<Record<Framing, (options: FramerOptions) => Framer>>> = {
  sse: createSseFramer,
  'json-array': createJsonArrayFramer,
  'aws-event-stream': createAwsEventStreamFramer,
};

/** Opens the framing of one stream. @throws GatewayError INTERNAL for one that is not served yet */
export function openFramer(framing: Framing, options: FramerOptions): Framer {
  const open = FRAMERS[framing];
  if (open === undefined) throw new GatewayError('INTERNAL', `framing ${framing} does not exist`);
  const framer = open(options);
  return options.unwrap === undefined ? framer : unwrapping(framer, options.unwrap);
}

function unwrapping(framer: Framer, unwrap: NonNullable<Host['unwrap']>): Framer {
  return {
    push: (chunk, sink) => framer.push(chunk, (frame) => sink(unwrap(frame))),
    end: (sink) => framer.end((frame) => sink(unwrap(frame))),
    get pendingBytes() {
      return framer.pendingBytes;
    },
  };
}
