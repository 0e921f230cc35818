import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import { createAuthority, openAuthority } from '../../../server/cli/certs/authority.ts';
import { type CertificateRequest, writeCertificates } from '../../../server/cli/certs/files.ts';

const SVID = 'spiffe://kanmon.local/checkout';
const DAY_MS = 86_400_000;

describe('certificates', () => {
  describe('authority', () => {
    it('signs leaves for a year and nothing else', async () => {
      const { ca, cert } = await makeAuthority();
      assert.ok(cert.ca);
      assert.ok(cert.verify(cert.publicKey));
      assert.equal(days(cert), 365);
      assert.deepEqual(ca.key.split('\n')[0], '-----BEGIN PRIVATE KEY-----');
    });

    it('issues a server for the loopback and the names given, for 30 days', async () => {
      const { ca, cert } = await makeAuthority();
      const leaf = new X509Certificate((await ca.issueServer(['gateway.corp.example', '10.0.0.7'])).cert);
      assert.ok(leaf.verify(cert.publicKey));
      assert.ok(leaf.checkIssued(cert));
      assert.equal(leaf.ca, false);
      assert.equal(days(leaf), 30);
      for (const name of ['gateway.corp.example', 'localhost']) assert.equal(leaf.checkHost(name), name);
      for (const address of ['10.0.0.7', '127.0.0.1', '::1']) assert.equal(leaf.checkIP(address), address);
      assert.deepEqual(leaf.keyUsage, ['1.3.6.1.5.5.7.3.1']);
    });

    it('issues a client as an X.509-SVID with exactly one URI name', async () => {
      const { ca, cert } = await makeAuthority();
      const leaf = new X509Certificate((await ca.issueClient(SVID)).cert);
      assert.ok(leaf.verify(cert.publicKey));
      assert.equal(leaf.subjectAltName, `URI:${SVID}`);
      assert.equal(leaf.ca, false);
      assert.deepEqual(leaf.keyUsage, ['1.3.6.1.5.5.7.3.2', '1.3.6.1.5.5.7.3.1']);
    });

    for (const id of [
      'checkout',
      'spiffe://',
      'spiffe://kanmon.local',
      'spiffe://K/a',
      'spiffe://k/../a',
      'https://k/a',
    ]) {
      it(`refuses ${id} as a client's id`, async () => {
        const { ca } = await makeAuthority();
        await assert.rejects(ca.issueClient(id), /is no SPIFFE id/);
      });
    }

    it('never lets a leaf outlive it', async () => {
      const ca = await createAuthority('short', { days: 2 });
      assert.equal(days(new X509Certificate((await ca.issueServer()).cert)), 2);
    });

    it('can be opened again from its PEM, and not with the key of another', async () => {
      const [ca, other] = await Promise.all([createAuthority(), createAuthority()]);
      const again = await openAuthority(ca);
      const leaf = new X509Certificate((await again.issueClient(SVID)).cert);
      assert.ok(leaf.verify(new X509Certificate(ca.cert).publicKey));
      await assert.rejects(openAuthority({ cert: ca.cert, key: other.key }), /not that of the certificate/);
    });

    it('makes pairs with which TLS 1.3 connects both ways', async () => {
      const ca = await createAuthority();
      const [server, client] = await Promise.all([ca.issueServer(), ca.issueClient(SVID)]);
      assert.equal(await handshake(ca.cert, server, client), `URI:${SVID}`);
    });
  });

  describe('files', () => {
    let directory: string;
    beforeEach(() => {
      directory = mkdtempSync(join(tmpdir(), 'kanmon-certs-'));
    });
    afterEach(() => rmSync(directory, { recursive: true }));

    const write = (more: Partial<CertificateRequest> = {}) =>
      writeCertificates({ directory, serverNames: [], clients: new Map([['client', SVID]]), validity: {}, ...more });

    it('writes keys that only their owner can read', async () => {
      const { authority, server, clients } = await write();
      for (const { keyPath, certPath } of [authority, server, ...clients]) {
        assert.equal(statSync(keyPath).mode & 0o777, 0o600, keyPath);
        const key = createPrivateKey(readFileSync(keyPath));
        assert.ok(new X509Certificate(readFileSync(certPath)).checkPrivateKey(key), certPath);
      }
    });

    it('keeps an authority that is there, and renews the leaves', async () => {
      const first = await write();
      const before = [first.authority, first.server].map(({ certPath }) => readFileSync(certPath, 'utf8'));
      const second = await write();
      const after = [second.authority, second.server].map(({ certPath }) => readFileSync(certPath, 'utf8'));
      assert.equal(second.authority.kept, true);
      assert.equal(after[0], before[0]);
      assert.notEqual(after[1], before[1]);
    });

    it('says what to do about an authority that expired or lost its key', async () => {
      const { authority } = await write();
      await assert.rejects(write({ validity: { now: new Date(Date.now() + 400 * DAY_MS) } }), /expired .* move it/);
      rmSync(authority.keyPath);
      await assert.rejects(write(), /only one is there/);
    });

    for (const name of ['ca', 'server', '../x', '']) {
      it(`does not write a client's files as ${JSON.stringify(name)}`, async () => {
        await assert.rejects(write({ clients: new Map([[name, SVID]]) }), /cannot be/);
      });
    }
  });
});

async function makeAuthority() {
  const ca = await createAuthority();
  return { ca, cert: new X509Certificate(ca.cert) };
}

function days({ validFrom, validTo }: X509Certificate): number {
  return Math.floor((Date.parse(validTo) - Date.parse(validFrom)) / DAY_MS);
}

/** The names of the client, as the server saw them. */
function handshake(
  ca: string,
  server: { cert: string; key: string },
  client: { cert: string; key: string },
): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const listener = createServer({ ...server, ca, requestCert: true, minVersion: 'TLSv1.3' }, (socket) => {
      resolve(socket.getPeerX509Certificate()?.subjectAltName);
      socket.end();
      listener.close();
    });
    listener.on('tlsClientError', reject);
    listener.listen(0, '127.0.0.1', () => {
      const address = listener.address();
      assert.ok(typeof address === 'object' && address !== null);
      connect({ ...client, ca, port: address.port, host: '127.0.0.1' })
        .on('error', reject)
        .resume();
    });
  });
}
