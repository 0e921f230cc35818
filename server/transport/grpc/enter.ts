/**
 * The door: what arrives becomes a Call, or an error that names everything that is wrong with it. Deadline and snapshot are
 * bound to the call here, once.
 */
import { randomUUIDv7 } from 'node:crypto';
import type { Entered, Snapshot } from '../../config/snapshot.ts';
import type { Call, CallRecord, Outcome, Peer, Rpc, RpcTypes } from '../../model/call.ts';
import type { Clock } from '../../model/clock.ts';
import { GatewayError } from '../../model/errors.ts';
import { createSettle } from '../../model/settle.ts';
import { type GatewayOptions, GatewayOptions as GatewayOptionsMessage } from '../../model/wire.ts';
import type { Received } from './codec.ts';
import { checkRequest } from './validate/request.ts';

/** A request as gRPC hands it over. */
export interface Arrival<R extends Rpc> {
  readonly rpc: R;
  readonly received: Received<RpcTypes[R]['request']>;
  readonly peer: Peer;
  readonly metadata: ReadonlyMap<string, string>;
  /** Monotonic time of the caller's deadline, in milliseconds; undefined: it has none. */
  readonly deadlineAtMs: number | undefined;
}

/** A call that has come in and not ended. */
export interface OpenCall<R extends Rpc = Rpc> {
  readonly call: Call<R> & Entered;
  /** Ends the call for everybody: cancels what it does, with the error as the signal's reason. */
  readonly abort: (error: GatewayError) => void;
  /** Ends the call's record. Called once; later calls change nothing. */
  readonly settle: (outcome: Outcome) => void;
}

/** What entering needs. */
export interface EnterDeps {
  readonly clock: Clock;
  readonly snapshot: () => Snapshot;
  /** Told of what settle listeners throw. */
  readonly onListenerError: (error: unknown) => void;
}

const NO_OPTIONS: GatewayOptions = Object.freeze(GatewayOptionsMessage.fromPartial({}));

/** Makes the call. It is not checked yet, so that a bad one has an id and a log line too. */
export function openCall<R extends Rpc>(arrival: Arrival<R>, deps: EnterDeps): OpenCall<R> {
  const snapshot = deps.snapshot();
  const receivedAtMs = deps.clock.nowMs();
  const controller = new AbortController();
  const { onSettle, settle } = createSettle(deps.onListenerError);
  const call: Call<R> & Entered = {
    id: randomUUIDv7(),
    rpc: arrival.rpc,
    request: arrival.received.message,
    options: optionsOf(arrival.received.message),
    peer: arrival.peer,
    metadata: arrival.metadata,
    receivedAtWallMs: deps.clock.wallMs(),
    receivedAtMs,
    deadlineAtMs: arrival.deadlineAtMs ?? receivedAtMs + snapshot.times.defaultDeadlineMs,
    signal: controller.signal,
    record: emptyRecord(),
    onSettle,
    snapshot,
  };
  return { call, abort: (error) => controller.abort(error), settle };
}

/**
 * Checks the call against the contract.
 * @throws GatewayError METADATA_TOO_LARGE, UNKNOWN_FIELD, INVALID_REQUEST, SCHEMA_TOO_COMPLEX, FIELD_NOT_SERVED, or
 * DEADLINE_EXCEEDED if the deadline is too near to begin.
 */
export function checkCall<R extends Rpc>(arrival: Arrival<R>, { call }: OpenCall<R>): void {
  checkMetadata(arrival.metadata, call.snapshot.sizes.metadataBytes);
  checkRequest(arrival.rpc, arrival.received);
  const leftMs = call.deadlineAtMs - call.receivedAtMs;
  if (leftMs >= call.snapshot.times.minDeadlineMs) return;
  throw new GatewayError(
    'DEADLINE_EXCEEDED',
    `the deadline is ${Math.max(0, Math.round(leftMs))} ms away, which is less than any call takes; give it more time`,
  );
}

function checkMetadata(metadata: ReadonlyMap<string, string>, maxBytes: number): void {
  let bytes = 0;
  for (const [key, value] of metadata) bytes += key.length + value.length + 32; // HTTP/2 counts 32 a pair (RFC 9113, 6.5.2).
  if (bytes <= maxBytes) return;
  throw new GatewayError('METADATA_TOO_LARGE', `the metadata has ${bytes} bytes; at most ${maxBytes} are taken`);
}

function optionsOf(request: RpcTypes[Rpc]['request']): GatewayOptions {
  return ('options' in request ? request.options : undefined) ?? NO_OPTIONS;
}

function emptyRecord(): CallRecord {
  return {
    client: '',
    team: '',
    model: '',
    attempts: [],
    route: [],
    admittedAtMs: undefined,
    firstOutputAtMs: undefined,
    outputDelivered: false,
    lastSequence: undefined,
    usage: undefined,
    cost: undefined,
    finishReason: undefined,
    upstreamModel: '',
    joined: false,
    traceId: '',
  };
}
