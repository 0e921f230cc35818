/** The end of a call, told once to everybody who asked. */
import type { Outcome, SettleListener } from './call.ts';

/** The end of one call, before and after it has come. */
export interface Settle {
  /** Registers a listener. If the call has ended already, it is called at once. */
  readonly onSettle: (listener: SettleListener) => void;
  /** Ends the call: calls every listener in the order of registration. Later calls change nothing. */
  readonly settle: (outcome: Outcome) => void;
  /** How the call ended; undefined before. */
  readonly outcome: () => Outcome | undefined;
}

/**
 * Makes the end of one call. What a listener throws, or rejects with, goes to `onListenerError` and nowhere else: one
 * listener's fault must keep neither the others nor the caller from the outcome.
 */
export function createSettle(onListenerError: (error: unknown) => void): Settle {
  let listeners: SettleListener[] = [];
  let settled: Outcome | undefined;

  function tell(listener: SettleListener, outcome: Outcome): void {
    try {
      const pending = listener(outcome);
      if (pending instanceof Promise) pending.catch(onListenerError);
    } catch (error) {
      onListenerError(error);
    }
  }

  return {
    onSettle(listener) {
      if (settled === undefined) listeners.push(listener);
      else tell(listener, settled);
    },
    settle(outcome) {
      if (settled !== undefined) return;
      settled = outcome;
      const all = listeners;
      listeners = []; // Whoever keeps the call keeps no listener and what it holds.
      for (const listener of all) tell(listener, outcome);
    },
    outcome: () => settled,
  };
}
