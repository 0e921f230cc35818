import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createClient, textOf } from '@kanmon/client';
import { hostOf } from '../../clients/typescript/src/server-identity.ts';
import { createAuthority } from '../../server/cli/certs/authority.ts';
import { ClientRig, failure, REQUEST } from '../support/client-rig.ts';
import { answer, type Script } from '../support/scripted-gateway.ts';

describe('client: connection', () => {
  const rig = new ClientRig();
  afterEach(() => rig.close());

  const hi: Script = { complete: async () => answer('Hi') };

  it('takes PEM as texts, bytes, paths and URLs', async () => {
    const { address, ...pems } = await rig.start(hi);
    const directory = mkdtempSync(join(tmpdir(), 'kanmon-client-'));
    rig.atEnd(() => rmSync(directory, { recursive: true }));
    const path = (name: string) => join(directory, name);
    for (const [name, pem] of Object.entries(pems)) writeFileSync(path(name), pem);
    const forms: ((name: keyof typeof pems) => string | Uint8Array | URL)[] = [
      (name) => pems[name],
      (name) => Buffer.from(pems[name]),
      path,
      (name) => pathToFileURL(path(name)),
    ];
    for (const form of forms) {
      const client = rig.open({ address, ca: form('ca'), cert: form('cert'), key: form('key') });
      assert.equal(textOf((await client.complete(REQUEST)).message), 'Hi');
    }
  });

  describe('the name of the gateway', () => {
    it('is that of the address, be it a name or an IP address', async () => {
      const gateway = await rig.start(hi);
      for (const host of ['127.0.0.1', 'localhost', 'dns:///localhost', 'ipv4:127.0.0.1']) {
        const address = gateway.address.replace('127.0.0.1', host);
        assert.equal(textOf((await rig.open({ ...gateway, address }).complete(REQUEST)).message), 'Hi');
      }
    });

    it('can be given, and has to be right', async () => {
      const gateway = { ...(await rig.start(hi)), retry: { maxAttempts: 1 } };
      for (const serverName of ['localhost', '127.0.0.1', '::1'])
        await rig.open({ ...gateway, serverName }).complete(REQUEST);
      for (const serverName of ['other.example', '127.0.0.2']) {
        const error = await failure(rig.open({ ...gateway, serverName }).complete(REQUEST));
        assert.match(error.message, /does not match certificate's altnames/);
        assert.equal(error.code, 'UNAVAILABLE');
      }
    });

    const hosts = {
      'gateway:7443': 'gateway',
      'https://gateway.corp.example:7443': 'gateway.corp.example',
      '10.0.0.7:7443': '10.0.0.7',
      '[::1]:7443': '::1',
      '::1': '::1',
      'dns:gateway:7443': 'gateway',
      'dns:///gateway:7443': 'gateway',
      'dns://10.0.0.1/gateway:7443': 'gateway',
      'ipv4:10.0.0.7:7443,10.0.0.8:7443': '10.0.0.7',
      'ipv6:[fe80::1]:7443': 'fe80::1',
    };
    for (const [address, host] of Object.entries(hosts)) {
      it(`is ${host} for ${address}`, () => assert.equal(hostOf(address), host));
    }
  });

  it('is refused by a gateway of another authority', async () => {
    const gateway = { ...(await rig.start(hi)), retry: { maxAttempts: 1 } };
    const { cert: ca } = await createAuthority();
    assert.equal((await failure(rig.open({ ...gateway, ca }).complete(REQUEST))).code, 'UNAVAILABLE');
  });

  it('says at once what is wrong with a certificate or key', async () => {
    const { ca, cert, key } = await (await createAuthority())
      .issueServer()
      .then((pair) => ({ ca: pair.cert, ...pair }));
    const address = '127.0.0.1:1';
    assert.throws(() => createClient({ address, ca, cert }), /belong together/);
    assert.throws(() => createClient({ address, ca, key }), /belong together/);
    assert.throws(() => createClient({ address, ca: '/nowhere/ca.pem' }), /ENOENT/);
    assert.throws(() => createClient({ address, ca: new Uint8Array(3) }), /ca: .* no PEM/);
    const other = await (await createAuthority()).issueServer();
    assert.throws(() => createClient({ address, ca, cert, key: other.key }), /key values mismatch/);
  });
});
