/**
 * How the process stops (faults.md section 5): say so first, so that balancers send new calls elsewhere while everything is
 * still served; then GOAWAY; then wait for running calls; then end what is left, in time whatever sockets are still open.
 */
import type { DrainConfig } from '../config/snapshot.ts';
import type { Clock } from '../model/clock.ts';
import { GatewayError } from '../model/errors.ts';
import type { GrpcListener } from './grpc/listen.ts';

/** What takes part in a shutdown. */
export interface DrainParts {
  readonly clock: Clock;
  readonly config: DrainConfig;
  /** Health says NOT_SERVING (watchers are told), readiness says no. */
  readonly announce: () => void;
  /** Listeners of calls. Admin listeners are not among them: they answer to the end. */
  readonly listeners: readonly Pick<GrpcListener, 'goAway' | 'stopAccepting' | 'whenIdle' | 'destroy' | 'counts'>[];
  /** Ends every running call with this error; each still sends its status. */
  readonly abortCalls: (reason: GatewayError) => void;
}

/** How a shutdown went. */
export interface DrainReport {
  /** Streams that were still open at the deadline. */
  readonly abortedStreams: number;
  /** Sockets that were cut. */
  readonly cutSockets: number;
  readonly durationMs: number;
}

/** Clients whose calls crossed the GOAWAY find the listener open and are served once more. */
const LINGER_MS = 1000;
/** Time for the statuses of aborted calls to leave. */
const FLUSH_MS = 1000;

/** Stops the listeners. Resolves after announceMs + graceMs + a second at the latest; never rejects. */
export async function drain(parts: DrainParts): Promise<DrainReport> {
  const { clock, config, listeners } = parts;
  const startMs = clock.nowMs();
  parts.announce();
  await wait(clock, config.announceMs);
  for (const listener of listeners) listener.goAway();
  const grace = timer(clock, config.graceMs);
  await Promise.race([wait(clock, Math.min(LINGER_MS, config.graceMs / 2)), grace.done]);
  for (const listener of listeners) listener.stopAccepting();
  await Promise.race([allIdle(listeners), grace.done]);
  grace.cancel();
  const abortedStreams = countStreams(listeners);
  if (abortedStreams > 0) await abort(parts);
  const cutSockets = sum(listeners.map((listener) => listener.counts().sockets));
  for (const listener of listeners) listener.destroy();
  return { abortedStreams, cutSockets, durationMs: clock.nowMs() - startMs };
}

async function abort({ clock, listeners, abortCalls }: DrainParts): Promise<void> {
  abortCalls(new GatewayError('SERVER_DRAINING', 'this replica shuts down; make the call again, another one answers'));
  const flush = timer(clock, FLUSH_MS);
  await Promise.race([allIdle(listeners), flush.done]);
  flush.cancel();
}

function allIdle(listeners: DrainParts['listeners']): Promise<unknown> {
  return Promise.all(listeners.map((listener) => listener.whenIdle()));
}

function countStreams(listeners: DrainParts['listeners']): number {
  return sum(listeners.map((listener) => listener.counts().streams));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function wait(clock: Clock, delayMs: number): Promise<void> {
  return delayMs <= 0 ? Promise.resolve() : timer(clock, delayMs).done;
}

function timer(clock: Clock, delayMs: number): { readonly done: Promise<void>; readonly cancel: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { done: promise, cancel: clock.setTimer(resolve, delayMs) };
}
