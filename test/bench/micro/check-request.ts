/**
 * What entering costs a request: the check against the contract, beside decoding it, for a short call and a long conversation.
 * Run: node --conditions=kanmon-source test/bench/micro/check-request.ts
 */
import { assistantText, userText } from '@kanmon/client';
import { CompleteRequest } from '../../../server/model/wire.ts';
import { checkRequest } from '../../../server/transport/grpc/validate/request.ts';
import { compare } from './compare.ts';

const TEXT = 'In one sentence: what does a gateway in front of language models do for the services behind it?';

for (const [name, turns] of [
  ['short call', 1],
  ['conversation of 40 messages', 40],
] as const) {
  const messages = Array.from({ length: turns }, (_, i) => (i % 2 === 0 ? userText(TEXT) : assistantText(TEXT)));
  const request = CompleteRequest.fromPartial({ generation: { model: 'chat', messages, maxOutputTokens: 256 } });
  const bytes = CompleteRequest.encode(request).finish();
  const received = {
    message: CompleteRequest.decode(bytes),
    bytes,
    typeName: 'kanmon.v1.CompleteRequest',
    tooManyFields: false,
  };
  compare(name, {
    [`${name}, decode`]: () => CompleteRequest.decode(bytes),
    [`${name}, check`]: () => checkRequest('complete', received),
  });
}
