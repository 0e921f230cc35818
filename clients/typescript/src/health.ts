/** The health service that every gRPC server has (grpc.health.v1), as far as it is asked here. */
import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';

/** Whether a service answers. */
export type ServingStatus = 'UNKNOWN' | 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN';

const STATUSES: readonly ServingStatus[] = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];

/** grpc.health.v1.HealthCheckRequest. */
export interface HealthCheckRequest {
  /** Name of a service; empty: the server as a whole. */
  readonly service: string;
}

/** grpc.health.v1.HealthCheckResponse. */
export interface HealthCheckResponse {
  readonly status: ServingStatus;
}

/** grpc.health.v1.Health in grpc-js's own form of a definition. */
export const HealthDefinition = {
  check: {
    path: '/grpc.health.v1.Health/Check',
    requestStream: false,
    responseStream: false,
    requestSerialize: ({ service }: HealthCheckRequest) =>
      Buffer.from(new BinaryWriter().uint32(10).string(service).finish()),
    requestDeserialize: (bytes: Buffer): HealthCheckRequest => ({
      service: readField(bytes, (reader) => reader.string()) ?? '',
    }),
    responseSerialize: ({ status }: HealthCheckResponse) =>
      Buffer.from(new BinaryWriter().uint32(8).int32(STATUSES.indexOf(status)).finish()),
    responseDeserialize: (bytes: Buffer): HealthCheckResponse => ({
      status: STATUSES[readField(bytes, (reader) => reader.int32()) ?? 0] ?? 'UNKNOWN',
    }),
  },
} as const;

function readField<T>(bytes: Uint8Array, read: (reader: BinaryReader) => T): T | undefined {
  const reader = new BinaryReader(bytes);
  let value: T | undefined;
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    if (number === 1) value = read(reader);
    else reader.skip(wireType, number);
  }
  return value;
}
