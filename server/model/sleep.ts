/** Waiting that can be cut short. */
import type { Clock } from './clock.ts';
import { GatewayError } from './errors.ts';

/**
 * Waits for a time in milliseconds, at once over if it is not above zero. Rejects with the signal's reason, a GatewayError,
 * as soon as it is aborted. Leaves neither timer nor listener behind.
 */
export function sleep(clock: Pick<Clock, 'setTimer'>, delayMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.reject(GatewayError.from(signal.reason));
  if (delayMs <= 0) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const cancel = clock.setTimer(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, delayMs);
    function onAbort(): void {
      cancel();
      reject(GatewayError.from(signal.reason));
    }
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
