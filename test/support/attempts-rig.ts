/** Attempts with a scripted provider. */
import assert from 'node:assert/strict';
import type { RetryConfig } from '../../server/config/snapshot.ts';
import { attempts } from '../../server/interceptors/attempts/attempts.ts';
import { type Attempted, extend } from '../../server/interceptors/chain.ts';
import type { Call, MessageAnswer } from '../../server/model/call.ts';
import { GatewayError, type GatewayErrorDetails } from '../../server/model/errors.ts';
import type { Reason } from '../../server/model/reasons.ts';
import type { Deployment } from '../../server/model/target.ts';
import { type CallOptions, makeCall, makeDeployment, makeModel, messageFrom, planned } from './calls.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';

/** What a provider does when it is asked for the nth time. */
export type Behaviour = (call: Call & Attempted, nth: number) => Promise<unknown>;

/** Attempts on a clock, with a provider that does as it is told. */
export interface Rig {
  readonly clock: FakeClock;
  /** Deployments in the order in which they were asked, with the time. */
  readonly asked: { readonly id: string; readonly atMs: number }[];
  readonly run: (behaviour: Behaviour, changes?: RunChanges) => Running;
}

/** What a test may change of a run. */
export interface RunChanges extends CallOptions<'complete'> {
  readonly deployments?: readonly Deployment[];
  readonly retry?: Partial<RetryConfig>;
}

/** A call under way. */
export interface Running {
  readonly result: Promise<MessageAnswer>;
  readonly test: ReturnType<typeof makeCall<'complete'>>;
}

/** Two deployments of two providers. */
export const A = makeDeployment('a');
export const B = makeDeployment('b');

/** Attempts with a memory of their own; `behaviour` stands for the provider. */
export function makeRig(random = () => 0.5): Rig {
  const clock = createFakeClock();
  const interceptor = attempts({ clock, random });
  const asked: { id: string; atMs: number }[] = [];
  return {
    clock,
    asked,
    run(behaviour, { deployments = [A], retry = {}, ...changes } = {}) {
      const test = makeCall('complete', { clock, ...changes });
      const handler = interceptor((call) => {
        asked.push({ id: call.deployment.id, atMs: clock.nowMs() });
        return behaviour(call, asked.length) as never; // The test's answers fit the call's RPC.
      });
      const result = handler<'complete'>(extend(test.call, planned(makeModel(deployments, retry))));
      result.catch(() => undefined); // Looked at later.
      return { result, test };
    },
  };
}

/** Fails as a provider does. */
export function fail(reason: Reason, details: GatewayErrorDetails = {}): Promise<never> {
  return Promise.reject(new GatewayError(reason, `scripted ${reason}`, details));
}

/** Fails as the list says, one after the other, then answers. */
export function script(...reasons: readonly (Reason | GatewayError)[]): Behaviour {
  return (call, nth) => {
    const reason = reasons[nth - 1];
    if (reason === undefined) return Promise.resolve(messageFrom(call));
    return reason instanceof GatewayError ? Promise.reject(reason) : fail(reason);
  };
}

/** The error of a call that must fail. */
export const rejected = (result: Promise<unknown>) =>
  result.then(
    () => assert.fail('it answered'),
    (error: unknown) => {
      assert.ok(error instanceof GatewayError);
      return error;
    },
  );
