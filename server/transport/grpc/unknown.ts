/**
 * What of a newer client's request this version does not know. The fast look costs every call a walk over its message; the
 * exact one, by the descriptors, is made only for requests that are refused.
 */
import { type DescMessage, fromBinary } from '@bufbuild/protobuf';
import { type ReflectMessage, reflect } from '@bufbuild/protobuf/reflect';
import type { FieldViolation } from '../../model/errors.ts';
import { descriptorOf } from './contract-registry.ts';
import { at, formatPath, type Path } from './validate/violations.ts';

/** Whether a decoded message may hold something unknown: a field, or an enum number (ts-proto keeps only that there was one). */
export function mayHaveUnknown(message: unknown): boolean {
  if (message === 'UNRECOGNIZED') return true;
  if (typeof message !== 'object' || message === null || ArrayBuffer.isView(message)) return false;
  if (Array.isArray(message)) return message.some(mayHaveUnknown);
  for (const key in message) {
    // The keys are the message's own: it is a plain object made by generated code.
    const value = (message as Record<string, unknown>)[key];
    if (key === '_unknownFields' ? hasKey(value) : typeof value !== 'number' && mayHaveUnknown(value)) return true;
  }
  return false;
}

function hasKey(value: unknown): boolean {
  for (const _ in value as object) return true;
  return false;
}

/** Every unknown field and enum number in an encoded message, with its place; a thousand at most. Empty: none. */
export function findUnknown(typeName: string, bytes: Uint8Array): readonly FieldViolation[] {
  const found: FieldViolation[] = [];
  visit(undefined, reflectBytes(descriptorOf(typeName), bytes), found);
  return found;
}

const MAX_FOUND = 1000;

function reflectBytes(descriptor: DescMessage, bytes: Uint8Array): ReflectMessage {
  return reflect(descriptor, fromBinary(descriptor, bytes));
}

function visit(path: Path | undefined, message: ReflectMessage, found: FieldViolation[]): void {
  if (found.length >= MAX_FOUND) return;
  for (const field of (message.message.$unknown ?? []).slice(0, MAX_FOUND)) {
    found.push({
      field: path === undefined ? `#${field.no}` : formatPath(path),
      description: `${message.desc.typeName} has no field number ${field.no} in this version`,
    });
  }
  for (const field of message.desc.fields) {
    if (!message.isSet(field)) continue;
    visitField(at(path, field.name), message, field, found);
  }
}

function visitField(
  path: Path,
  message: ReflectMessage,
  field: DescMessage['fields'][number],
  found: FieldViolation[],
): void {
  if (field.fieldKind === 'message') visit(path, message.get(field), found);
  else if (field.fieldKind === 'enum') checkEnum(path, field.enum, message.get(field), found);
  else if (field.fieldKind === 'list') {
    const list = message.get(field);
    for (let index = 0; index < list.size && found.length < MAX_FOUND; index += 1) {
      const item = { parent: path, key: index };
      // A list's kind says what its items are; reflection cannot say so in its types.
      if (field.listKind === 'message') visit(item, list.get(index) as ReflectMessage, found);
      else if (field.listKind === 'enum') checkEnum(item, field.enum, list.get(index) as number, found);
    }
  }
}

type DescEnum = Extract<DescMessage['fields'][number], { fieldKind: 'enum' }>['enum'];

function checkEnum(path: Path, descriptor: DescEnum, number: number, found: FieldViolation[]): void {
  if (descriptor.value[number] !== undefined) return;
  found.push({
    field: formatPath(path),
    description: `${descriptor.typeName} has no number ${number} in this version`,
  });
}
