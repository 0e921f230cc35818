/** Work that several calls wait for. */
import type { AnyAnswer, AnyRequest, Call, CallRecord, Rpc } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import { createSettle, type Settle } from '../../model/settle.ts';

/** What a flight needs. */
export interface FlightDeps {
  readonly nowMs: () => number;
  /** Told of what settle listeners of the work throw. */
  readonly onListenerError: (error: unknown) => void;
  /** Called when nobody can join any more: the work has ended, or everybody has left. */
  readonly onClosed: (flight: Flight) => void;
}

interface Waiter {
  readonly resolve: (answer: AnyAnswer) => void;
  readonly reject: (error: unknown) => void;
  readonly stopListening: () => void;
}

/**
 * One piece of work and those who wait for it. The work has a signal, a record, a deadline and an end of its own; it is
 * cancelled when the last one leaves, who then waits for it to stop, so that its record is whole.
 */
export class Flight {
  readonly rpc: Rpc;
  readonly request: AnyRequest;
  readonly record: CallRecord;
  readonly #deps: FlightDeps;
  readonly #settle: Settle;
  readonly #controller = new AbortController();
  readonly #waiters = new Map<Call, Waiter>();
  #deadlineAtMs: number;

  constructor(leader: Call, deps: FlightDeps) {
    this.rpc = leader.rpc;
    this.request = leader.request;
    this.record = { ...leader.record, attempts: [] };
    this.#deps = deps;
    this.#settle = createSettle(deps.onListenerError);
    this.#deadlineAtMs = leader.deadlineAtMs;
  }

  /** The leader's call as the work sees it. Its deadline moves to the latest of those who wait. */
  share<C extends Call>(leader: C): C {
    const shared = {
      ...leader,
      signal: this.#controller.signal,
      record: this.record,
      onSettle: this.#settle.onSettle,
    };
    return Object.defineProperty(shared, 'deadlineAtMs', { enumerable: true, get: () => this.#deadlineAtMs });
  }

  /** Starts the work. */
  start(work: () => Promise<AnyAnswer>): void {
    work().then(
      (answer) => this.#end(undefined, ({ resolve }) => resolve(answer)),
      (thrown: unknown) => this.#end(GatewayError.from(thrown), ({ reject }) => reject(thrown)),
    );
  }

  /** Waits for the answer until the call's own signal says otherwise. */
  join(call: Call): Promise<AnyAnswer> {
    if (call.signal.aborted && this.#waiters.size > 0) return Promise.reject(GatewayError.from(call.signal.reason));
    this.#deadlineAtMs = Math.max(this.#deadlineAtMs, call.deadlineAtMs);
    return new Promise((resolve, reject) => {
      const leave = () => this.#leave(call);
      call.signal.addEventListener('abort', leave, { once: true });
      this.#waiters.set(call, {
        resolve,
        reject,
        stopListening: () => call.signal.removeEventListener('abort', leave),
      });
      if (call.signal.aborted) leave();
    });
  }

  #leave(call: Call): void {
    if (this.#waiters.size === 1) {
      this.#deps.onClosed(this);
      this.#controller.abort(call.signal.reason);
      return;
    }
    this.#waiters.get(call)?.reject(call.signal.reason);
    this.#waiters.delete(call);
  }

  #end(error: GatewayError | undefined, tell: (waiter: Waiter) => void): void {
    this.#deps.onClosed(this);
    this.#settle.settle({ error, endedAtMs: this.#deps.nowMs() });
    let joined = false; // The first in the row takes what the work took; the others had it for nothing.
    for (const [call, waiter] of this.#waiters) {
      waiter.stopListening();
      copyRecord(this.record, call.record, joined);
      joined = true;
      tell(waiter);
    }
    this.#waiters.clear();
  }
}

function copyRecord(from: CallRecord, to: CallRecord, joined: boolean): void {
  to.joined = joined;
  to.route = from.route;
  to.upstreamModel = from.upstreamModel;
  to.finishReason = from.finishReason;
  to.firstOutputAtMs = from.firstOutputAtMs;
  if (joined) return;
  to.attempts.push(...from.attempts);
  to.admittedAtMs = from.admittedAtMs;
  to.usage = from.usage;
}
