/** Rows 107 and 108: certificates that change on disk, well and badly. */
import assert from 'node:assert/strict';
import { rm, truncate, writeFile } from 'node:fs/promises';
import { type Clock, systemClock } from '../../server/model/clock.ts';
import { daysUntil, type TlsEvent } from '../../server/transport/grpc/tls-watch.ts';
import { makeAuthority, type TestCertificate } from '../support/certificates.ts';
import { openClient, openSession, openTls, type Rig, requestRaw, startRig, writeTls } from '../support/grpc-rig.ts';
import { until } from '../support/until.ts';

/** Timers twenty times as fast: files settle sooner. */
const hasty: Clock = { ...systemClock, setTimer: (callback, delayMs) => systemClock.setTimer(callback, delayMs / 20) };

describe('rows 107 and 108: certificates change on disk', () => {
  let rig: Rig;
  let pair: TestCertificate;
  beforeEach(async () => {
    rig = await startRig({ clock: hasty });
    pair = await rig.ca.issue();
  });
  afterEach(() => rig.stop());

  async function replace(next: TestCertificate, ca: TestCertificate = rig.ca): Promise<void> {
    const before = rig.listener.tls()?.status().generation ?? 0;
    await writeTls(rig.files, next, ca);
    await until(() => (rig.listener.tls()?.status().generation ?? 0) > before);
  }

  it('row 107: new handshakes get the new certificate, open connections and their calls go on', async () => {
    const before = await openSession(rig);
    assert.equal((await requestRaw(before)).grpc, '0');
    await replace(pair);
    assert.equal((await requestRaw(before)).grpc, '0');
    const socket = await openTls(rig);
    assert.deepEqual(new Uint8Array(socket.getPeerX509Certificate()?.raw ?? []), pair.der);
    socket.destroy();
    before.destroy();
  });

  it('row 107: 20 rotations under load drop nothing', async () => {
    const steady = openClient(rig);
    let done = false;
    let served = 0;
    const load = (async () => {
      while (!done) {
        await steady.listModels({}); // One long connection.
        const fresh = openClient(rig); // And a new one each time.
        await fresh.listModels({});
        fresh.close();
        served += 1;
      }
    })();
    for (let count = 0; count < 20; count += 1) await replace(await rig.ca.issue());
    done = true;
    await load;
    assert.ok(served > 0, `${served} rounds`);
    assert.deepEqual(rig.seen, []);
    steady.close();
  });

  it('row 107: a new CA is trusted and the old one no more, and TLS 1.2 stays refused', async () => {
    const ca = await makeAuthority('CN=Next CA');
    await replace(await rig.ca.issue(), ca);
    const old = openClient(rig);
    await assert.rejects(old.listModels({}));
    old.close();
    const { cert, key } = await ca.issue();
    await assert.rejects(openTls(rig, { cert, key, maxVersion: 'TLSv1.2', minVersion: 'TLSv1.2' }), /protocol version/);
    const next = openClient(rig, { cert, key, der: new Uint8Array() });
    assert.deepEqual((await next.listModels({})).models, []);
    next.close();
  });

  it('row 107: no session is resumed: it would not be held against the CA of today', async () => {
    const first = await openTls(rig);
    const ticket = await new Promise<Buffer>((resolve) => {
      first.once('session', resolve);
      first.resume();
    });
    const second = await openTls(rig, { session: ticket });
    assert.equal(second.isSessionReused(), false);
    first.destroy();
    second.destroy();
  });

  const FAULTS: readonly [name: string, fault: RegExp, damage: (rig: Rig) => Promise<void>][] = [
    ['a certificate that is gone', /cannot read .*server\.pem \(ENOENT\)/, ({ files }) => rm(files.cert)],
    ['a client CA that is gone', /cannot read .*ca\.pem \(ENOENT\)/, ({ files }) => rm(files.ca)],
    ['garbage for a certificate', /holds no certificate in PEM/, ({ files }) => writeFile(files.cert, 'garbage')],
    ['half a certificate', /holds no certificate in PEM/, ({ files }) => truncate(files.cert, 300)],
    ['an empty key', /holds no private key/, ({ files }) => writeFile(files.key, '')],
    ['an empty client CA', /client CA file holds no certificate/, ({ files }) => writeFile(files.ca, '')],
    [
      'a chain cut in its second certificate',
      /is cut off/,
      async ({ files, ca }) => writeFile(files.cert, (await ca.issue()).cert + ca.cert.slice(0, 200)),
    ],
    [
      'a chain in the wrong order',
      /was not issued by the one that follows/,
      async ({ files, ca }) => writeFile(files.cert, ca.cert + (await ca.issue()).cert),
    ],
    [
      'a certificate whose key has not come yet',
      /does not belong to the certificate/,
      async ({ files, ca }) => writeFile(files.cert, (await ca.issue()).cert),
    ],
    [
      'an expired pair',
      /expired on/,
      async (rig) => writeTls(rig.files, await rig.ca.issue({ fromDays: -9, toDays: -1 }), rig.ca),
    ],
    [
      'a pair that is not valid yet',
      /not valid before/,
      async (rig) => writeTls(rig.files, await rig.ca.issue({ fromDays: 1 }), rig.ca),
    ],
    [
      'a leaf for a client CA',
      /holds a certificate that is no CA/,
      async ({ files, ca }) => writeFile(files.ca, (await ca.issue()).cert),
    ],
  ];

  for (const [name, fault, damage] of FAULTS) {
    it(`row 108: ${name} keeps the last good files, is told once, and mends`, async () => {
      await damage(rig);
      await until(() => rig.listener.tls()?.status().fault !== undefined);
      assert.match(rig.listener.tls()?.status().fault ?? '', fault);
      const client = openClient(rig);
      assert.deepEqual((await client.listModels({})).models, [], 'new connections are served');
      client.close();
      await rig.listener.tls()?.look();
      await rig.listener.tls()?.look();
      assert.deepEqual(
        kinds(rig.tlsEvents).filter((kind) => kind === 'kept'),
        ['kept'],
      );
      await replace(pair);
      assert.equal(rig.listener.tls()?.status().fault, undefined);
    });
  }

  it('row 108: the old files put back mend it too', async () => {
    const old = { ...pair };
    await replace(old);
    await writeFile(rig.files.key, 'garbage');
    await until(() => rig.listener.tls()?.status().fault !== undefined);
    await writeFile(rig.files.key, old.key);
    await until(() => rig.listener.tls()?.status().fault === undefined);
    assert.equal(rig.listener.tls()?.status().generation, 2);
  });

  it('row 108: files that cannot be served at the start are a clear error, and nothing listens', async () => {
    await writeFile(rig.files.key, 'garbage');
    await assert.rejects(startRig({ reuse: rig.files }), {
      reason: 'CONFIG_INVALID',
      message: /TLS files of .*server\.pem: the key file holds no private key/,
    });
  });

  it('row 109: days left are known, and told at each threshold', async () => {
    await replace(await rig.ca.issue({ toDays: 2.5 }));
    const status = rig.listener.tls()?.status();
    assert.equal(daysUntil(status?.certExpiresAtWallMs ?? 0, Date.now()), 2);
    const alarms = rig.tlsEvents.filter((event) => event.kind === 'expiring');
    assert.deepEqual(alarms.at(-2), { kind: 'expiring', what: 'certificate', daysLeft: 2 });
    assert.deepEqual(alarms.at(-1), { kind: 'expiring', what: 'client CA', daysLeft: 9 });
  });
});

function kinds(events: readonly TlsEvent[]): readonly string[] {
  return events.map(({ kind }) => kind);
}
