/**
 * Closes connections that flood control frames. grpc-js enforces nothing (faults.md section 6, item 17), and nghttp2 only
 * minds a peer that does not read the acknowledgements.
 */
import { constants, type ServerHttp2Session } from 'node:http2';
import type { Clock } from '../../model/clock.ts';

/** What the guard needs to know of its connection. */
export interface FrameGuardDeps {
  readonly clock: Clock;
  /** Whether streams are open. */
  readonly busy: () => boolean;
  readonly onFlood: () => void;
}

const WINDOW_MS = 1000;
/** Idle clients ping to keep the connection, at most every ten seconds (gRFC A8). */
const MAX_IDLE_FRAMES = 20;
/** Go and C++ clients measure the bandwidth with one ping a round trip while data flows: 0.2 ms within a data centre. */
const MAX_BUSY_FRAMES = 5000;

/** Counts PING and SETTINGS frames of a session, and ends it with ENHANCE_YOUR_CALM if they are too many. */
export function guardFrames(session: ServerHttp2Session, deps: FrameGuardDeps): void {
  let windowStartMs = deps.clock.nowMs();
  let frames = 0;
  const count = () => {
    const nowMs = deps.clock.nowMs();
    if (nowMs - windowStartMs >= WINDOW_MS) {
      windowStartMs = nowMs;
      frames = 0;
    }
    frames += 1;
    if (frames <= (deps.busy() ? MAX_BUSY_FRAMES : MAX_IDLE_FRAMES) || session.destroyed) return;
    deps.onFlood();
    cutSession(session);
  };
  session.on('ping', count);
  session.on('remoteSettings', count);
}

/** Ends a session at once, telling its client to calm down. */
export function cutSession(session: ServerHttp2Session): void {
  session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  session.destroy();
}
