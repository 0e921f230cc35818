/** How large a reply of vectors will be, from its encoding in protobuf. */
import { EmbedEncoding, type EmbedRequest } from '../../model/wire.ts';

/**
 * Bytes of `inputs` vectors in an EmbedResponse, exactly; what else is in the reply (ids, names, usage) comes on top. Each
 * vector is a field of the reply (a tag of one byte and a length) that holds a field of the vector itself (the same again);
 * FLOATS has one message more around its packed values. Source: proto/kanmon/v1/embed.proto.
 */
export function vectorBytes(request: Pick<EmbedRequest, 'inputs' | 'encoding'>, dimensions: number): number {
  return request.inputs.length * framed(framed(payloadBytes(request.encoding, dimensions)));
}

function payloadBytes(encoding: EmbedEncoding, dimensions: number): number {
  switch (encoding) {
    case EmbedEncoding.FLOAT32_LE:
      return 4 * dimensions;
    case EmbedEncoding.INT8:
      return dimensions;
    case EmbedEncoding.BINARY:
      return Math.ceil(dimensions / 8);
    default:
      return framed(4 * dimensions);
  }
}

function framed(bytes: number): number {
  return 1 + varintBytes(bytes) + bytes;
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let left = value; left >= 128; left = Math.floor(left / 128)) bytes += 1;
  return bytes;
}
