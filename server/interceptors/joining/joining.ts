/**
 * Calls in flight with the same request id share one answer: a client that loses its patience or its connection and tries
 * again pays once. Only while the first call runs, only on this replica, only for unary calls.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Entered } from '../../config/snapshot.ts';
import type { AnyRequest, Call, Rpc } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import type { GatewayOptions } from '../../model/wire.ts';
import { extend, type Identified, type Interceptor, type Joinable, type Permitted } from '../chain.ts';
import { Flight, type FlightDeps } from './flight.ts';

/** What joining needs. */
export type JoiningDeps = Omit<FlightDeps, 'onClosed'>;

/** RPCs with one answer that several callers can have. ListModels costs nothing and ends further out. */
const UNARY: ReadonlySet<Rpc> = new Set<Rpc>(['complete', 'embed', 'countTokens']);

/**
 * Lets a call join the one in flight with the same request id of the same client. The work runs apart from the calls that
 * wait for it. Its record goes to the first that is still there when it ends; the others are marked as joined, so that
 * what it took is counted once.
 * @throws GatewayError REQUEST_ID_REUSED if the call in flight has another body.
 */
export function joining(deps: JoiningDeps): Interceptor<Joinable, Entered & Identified & Permitted> {
  const flights = new Map<string, Flight>();
  return (next) => (call) => {
    const { requestId } = call.options;
    if (requestId === '' || !UNARY.has(call.rpc)) return next(extend(call, { flightKey: undefined }));
    const flightKey = `${call.client.name}\n${requestId}`;
    const running = flights.get(flightKey);
    if (running !== undefined && !isSameCall(running, call)) return Promise.reject(reused(requestId));
    const flight = running ?? new Flight(call, { ...deps, onClosed: (closed) => drop(flights, flightKey, closed) });
    if (running === undefined) flights.set(flightKey, flight);
    const answer = flight.join(call);
    if (running === undefined) flight.start(() => next(extend(flight.share(call), { flightKey })));
    return answer;
  };
}

/** A newer flight may have taken the place of one that everybody left and that is still stopping. */
function drop(flights: Map<string, Flight>, flightKey: string, closed: Flight): void {
  if (flights.get(flightKey) === closed) flights.delete(flightKey);
}

/**
 * Whether two calls ask for the same. Compared as messages, not as bytes: maps have no order on the wire. Only when a
 * request id meets itself, so the usual call pays nothing for it.
 */
function isSameCall(flight: Flight, call: Call): boolean {
  return flight.rpc === call.rpc && isDeepStrictEqual(essence(flight.request), essence(call.request));
}

/** A request without the options that say how a reply is told, not what it is: a retry may change those. */
function essence(request: AnyRequest): unknown {
  if (!('options' in request) || request.options === undefined) return request;
  return { ...request, options: { ...request.options, ...TOLD_ONLY } };
}

const TOLD_ONLY: Partial<GatewayOptions> = {
  receipt: 'RECEIPT_LEVEL_UNSPECIFIED',
  maxDeltaInterval: undefined,
  heartbeatInterval: undefined,
};

function reused(requestId: string): GatewayError {
  return new GatewayError(
    'REQUEST_ID_REUSED',
    `the request id ${requestId} is in flight with another body; make a new one for every call and keep it only over retries of that call`,
    { metadata: { requestId } },
  );
}
