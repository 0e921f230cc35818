/** The contract as data, for tools that learn it at run time. */
import { COMPANION_DESCRIPTORS_BASE64, DESCRIPTORS_BASE64 } from './wire.ts';

/**
 * A google.protobuf.FileDescriptorSet: the contract, what it imports, and what its callers meet beside it (the details of
 * errors, the health service), so that grpcurl prints an error's details instead of base64. About 50 KB, decoded on each call.
 */
export function protosetBytes(): Uint8Array {
  // Two encoded messages in a row are one with both lists: protobuf's rule for repeated fields.
  return Buffer.concat([
    Buffer.from(DESCRIPTORS_BASE64, 'base64'),
    Buffer.from(COMPANION_DESCRIPTORS_BASE64, 'base64'),
  ]);
}
