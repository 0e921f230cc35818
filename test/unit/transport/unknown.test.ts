import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { create, type DescMessage, fromJson, toBinary } from '@bufbuild/protobuf';
import { type ReflectMessage, reflect } from '@bufbuild/protobuf/reflect';
import {
  CompleteRequest,
  CountTokensRequest,
  EmbedRequest,
  ListModelsRequest,
  StreamRequest,
} from '../../../server/model/wire.ts';
import { findUnknown, mayHaveUnknown } from '../../../server/transport/grpc/unknown.ts';
import { describeMessage, sampleMessages } from '../../support/sample-messages.ts';

const REQUESTS = { CompleteRequest, StreamRequest, EmbedRequest, ListModelsRequest, CountTokensRequest };
const UNKNOWN_NUMBER = 1999;
const VARINT_ONE = new Uint8Array([1]);

describe('unknown fields and enum numbers', () => {
  for (const [name, codec] of Object.entries(REQUESTS)) {
    const desc = describeMessage(`kanmon.v1.${name}`);

    it(`finds nothing in a ${name} that sets every field`, () => {
      for (const json of sampleMessages(desc)) {
        const bytes = toBinary(desc, fromJson(desc, json));
        strictEqual(mayHaveUnknown(codec.decode(bytes)), false);
        deepStrictEqual(findUnknown(desc.typeName, bytes), []);
      }
    });

    it(`finds an unknown field in every message of a ${name}`, () => {
      let places = 0;
      for (const json of sampleMessages(desc)) {
        const count = innerMessages(reflect(desc, fromJson(desc, json))).length;
        for (let index = 0; index < count; index += 1) {
          const root = reflect(desc, fromJson(desc, json));
          const inner = innerMessages(root)[index];
          ok(inner);
          inner.message.$unknown = [{ no: UNKNOWN_NUMBER, wireType: 0, data: VARINT_ONE }];
          const bytes = toBinary(desc, root.message);
          ok(mayHaveUnknown(codec.decode(bytes)), `${inner.desc.typeName} at ${index}`);
          const [found] = findUnknown(desc.typeName, bytes);
          ok(found?.description.includes(String(UNKNOWN_NUMBER)));
          places += 1;
        }
      }
      ok(places > 0);
    });
  }

  it('names the place and the number of an enum that it does not know', () => {
    const desc = describeMessage('kanmon.v1.CompleteRequest');
    const json = { options: { priority: 77 }, generation: { messages: [{ role: 99 }] } };
    const bytes = toBinary(desc, fromJson(desc, json));
    ok(mayHaveUnknown(CompleteRequest.decode(bytes)));
    deepStrictEqual(findUnknown(desc.typeName, bytes), [
      { field: 'generation.messages[0].role', description: 'kanmon.v1.Role has no number 99 in this version' },
      { field: 'options.priority', description: 'kanmon.v1.Priority has no number 77 in this version' },
    ]);
  });

  it('finds nothing in a text that looks like the mark of an unknown enum', () => {
    const desc = describeMessage('kanmon.v1.CompleteRequest');
    const bytes = toBinary(desc, fromJson(desc, { generation: { model: 'UNRECOGNIZED' } }));
    deepStrictEqual(findUnknown(desc.typeName, bytes), []);
    ok(create(desc));
  });
});

/** A message and all that lie in it, well-known types left out: ts-proto keeps no unknown fields of Timestamp. */
function innerMessages(root: ReflectMessage): ReflectMessage[] {
  const found: ReflectMessage[] = isOurs(root.desc) ? [root] : [];
  for (const field of root.desc.fields) {
    if (!root.isSet(field)) continue;
    if (field.fieldKind === 'message') found.push(...innerMessages(root.get(field)));
    else if (field.fieldKind === 'list' && field.listKind === 'message') {
      for (const item of root.get(field)) found.push(...innerMessages(item as ReflectMessage));
    }
  }
  return found;
}

function isOurs(desc: DescMessage): boolean {
  return desc.typeName.startsWith('kanmon.');
}
