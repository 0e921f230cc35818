/** One attempt: the deployment's host and dialect, the target, and what the request's passage needs. */

import type { Rpc } from '../model/call.ts';
import { GatewayError } from '../model/errors.ts';
import type { Dialect, Encoded, Target } from '../providers/dialect.ts';
import type { Host } from '../providers/host.ts';
import type { Invocation, InvokeDeps } from './invocation.ts';
import { bodyCapOf, type PassageDeps } from './passage.ts';
import { type PreparedRequest, prepareRequest } from './request.ts';
import { targetOf } from './target.ts';

/** An attempt before anything was sent. */
export interface Attempt<R extends Rpc = Rpc> {
  readonly call: Invocation<R>;
  readonly host: Host;
  readonly dialect: Dialect;
  readonly target: Target;
  readonly passage: PassageDeps;
}

/** Looks up what an attempt needs. @throws GatewayError INTERNAL if the configuration names what does not exist */
export function openAttempt<R extends Rpc>(deps: InvokeDeps, call: Invocation<R>): Attempt<R> {
  const { deployment } = call;
  const host = found(deps.hosts.get(deployment.provider.hostId), `host ${deployment.provider.hostId}`);
  const spoken = found(deps.dialects.get(deployment.dialectId), `dialect ${deployment.dialectId}`);
  const dialect = host.overrides === undefined ? spoken : { ...spoken, ...host.overrides };
  const passage: PassageDeps = {
    call,
    clock: deps.clock,
    dialect,
    exchange: host.place === 'network' ? deps.network : deps.inProcess,
    maxBytes: bodyCapOf(call),
  };
  return { call, host, dialect, target: targetOf(call, host), passage };
}

/** The request of an attempt. */
export function requestOf({ call, host, target }: Attempt, encoded: Encoded, stream: boolean): PreparedRequest {
  return prepareRequest(call, host, { encoded, target, stream });
}

function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new GatewayError('INTERNAL', `${what} does not exist`);
  return value;
}
