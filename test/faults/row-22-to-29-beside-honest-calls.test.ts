/** Rows 22 to 29 through the whole gateway: what grpc-js refuses by itself reaches no provider and harms nobody else. */
import { ok, strictEqual } from 'node:assert/strict';
import type { OutgoingHttpHeaders } from 'node:http2';
import { CompleteRequest } from '@kanmon/client';
import { chatReply } from '../support/chat-wire.ts';
import { eventually, type FaultRig, generation, startFaultRig } from '../support/fault-rig.ts';
import { frameMessage, requestRaw } from '../support/grpc-rig.ts';
import { steps } from '../support/misbehaving-server.ts';

const COMPLETE = '/kanmon.v1.GatewayService/Complete';
const REQUEST = Buffer.from(CompleteRequest.encode(CompleteRequest.fromPartial(generation('chat'))).finish());

interface Attack {
  readonly row: number;
  readonly headers?: OutgoingHttpHeaders;
  readonly body: Buffer;
  /** gRPC's status, or the one of HTTP. */
  readonly status: string;
  /** What is counted. */
  readonly cause: string;
}

const ATTACKS: readonly Attack[] = [
  { row: 22, body: frameMessage(Buffer.alloc(8 * 1024 * 1024 + 1)), status: '8', cause: 'message_too_large' },
  {
    row: 24,
    headers: { 'grpc-encoding': 'gzip' },
    body: frameMessage(REQUEST, true),
    status: '13',
    cause: 'malformed',
  },
  { row: 25, headers: { 'grpc-encoding': 'br' }, body: frameMessage(REQUEST, true), status: '12', cause: 'encoding' },
  { row: 26, body: frameMessage(Buffer.alloc(100, 0xff)), status: '13', cause: 'malformed' },
  {
    row: 27,
    headers: { ':path': '/kanmon.v1.GatewayService/Nothing' },
    body: frameMessage(REQUEST),
    status: '12',
    cause: 'unknown_method',
  },
  { row: 28, headers: { 'content-type': 'application/json' }, body: REQUEST, status: '415', cause: 'content_type' },
  {
    row: 29,
    headers: { 'x-bomb': 'b'.repeat(20_000) },
    body: frameMessage(REQUEST),
    status: '8',
    cause: 'metadata_too_large',
  },
];

describe('rows 22 to 29: beside honest calls', () => {
  let rig: FaultRig;

  before(async () => {
    rig = await startFaultRig({ chat: { script: () => [steps.send(chatReply('hello'))] } });
  });

  after(() => rig[Symbol.asyncDispose]());

  it('rows 22 to 29: each is counted, reaches no provider, and calls on other connections and the same one are served', async () => {
    const session = await rig.openSession();
    for (const { row, headers, body, status, cause } of ATTACKS) {
      const [reply] = await Promise.all([
        requestRaw(session, { ':path': COMPLETE, ...headers }, body),
        rig.assertServes(),
      ]);
      strictEqual(reply.grpc ?? String(reply.http), status, `row ${row}`);
      const counted = `kanmon_edge_refused_total{stage="request",cause="${cause}"}`;
      await eventually(async () => (await rig.gateway.metrics()).includes(counted));
    }
    strictEqual(rig.provider('chat').requests.length, 0);
    const { grpc } = await requestRaw(session, { ':path': COMPLETE }, frameMessage(REQUEST));
    strictEqual(grpc, '0');
    ok(!session.destroyed);
    session.destroy();
    await rig.assertQuiet();
  });
});
