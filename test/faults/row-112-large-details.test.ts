/** Row 112: errors with much to say: details stay within 6 kB and arrive, where more would leave a client hanging. */
import { ok, strictEqual } from 'node:assert/strict';
import { CompleteRequest, userText } from '@kanmon/client';
import { errorReply } from '../support/chat-wire.ts';
import { ClientRig, failure } from '../support/client-rig.ts';
import { type FaultRig, generation, startFaultRig } from '../support/fault-rig.ts';
import { frameMessage, requestRaw } from '../support/grpc-rig.ts';
import { steps } from '../support/misbehaving-server.ts';
import { failCall } from '../support/scripted-gateway.ts';

const MAX_DETAILS_BYTES = 6000;
/** What Java's client takes in all trailers; 300 are for names and the other trailers. */
const MAX_TRAILER_BYTES = 8192 - 300;
const WRONG_FIELDS = 2000;

describe('row 112: large error details', () => {
  let rig: FaultRig;
  const clients = new ClientRig();

  before(async () => {
    const said = {
      error: { message: 'no '.repeat(1000), type: 'server_error', code: 'code'.repeat(9), param: 'prm'.repeat(9) },
    };
    rig = await startFaultRig({ fails: { script: () => [steps.send(errorReply(500, said))], attempts: 10 } });
  });

  after(async () => {
    clients.close();
    await rig[Symbol.asyncDispose]();
  });

  it('row 112: two thousand wrong fields are one error of 6 kB that says how many there are', async () => {
    const messages = Array.from({ length: WRONG_FIELDS }, () => ({ ...userText(''), parts: [] }));
    const request = CompleteRequest.fromPartial({ generation: { model: 'fails', messages } });
    const session = await rig.openSession();
    const body = frameMessage(Buffer.from(CompleteRequest.encode(request).finish()));
    const { details, message } = await requestRaw(session, { ':path': '/kanmon.v1.GatewayService/Complete' }, body);
    session.destroy();
    ok(details !== undefined && details.length <= MAX_DETAILS_BYTES, `${details?.length} bytes`);
    const trailers = details.toString('base64').length + encodeURI(message).length;
    ok(trailers <= MAX_TRAILER_BYTES, `${trailers} bytes as they travel`);

    const startMs = performance.now();
    const error = await rig.assertFault(rig.client.complete(request), {
      code: 'INVALID_ARGUMENT',
      reason: 'INVALID_REQUEST',
      pushbackMs: -1,
    });
    ok(performance.now() - startMs < 3000, 'it does not hang');
    ok(error.violations.length > 10);
    ok(/^and \d+ more$/.test(error.violations.at(-1)?.description ?? ''));
  });

  it('row 112: attempts that each have much to say fit as well', async () => {
    const error = await rig.assertFault(rig.client.complete(generation('fails')), {
      code: 'UNAVAILABLE',
      reason: 'UPSTREAM_5XX',
      pushbackMs: -1,
      retryAfterMs: 1000,
      attempts: ['UPSTREAM_5XX 500', 'UPSTREAM_5XX 500', 'UPSTREAM_5XX 500', 'UPSTREAM_5XX 500'],
    });
    strictEqual(error.metadata.upstreamParam, 'prm'.repeat(9));
    strictEqual(error.callFailure?.attempts[3]?.upstreamCode, 'code'.repeat(9));
  });

  it('row 112: the client reads 6 kB of details whole', async () => {
    const violations = Array.from({ length: 64 }, (_, index) => ({
      field: `generation.messages[${index}]`,
      description: 'x'.repeat(40),
    }));
    const client = await clients.connect({
      complete: (_request, context) => Promise.reject(failCall(context, 'INVALID_REQUEST', { violations })),
    });
    const error = await failure(client.complete(generation('chat')));
    ok(error.violations.length >= 60, `${error.violations.length}`);
    strictEqual(error.reason, 'INVALID_REQUEST');
  });
});
