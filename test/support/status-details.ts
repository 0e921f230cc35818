/** Reads google.rpc.Status as a client does. */
import { BinaryReader } from '@bufbuild/protobuf/wire';
import { ErrorInfo, RetryInfo } from 'nice-grpc-error-details';

/** What tests look at. */
export interface StatusDetails {
  readonly reason: string;
  readonly domain: string;
  /** Undefined: no RetryInfo. */
  readonly retryMs: number | undefined;
}

/** Decodes the details of a status; a missing ErrorInfo is an error. */
export function readStatusDetails(bytes: Uint8Array | undefined): StatusDetails {
  const details = readAny(bytes ?? new Uint8Array());
  const info = details.get('type.googleapis.com/google.rpc.ErrorInfo');
  if (info === undefined) throw new Error('the status has no ErrorInfo');
  const { reason, domain } = ErrorInfo.decode(info);
  const retry = details.get('type.googleapis.com/google.rpc.RetryInfo');
  const delay = retry === undefined ? undefined : RetryInfo.decode(retry).retryDelay;
  return { reason, domain, retryMs: delay && Number(delay.seconds) * 1000 + delay.nanos / 1e6 };
}

function readAny(bytes: Uint8Array): Map<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === 26) {
      const end = reader.uint32() + reader.pos;
      let type = '';
      while (reader.pos < end) {
        const inner = reader.uint32();
        if (inner === 10) type = reader.string();
        else if (inner === 18) found.set(type, reader.bytes());
        else reader.skip(inner & 7);
      }
    } else reader.skip(tag & 7);
  }
  return found;
}
