/** Messages made from descriptors alone, so that a test over them covers fields that did not exist when it was written. */
import {
  createFileRegistry,
  type DescEnum,
  type DescField,
  type DescMessage,
  fromBinary,
  type JsonObject,
  type JsonValue,
  ScalarType,
} from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { DESCRIPTORS_BASE64 } from '@kanmon/client/descriptors';

/** The descriptor of a message of the contract. @throws Error if there is none of this name. */
export function describeMessage(typeName: string): DescMessage {
  const set = fromBinary(FileDescriptorSetSchema, Buffer.from(DESCRIPTORS_BASE64, 'base64'));
  const found = createFileRegistry(set).getMessage(typeName);
  if (found === undefined) throw new Error(`the contract has no message ${typeName}`);
  return found;
}

/**
 * Messages, in protobuf's JSON, that set every leaf field at least once between them: as many as the widest oneof needs.
 * A repeated field holds all samples of its type, so a message whose oneofs are all below repeated fields needs one.
 */
export function sampleMessages(desc: DescMessage): readonly JsonObject[] {
  const choices = desc.members.map((member) =>
    (member.kind === 'oneof' ? member.fields : [member]).flatMap((field) =>
      sampleValues(field).map((value) => ({ name: field.jsonName, value })),
    ),
  );
  const count = Math.max(1, ...choices.map(({ length }) => length));
  return Array.from({ length: count }, (_, index) => {
    const members = choices.map((options) => options[index % options.length]).filter((member) => member !== undefined);
    return Object.fromEntries(members.map(({ name, value }) => [name, value]));
  });
}

/** Paths of all leaf fields of a message type, for instance `message.parts.text.text`. */
export function leafPaths(desc: DescMessage, prefix = ''): readonly string[] {
  return desc.fields.flatMap((field) => {
    const path = prefix + field.name;
    const inner = innerMessage(field);
    return inner === undefined ? [path] : leafPaths(inner, `${path}.`);
  });
}

/** Paths of the leaf fields that a message in protobuf's JSON sets, sorted, once each. */
export function setLeafPaths(desc: DescMessage, json: JsonValue, prefix = ''): readonly string[] {
  const paths = desc.fields.flatMap((field) => {
    const value = isJsonObject(json) ? json[field.jsonName] : undefined;
    if (value === undefined) return [];
    const path = prefix + field.name;
    const inner = innerMessage(field);
    if (inner === undefined) return [path];
    const items = Array.isArray(value) ? value : [value];
    return items.flatMap((item) => setLeafPaths(inner, item, `${path}.`));
  });
  return [...new Set(paths)].sort();
}

function sampleValues(field: DescField): readonly JsonValue[] {
  switch (field.fieldKind) {
    case 'list':
      return [[...elementValues(field)]];
    case 'map':
      return [{ [`key-${field.number}`]: `value-${field.number}` }]; // Every map of the contract is of texts.
    default:
      return elementValues(field);
  }
}

function elementValues(field: DescField): readonly JsonValue[] {
  if (field.message !== undefined) return wellKnown(field.message) ?? sampleMessages(field.message);
  if (field.enum !== undefined) return [lastName(field.enum)];
  return [scalarValue(field)];
}

/** Numbers that no two fields of a message share, so that a field copied into another is noticed. */
function scalarValue(field: DescField): JsonValue {
  switch (field.scalar) {
    case ScalarType.STRING:
      return `${field.jsonName}-${field.number}`;
    case ScalarType.BYTES:
      return Buffer.from([0, field.number, 0xff]).toString('base64');
    case ScalarType.BOOL:
      return true;
    case ScalarType.DOUBLE:
      return field.number + 0.5;
    case ScalarType.INT32:
      return 100 + field.number;
    case ScalarType.INT64:
      return String(1_000 + field.number);
    default:
      throw new Error(`${field.parent.typeName}.${field.name}: say what a sample of its type is`);
  }
}

function wellKnown({ typeName }: DescMessage): readonly JsonValue[] | undefined {
  if (typeName === 'google.protobuf.Timestamp') return ['2026-01-02T03:04:05.678Z'];
  return typeName === 'google.protobuf.Duration' ? ['1.000000002s'] : undefined;
}

function innerMessage(field: DescField): DescMessage | undefined {
  return field.message === undefined || wellKnown(field.message) !== undefined ? undefined : field.message;
}

function lastName({ values, typeName }: DescEnum): string {
  const last = values.at(-1);
  if (last === undefined) throw new Error(`${typeName} has no value`);
  return last.name;
}

function isJsonObject(json: JsonValue): json is JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
