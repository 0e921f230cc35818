import { strictEqual } from 'node:assert/strict';
import { CompleteRequest, EmbedRequest, embedText, userText } from '@kanmon/client';
import { hasTooManyFields, MAX_FIELDS } from '../../../server/transport/grpc/field-count.ts';

const COMPLETE = 'kanmon.v1.CompleteRequest';

describe('hasTooManyFields', () => {
  it('counts fields, not bytes', () => {
    const long = CompleteRequest.fromPartial({ generation: { messages: [userText('x'.repeat(4_000_000))] } });
    strictEqual(hasTooManyFields(COMPLETE, CompleteRequest.encode(long).finish()), false);
  });

  it('counts those of messages within messages, exactly to the bound', () => {
    // Each message: itself, its role, its part, the part's content, and the text of that.
    const messages = (count: number) => Array.from({ length: count }, () => userText('x'));
    const request = (count: number) =>
      CompleteRequest.encode(CompleteRequest.fromPartial({ generation: { messages: messages(count) } })).finish();
    const most = Math.floor((MAX_FIELDS - 1) / 5);
    strictEqual(hasTooManyFields(COMPLETE, request(most)), false);
    strictEqual(hasTooManyFields(COMPLETE, request(most + 1)), true);
  });

  it('lets the largest batches of embeddings through that providers take', () => {
    const inputs = Array.from({ length: 10_000 }, (_, index) => embedText(`input ${index}`));
    const bytes = EmbedRequest.encode(EmbedRequest.fromPartial({ model: 'm', inputs })).finish();
    strictEqual(hasTooManyFields('kanmon.v1.EmbedRequest', bytes), false);
  });

  it('looks at entries of maps', () => {
    const tags = Object.fromEntries(Array.from({ length: 40_000 }, (_, index) => [`tag-${index}`, 'x']));
    const bytes = CompleteRequest.encode(CompleteRequest.fromPartial({ options: { tags } })).finish();
    strictEqual(hasTooManyFields(COMPLETE, bytes), true);
  });

  it('ends with whatever is no protobuf', () => {
    for (const byte of [0xff, 0x0b, 0x00, 0x0a]) {
      strictEqual(hasTooManyFields(COMPLETE, new Uint8Array(20_000).fill(byte)), byte === 0x00);
    }
  });
});
