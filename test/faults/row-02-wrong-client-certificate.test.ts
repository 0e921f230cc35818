/** Row 2: client certificates that do not verify, and a TLS version that is too old. */
import assert from 'node:assert/strict';
import { ClientError, Status } from 'nice-grpc';
import { makeAuthority, type TestCertificate } from '../support/certificates.ts';
import { openClient, openTls, type Rig, startRig } from '../support/grpc-rig.ts';
import { until } from '../support/until.ts';

describe('row 2: wrong client certificates', () => {
  let rig: Rig;
  before(async () => {
    rig = await startRig();
  });
  after(() => rig.stop());

  const CASES: readonly [name: string, seen: string, make: (rig: Rig) => Promise<TestCertificate>][] = [
    ['of another CA', 'tls:unknown_ca', async () => (await makeAuthority('CN=Other CA')).issue()],
    ['of another CA with the same name', 'tls:unknown_ca', async () => (await makeAuthority()).issue()],
    ['expired', 'tls:expired', ({ ca }) => ca.issue({ fromDays: -10, toDays: -1 })],
    ['not yet valid', 'tls:not_yet_valid', ({ ca }) => ca.issue({ fromDays: 1 })],
    ['without clientAuth', 'tls:wrong_purpose', ({ ca }) => ca.issue({ usages: ['server'] })],
  ];

  for (const [name, seen, make] of CASES) {
    it(`row 02: a certificate ${name} is UNAVAILABLE and counted`, async () => {
      rig.seen.length = 0;
      const client = openClient(rig, await make(rig));
      await assert.rejects(
        client.listModels({}),
        (error) => error instanceof ClientError && error.code === Status.UNAVAILABLE,
      );
      client.close();
      await until(() => rig.seen.length > 0);
      assert.ok(
        rig.seen.every((each) => each === seen),
        rig.seen.join(),
      );
    });
  }

  it('row 02: TLS 1.2 is refused and counted', async () => {
    rig.seen.length = 0;
    await assert.rejects(openTls(rig, { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' }), { code: /PROTOCOL_VERSION/ });
    assert.deepEqual(rig.seen, ['tls:old_protocol']);
  });

  it('row 02: leaves others unharmed', async () => {
    const client = openClient(rig);
    assert.deepEqual((await client.listModels({})).models, []);
    client.close();
  });
});
