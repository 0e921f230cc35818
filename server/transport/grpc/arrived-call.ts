/** A call between grpc-js and nice-grpc: refused before it begins, or told who its caller is and handed on. */
import { constants, type ServerHttp2Stream } from 'node:http2';
import { type Metadata, ServerInterceptingCall, type ServerInterceptingCallInterface } from '@grpc/grpc-js';
import type { GatewayError } from '../../model/errors.ts';
import { attachCallInfo, type CallInfo, type CallOutlet } from './call-info.ts';
import type { Connection } from './connections.ts';
import { type RefusalStatus, refusalStatus } from './refusal.ts';

/** A request when its headers have come. */
export interface Arrival extends CallInfo {
  readonly stream: ServerHttp2Stream;
  readonly connection: Connection | undefined;
  readonly metadataTooLarge: boolean;
  outlet: CallOutlet | undefined;
}

type Listener = Parameters<ServerInterceptingCallInterface['start']>[0];
type CallStatus = Parameters<ServerInterceptingCallInterface['sendStatus']>[0];

const MAX_STATUS_CHARS = 1024;

/** What the interceptor puts around a call. It hands everything on directly: the base class makes closures for each message. */
export class ArrivedCall extends ServerInterceptingCall implements Listener, CallOutlet {
  readonly arrival: Arrival;
  heldBytes = 0;
  /** Bytes of the decoded message, where its codec tells. */
  messageBytes: number | undefined;
  /** Whether the request is whole; a stream of requests is from the start. */
  complete: boolean;
  refused = false;
  sentMessages = 0;
  onComplete: (() => void) | undefined;
  readonly #next: ServerInterceptingCallInterface;
  #listener: Listener | undefined;
  #hasMessage = false;
  #cancelled = false;
  #cutOff = false;

  constructor(next: ServerInterceptingCallInterface, arrival: Arrival, requestStream: boolean) {
    super(next);
    this.#next = next;
    this.arrival = arrival;
    arrival.outlet = this;
    this.complete = requestStream;
  }

  /** Answers with a status of the gateway's own; the handler sees nothing of the call, or the end of it. */
  refuse(error: GatewayError): void {
    if (this.refused) return;
    this.refused = true;
    // grpc-js starts a call only after its interceptors have run.
    if (this.#listener === undefined) process.nextTick(() => this.#next.sendStatus(refusalStatus(error)));
    else this.#next.sendStatus(refusalStatus(error));
  }

  /** grpc-js sends the status when the caller has read what is before it; messages after it would break the stream. */
  cutOff(status: RefusalStatus): void {
    if (this.#cutOff) return;
    this.sendStatus(status);
    this.#cutOff = true;
    this.onCancel();
  }

  reset(): void {
    this.arrival.stream.close(constants.NGHTTP2_CANCEL);
  }

  override start(listener: Listener): void {
    this.#listener = listener;
    this.#next.start(this);
  }

  override sendMetadata(metadata: Metadata): void {
    this.#next.sendMetadata(metadata);
  }

  // grpc-js types messages so: it does not know them.
  // biome-ignore lint/suspicious/noExplicitAny: the signature of the overridden method.
  override sendMessage(message: any, callback: () => void): void {
    if (this.#cutOff) return;
    this.sentMessages += 1;
    this.#next.sendMessage(message, callback);
  }

  /** The last gate for status texts: a lone surrogate would end the process (item 1), a long one the call (item 16). */
  override sendStatus(status: CallStatus): void {
    if (this.#cutOff) return;
    const details = (status.details ?? '').slice(0, MAX_STATUS_CHARS).toWellFormed();
    this.#next.sendStatus({ ...status, details });
  }

  onReceiveMetadata(metadata: Metadata): void {
    if (this.refused) return;
    attachCallInfo(metadata, this.arrival);
    this.#listener?.onReceiveMetadata(metadata);
  }

  onReceiveMessage(message: unknown): void {
    if (this.refused || this.#cancelled) return;
    this.#hasMessage = true;
    this.messageBytes = bytesOf(message);
    this.#listener?.onReceiveMessage(message);
  }

  onReceiveHalfClose(): void {
    if (this.refused || this.#cancelled) return;
    this.complete ||= this.#hasMessage;
    if (this.complete) this.onComplete?.();
    this.#listener?.onReceiveHalfClose();
  }

  onCancel(): void {
    if (this.#cancelled) return;
    this.#cancelled = true; // What grpc-js has queued it would still hand on, and a call begin that is answered.
    this.#listener?.onCancel();
  }
}

function bytesOf(message: unknown): number | undefined {
  if (typeof message !== 'object' || message === null || !('bytes' in message)) return undefined;
  return message.bytes instanceof Uint8Array ? message.bytes.length : undefined;
}
