/**
 * Reads google.rpc.Status and the details that the gateway puts into it. By hand, as it is a handful of fields: a package
 * for it would bring a second protobuf runtime to everybody who installs this one.
 */
import { BinaryReader } from '@bufbuild/protobuf/wire';
import { CallFailure } from './gen/index.ts';

/** One wrong field of a request. */
export interface FieldViolation {
  /** Path in the request, for instance generation.messages[2].parts[0].image.media_type. */
  readonly field: string;
  /** What is wrong and how to mend it. */
  readonly description: string;
}

/** Whose limit was used up. */
export interface QuotaViolation {
  readonly subject: string;
  readonly description: string;
}

/** What to do, and where the reason is explained. */
export interface HelpLink {
  readonly description: string;
  readonly url: string;
}

/** The details of a status. */
export interface StatusDetails {
  /** ErrorInfo.reason in the domain kanmon.v1; undefined if there is none. */
  readonly reason: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  readonly retryAfterMs: number | undefined;
  readonly violations: readonly FieldViolation[];
  readonly quotaViolations: readonly QuotaViolation[];
  readonly help: HelpLink | undefined;
  readonly callFailure: CallFailure | undefined;
}

/** Details of a status that has none. */
export const NO_DETAILS: StatusDetails = {
  reason: undefined,
  metadata: {},
  retryAfterMs: undefined,
  violations: [],
  quotaViolations: [],
  help: undefined,
  callFailure: undefined,
};

type Writable<T> = { -readonly [K in keyof T]: T[K] };
type Fields = ReadonlyMap<number, readonly (Uint8Array | number)[]>;
type Reader = (value: Uint8Array, into: Writable<StatusDetails>) => void;

const DOMAIN = 'kanmon.v1';
const TYPE_PREFIX = 'type.googleapis.com/';
const UTF8 = new TextDecoder();

const READERS: Readonly<Record<string, Reader>> = {
  'google.rpc.ErrorInfo': readErrorInfo,
  'google.rpc.RetryInfo': readRetryInfo,
  'google.rpc.BadRequest': (value, into) => {
    into.violations = pairs(value).map(([field, description]) => ({ field, description }));
  },
  'google.rpc.QuotaFailure': (value, into) => {
    into.quotaViolations = pairs(value).map(([subject, description]) => ({ subject, description }));
  },
  'google.rpc.Help': (value, into) => {
    const [link] = pairs(value);
    if (link !== undefined) into.help = { description: link[0], url: link[1] };
  },
  'kanmon.v1.CallFailure': (value, into) => {
    into.callFailure = CallFailure.decode(value);
  },
};

/** The details of an encoded google.rpc.Status. Total: bytes that cannot be read give what could be read before them. */
export function readStatusDetails(status: Uint8Array): StatusDetails {
  const details: Writable<StatusDetails> = { ...NO_DETAILS };
  try {
    for (const any of messages(fieldsOf(status), 3)) {
      const fields = fieldsOf(any);
      const type = text(fields, 1);
      const value = messages(fields, 2)[0] ?? new Uint8Array();
      const name = type.startsWith(TYPE_PREFIX) ? type.slice(TYPE_PREFIX.length) : '';
      if (Object.hasOwn(READERS, name)) READERS[name]?.(value, details);
    }
  } catch {
    // The status itself stands; a proxy that garbles its details must not hide it behind an error of our own.
  }
  return details;
}

function readErrorInfo(value: Uint8Array, into: Writable<StatusDetails>): void {
  const fields = fieldsOf(value);
  if (text(fields, 2) !== DOMAIN) return;
  into.reason = text(fields, 1);
  into.metadata = Object.fromEntries(
    messages(fields, 3).map((entry) => {
      const pair = fieldsOf(entry);
      return [text(pair, 1), text(pair, 2)];
    }),
  );
}

function readRetryInfo(value: Uint8Array, into: Writable<StatusDetails>): void {
  const delay = fieldsOf(messages(fieldsOf(value), 1)[0] ?? new Uint8Array());
  into.retryAfterMs = Math.ceil(number(delay, 1) * 1000 + number(delay, 2) / 1_000_000);
}

/** Repeated messages, field 1, of two texts, fields 1 and 2: what three of the details consist of. */
function pairs(value: Uint8Array): readonly (readonly [string, string])[] {
  return messages(fieldsOf(value), 1).map((item) => {
    const fields = fieldsOf(item);
    return [text(fields, 1), text(fields, 2)];
  });
}

function fieldsOf(bytes: Uint8Array): Fields {
  const reader = new BinaryReader(bytes);
  const fields = new Map<number, (Uint8Array | number)[]>();
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    const values = fields.get(number) ?? [];
    fields.set(number, values);
    if (wireType === 2) values.push(reader.bytes());
    else if (wireType === 0) values.push(Number(reader.int64()));
    else reader.skip(wireType, number);
  }
  return fields;
}

function messages(fields: Fields, number: number): readonly Uint8Array[] {
  return (fields.get(number) ?? []).filter((value) => value instanceof Uint8Array);
}

function text(fields: Fields, number: number): string {
  const value = fields.get(number)?.at(-1);
  return value instanceof Uint8Array ? UTF8.decode(value) : '';
}

function number(fields: Fields, number: number): number {
  const value = fields.get(number)?.at(-1);
  return typeof value === 'number' ? value : 0;
}
