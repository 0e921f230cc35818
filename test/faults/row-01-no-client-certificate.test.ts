/** Row 1: a client without a certificate. */
import assert from 'node:assert/strict';
import { ClientError, Status } from 'nice-grpc';
import { openClient, openTls, type Rig, startRig } from '../support/grpc-rig.ts';
import { until } from '../support/until.ts';

describe('row 1: no client certificate', () => {
  let rig: Rig;
  before(async () => {
    rig = await startRig();
  });
  after(() => rig.stop());

  it('row 01: is UNAVAILABLE for a client, told by the alert certificate_required, and counted', async () => {
    const client = openClient(rig, null);
    await assert.rejects(
      client.listModels({}),
      (error) => error instanceof ClientError && error.code === Status.UNAVAILABLE,
    );
    client.close();
    await until(() => rig.seen.length > 0);
    assert.ok(
      rig.seen.every((seen) => seen === 'tls:no_certificate'),
      rig.seen.join(),
    );
    // TLS 1.3: the client's side of the handshake ends first, the alert follows.
    const socket = await openTls(rig, { cert: undefined, key: undefined });
    const alert = await new Promise<string>((resolve) =>
      socket.once('error', (error: Error & { code?: string }) => resolve(error.code ?? '')),
    );
    assert.equal(alert, 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED');
  });

  it('row 01: leaves others unharmed', async () => {
    const client = openClient(rig);
    assert.deepEqual((await client.listModels({})).models, []);
    client.close();
  });
});
