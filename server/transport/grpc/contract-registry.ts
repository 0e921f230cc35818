/** The contract's own descriptors, for the rare looks at a request that generated code does not take. */
import { createFileRegistry, type DescMessage, type FileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { DESCRIPTORS_BASE64 } from '../../model/wire.ts';

let loaded: FileRegistry | undefined;

/** The descriptor of a message by its full name. Loaded on first use, which takes 10 ms. */
export function descriptorOf(typeName: string): DescMessage {
  loaded ??= createFileRegistry(fromBinary(FileDescriptorSetSchema, Buffer.from(DESCRIPTORS_BASE64, 'base64')));
  const descriptor = loaded.getMessage(typeName);
  if (descriptor === undefined) throw new Error(`no message ${typeName} in the contract's descriptors`);
  return descriptor;
}
