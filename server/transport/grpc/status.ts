/**
 * The only way out for errors: a GatewayError as google.rpc.Status in the trailers, 6 kB at most, with the pushback header
 * that tells a client whether to try again (gRFC A6). Everything in it is made well-formed: grpc-js dies of a lone surrogate
 * in a status text (faults.md section 6, item 1).
 */
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { type Metadata, ServerError, Status } from 'nice-grpc';
import { BadRequest, ErrorInfo, Help, QuotaFailure, RetryInfo } from 'nice-grpc-error-details';
import type { GatewayError } from '../../model/errors.ts';
import { type Attempt, CallFailure } from '../../model/wire.ts';

/** What of a call goes into its error. */
export interface FailureContext {
  readonly callId: string;
  /** Undefined: the call was not admitted; its error carries no CallFailure. */
  readonly failure: CallFailure | undefined;
  /** Requests to providers that were made. */
  readonly attempts: number;
}

/** A status as gRPC sends it. */
export interface EncodedStatus {
  readonly code: number;
  readonly message: string;
  /** google.rpc.Status, encoded. */
  readonly details: Uint8Array;
  /** Milliseconds, or -1: do not try again. */
  readonly pushbackMs: number;
}

const DOMAIN = 'kanmon.v1';
const ERRORS_PAGE = 'https://github.com/kanmon/kanmon/blob/main/docs/errors.md';
const MAX_MESSAGE_CHARS = 512;
const MAX_DETAILS_BYTES = 6000;
/** Java refuses trailers of more than 8,192 bytes in all, counted with 32 bytes each; names and the other trailers take 300. */
const MAX_TRAILERS_BYTES = 8192 - 300;
const SHORT_MESSAGE_CHARS = 160; // Of a text that is not ASCII, and so takes up to nine bytes a character.
const MAX_METADATA_CHARS = 256;
const DEFAULT_RETRY_MS = 1000;

/** A GatewayError as a status. Pure. */
export function encodeStatus(error: GatewayError, context: FailureContext): EncodedStatus {
  const text = publicMessage(error, context.callId);
  const message = encodedLength(text) > MAX_TRAILERS_BYTES / 4 ? clip(text, SHORT_MESSAGE_CHARS) : text;
  const code = Status[error.row.code];
  const retryMs = retryDelayMs(error, context);
  for (let room = 64; ; room >>= 1) {
    const details = writeStatus(code, message, listDetails(error, context, retryMs, room));
    if (room > 0 && !fits(details, message)) continue;
    return { code, message, details, pushbackMs: pushback(context, retryMs) };
  }
}

/** Details travel in base64, the message with all that is not plain ASCII in percent encoding. */
function fits(details: Uint8Array, message: string): boolean {
  const inBase64 = Math.ceil(details.length / 3) * 4;
  return details.length <= MAX_DETAILS_BYTES && inBase64 + encodedLength(message) <= MAX_TRAILERS_BYTES;
}

function encodedLength(message: string): number {
  return encodeURI(message).length;
}

/** Puts a status into a call's trailers and gives the error that nice-grpc turns into the reply. */
export function toServerError(status: EncodedStatus, trailer: Metadata): ServerError {
  trailer.set('grpc-status-details-bin', status.details);
  trailer.set('grpc-retry-pushback-ms', String(status.pushbackMs));
  return new ServerError(status.code, status.message);
}

function publicMessage(error: GatewayError, callId: string): string {
  const text = error.row.visible ? error.message : `${error.row.means} Call id: ${callId}.`;
  return clip(text, MAX_MESSAGE_CHARS);
}

/** Undefined: trying again does not help, or would pay twice. */
function retryDelayMs(error: GatewayError, context: FailureContext): number | undefined {
  if (error.row.client === 'never' || context.failure?.outputDelivered) return undefined;
  if (error.details.shouldRetry === false) return undefined;
  return Math.round(error.details.retryAfterMs ?? (error.reason === 'SERVER_DRAINING' ? 0 : DEFAULT_RETRY_MS));
}

function pushback(context: FailureContext, retryMs: number | undefined): number {
  return retryMs === undefined || context.attempts > 1 ? -1 : retryMs; // One retry layer: ours, or the client's.
}

type Detail = readonly [type: string, value: Uint8Array];

