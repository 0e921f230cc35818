/** Row 70: replies at the edge of what a caller takes, refused before they are paid for where that can be known. */
import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { ChannelCredentials } from '@grpc/grpc-js';
import { CompleteRequest, CompleteResponse, GatewayServiceDefinition, KanmonError, textOf } from '@kanmon/client';
import { type Client, createChannel, createClient } from 'nice-grpc';
import { chatReply, chatStream } from '../support/chat-wire.ts';
import { failure } from '../support/client-rig.ts';
import { type FaultRig, generation, startFaultRig } from '../support/fault-rig.ts';
import { steps } from '../support/misbehaving-server.ts';

const DEFAULT_CAP_BYTES = 4 * 1024 * 1024 - 64 * 1024;
const STOCK_CLIENT_BYTES = 4 * 1024 * 1024;
const SMALL_CAP_BYTES = 3000;
/** What a reply of one text has beside the text, give or take what its time and usage need. */
const AROUND_BYTES = 180;
const AROUND_SPREAD = 30;

describe('row 70: replies that are too large', () => {
  let rig: FaultRig;
  let textBytes = 0;

  before(async () => {
    rig = await startFaultRig({
      chat: { script: () => [steps.send(chatReply('x'.repeat(textBytes)))], attempts: 3 },
      stream: { script: () => [steps.send(chatStream('y'.repeat(SMALL_CAP_BYTES + 1)))], attempts: 3 },
      vectors: { script: () => [steps.stall], deployment: { model: 'text-embedding-3-small' } },
    });
  });

  after(() => rig[Symbol.asyncDispose]());

  afterEach(() => rig.assertQuiet());

  it('row 70: a reply of exactly the cap is delivered, and one of a byte more is not', async () => {
    const options = { maxReplyBytes: SMALL_CAP_BYTES };
    const seen = new Set<number>();
    for (let more = -AROUND_SPREAD; more <= AROUND_SPREAD; more += 1) {
      textBytes = SMALL_CAP_BYTES - AROUND_BYTES + more;
      const call = rig.client.complete({ ...generation('chat'), options });
      const outcome = await call.catch((thrown: unknown) => thrown);
      if (outcome instanceof KanmonError) {
        strictEqual(outcome.reason, 'RESPONSE_TOO_LARGE');
        ok(Number(outcome.metadata.replyBytes) > SMALL_CAP_BYTES, `${outcome.metadata.replyBytes} were refused`);
        seen.add(Number(outcome.metadata.replyBytes));
      } else {
        const bytes = CompleteResponse.encode(await call).finish().length;
        ok(bytes <= SMALL_CAP_BYTES, `${bytes} were delivered`);
        seen.add(bytes);
      }
    }
    ok(seen.has(SMALL_CAP_BYTES) && seen.has(SMALL_CAP_BYTES + 1), [...seen].join());
  });

  it('row 70: the error says what was spent, and nothing is tried again', async () => {
    textBytes = SMALL_CAP_BYTES;
    const already = rig.provider('chat').requests.length;
    const options = { maxReplyBytes: SMALL_CAP_BYTES };
    const error = await rig.assertFault(rig.client.complete({ ...generation('chat'), options }), {
      code: 'RESOURCE_EXHAUSTED',
      reason: 'RESPONSE_TOO_LARGE',
      pushbackMs: -1,
      attempts: ['UNSPECIFIED 200'],
      usage: [5, 2],
    });
    strictEqual(error.metadata.maxReplyBytes, String(SMALL_CAP_BYTES));
    strictEqual(rig.provider('chat').requests.length, already + 1);
  });

  it('row 70: an event that is larger than the cap ends its stream', async () => {
    const options = { maxReplyBytes: SMALL_CAP_BYTES };
    await rig.assertFault(rig.client.stream({ ...generation('stream'), options }).final(), {
      code: 'RESOURCE_EXHAUSTED',
      reason: 'RESPONSE_TOO_LARGE',
      pushbackMs: -1,
      attempts: ['UNSPECIFIED 200'],
      usage: [5, 2],
    });
  });

  it('row 70: by default a reply is never larger than what a stock client takes', async () => {
    const { client, close } = stockClient(rig);
    const request = CompleteRequest.fromPartial(generation('chat'));
    textBytes = DEFAULT_CAP_BYTES - 2 * AROUND_BYTES;
    const whole = await client.complete(request);
    strictEqual(textOf(whole.message).length, textBytes);
    ok(CompleteResponse.encode(whole).finish().length < STOCK_CLIENT_BYTES);
    textBytes = DEFAULT_CAP_BYTES;
    const error: unknown = await client.complete(request).catch((thrown: unknown) => thrown);
    ok(error instanceof Error && /RESOURCE_EXHAUSTED: the reply has \d+ bytes/.test(error.message), String(error));
    close();
  });

  it('row 70: vectors that cannot be delivered are refused before they are asked for', async () => {
    const inputs = Array.from({ length: 1000 }, (_, index) => `input ${index}`);
    const options = { maxReplyBytes: DEFAULT_CAP_BYTES };
    const error = await failure(rig.client.embed({ model: 'vectors', inputs, dimensions: 1536, options }));
    deepStrictEqual([error.code, error.reason, error.pushbackMs], ['RESOURCE_EXHAUSTED', 'RESPONSE_TOO_LARGE', -1]);
    strictEqual(error.callFailure?.attempts.length ?? 0, 0);
    strictEqual(rig.provider('vectors').requests.length, 0);
  });
});

/** A generated client with grpc-js as it comes. */
function stockClient({ gateway }: FaultRig): { client: Client<typeof GatewayServiceDefinition>; close: () => void } {
  const { authority, caller, address } = gateway;
  const credentials = ChannelCredentials.createSsl(
    Buffer.from(authority.cert),
    Buffer.from(caller.key),
    Buffer.from(caller.cert),
  );
  const channel = createChannel(address.replace('127.0.0.1', 'localhost'), credentials);
  return { client: createClient(GatewayServiceDefinition, channel), close: () => channel.close() };
}
