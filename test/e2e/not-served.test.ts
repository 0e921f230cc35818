import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { ChannelCredentials } from '@grpc/grpc-js';
import { ExplainServiceDefinition, userText } from '@kanmon/client';
import { ClientError, createChannel, createClient, Metadata, Status } from 'nice-grpc';
import { failure } from '../support/client-rig.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { readStatusDetails } from '../support/status-details.ts';

describe('what is in the contract and not served yet', () => {
  let gateway: TestGateway;

  before(async () => {
    gateway = await startTestGateway({
      providers: { simulator: { host: 'simulator', firstTokenMs: 0, tokensPerSecond: 0 } },
      models: { chat: { deployments: [{ provider: 'simulator', model: 'sim-chat' }] } },
    });
  });

  after(() => gateway[Symbol.asyncDispose]());

  it('Explain is UNIMPLEMENTED, with its name', async () => {
    const { ca, cert, key } = { ca: gateway.authority.cert, ...gateway.caller };
    const credentials = ChannelCredentials.createSsl(Buffer.from(ca), Buffer.from(key), Buffer.from(cert));
    const options = { 'grpc.ssl_target_name_override': 'localhost' };
    const channel = createChannel(gateway.address, credentials, options);
    let trailer = Metadata();
    try {
      const call = createClient(ExplainServiceDefinition, channel).explain({}, { onTrailer: (got) => (trailer = got) });
      const error = await call.then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      ok(error instanceof ClientError);
      deepStrictEqual([error.code, trailer.get('grpc-retry-pushback-ms')], [Status.UNIMPLEMENTED, '-1']);
      const details = readStatusDetails(trailer.get('grpc-status-details-bin'));
      strictEqual(details.reason, 'FIELD_NOT_SERVED');
    } finally {
      channel.close();
    }
  });

  it('an option is UNIMPLEMENTED, with its path in the details', async () => {
    const generation = { model: 'chat', messages: [userText('Hello')] };
    const error = await failure(gateway.client.complete({ generation, options: { idempotencyKey: 'k' } }));
    deepStrictEqual([error.code, error.reason, error.pushbackMs], ['UNIMPLEMENTED', 'FIELD_NOT_SERVED', -1]);
    deepStrictEqual(
      error.violations.map(({ field }) => field),
      ['options.idempotency_key'],
    );
  });
});