/** `room` bounds the repeated details: violations and attempts. */
function listDetails(
  error: GatewayError,
  context: FailureContext,
  retryMs: number | undefined,
  room: number,
): Detail[] {
  const details: Detail[] = [['google.rpc.ErrorInfo', encodeErrorInfo(error, context)]];
  if (retryMs !== undefined) details.push(['google.rpc.RetryInfo', encodeRetryInfo(retryMs)]);
  if (error.details.violations) details.push(['google.rpc.BadRequest', encodeViolations(error, room)]);
  if (error.details.quota) details.push(['google.rpc.QuotaFailure', encodeQuota(error.details.quota)]);
  details.push(['google.rpc.Help', encodeHelp(error)]);
  if (context.failure) details.push(['kanmon.v1.CallFailure', encodeFailure(context.failure, room)]);
  return details;
}

function encodeErrorInfo(error: GatewayError, context: FailureContext): Uint8Array {
  const { upstream, metadata } = error.details;
  const all: Record<string, string> = { callId: context.callId };
  if (context.attempts > 0) all.attempts = String(context.attempts);
  if (upstream?.provider) all.provider = upstream.provider;
  if (upstream && upstream.status > 0) all.upstreamStatus = String(upstream.status);
  if (upstream?.code) all.upstreamCode = upstream.code;
  for (const [key, value] of Object.entries({ ...all, ...metadata })) all[key] = clip(value, MAX_METADATA_CHARS);
  return ErrorInfo.encode(ErrorInfo.fromPartial({ reason: error.reason, domain: DOMAIN, metadata: all })).finish();
}

function encodeRetryInfo(retryMs: number): Uint8Array {
  const retryDelay = { seconds: Math.floor(retryMs / 1000), nanos: (retryMs % 1000) * 1_000_000 };
  return RetryInfo.encode(RetryInfo.fromPartial({ retryDelay })).finish();
}

function encodeViolations(error: GatewayError, room: number): Uint8Array {
  const all = error.details.violations ?? [];
  const shown = all.slice(0, Math.max(1, room)).map(({ field, description }) => ({
    field: clip(field, MAX_METADATA_CHARS),
    description: clip(description, MAX_METADATA_CHARS),
  }));
  if (shown.length < all.length) shown.push({ field: '', description: `and ${all.length - shown.length} more` });
  return BadRequest.encode(BadRequest.fromPartial({ fieldViolations: shown })).finish();
}

function encodeQuota(quota: { readonly subject: string; readonly description: string }): Uint8Array {
  const violation = {
    subject: clip(quota.subject, MAX_METADATA_CHARS),
    description: clip(quota.description, MAX_METADATA_CHARS),
  };
  return QuotaFailure.encode(QuotaFailure.fromPartial({ violations: [violation] })).finish();
}

function encodeHelp(error: GatewayError): Uint8Array {
  const link = { description: error.row.remedy, url: `${ERRORS_PAGE}#${error.reason.toLowerCase()}` };
  return Help.encode(Help.fromPartial({ links: [link] })).finish();
}

function encodeFailure(failure: CallFailure, room: number): Uint8Array {
  return CallFailure.encode({ ...failure, attempts: thin(failure.attempts, room) }).finish();
}

/** The first and the last ones; those between are left out. */
function thin(attempts: readonly Attempt[], room: number): readonly Attempt[] {
  if (attempts.length <= room) return attempts;
  const first = Math.ceil(room / 2);
  return [...attempts.slice(0, first), ...attempts.slice(attempts.length - (room - first))];
}

/** google.rpc.Status: code = 1, message = 2, repeated google.protobuf.Any details = 3 { type_url = 1, value = 2 }. */
function writeStatus(code: number, message: string, details: readonly Detail[]): Uint8Array {
  const writer = new BinaryWriter();
  writer.uint32(8).int32(code).uint32(18).string(message);
  for (const [type, value] of details) {
    writer.uint32(26).fork().uint32(10).string(`type.googleapis.com/${type}`).uint32(18).bytes(value).join();
  }
  return writer.finish();
}

/** Well-formed text of at most so many UTF-16 units, without half a character at its end. */
function clip(text: string, maxChars: number): string {
  const wellFormed = text.toWellFormed();
  if (wellFormed.length <= maxChars) return wellFormed;
  return `${wellFormed.slice(0, maxChars - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
