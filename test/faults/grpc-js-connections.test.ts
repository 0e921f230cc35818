/** What grpc-js gets wrong around connections (faults.md section 6), by the numbers there: each guard once. */
import assert from 'node:assert/strict';
import type { Settings } from 'node:http2';
import { connect } from 'node:net';
import { Server as GrpcServer, type ServerCredentials } from '@grpc/grpc-js';
import { createServer } from 'nice-grpc';
import { channelOptions, secureServerOptions } from '../../server/transport/grpc/http2-options.ts';
import { bindHttp2Servers } from '../../server/transport/grpc/http2-servers.ts';
import { checkTlsFiles, ReloadableServerCredentials } from '../../server/transport/grpc/tls.ts';
import { makeAuthority } from '../support/certificates.ts';
import { LISTEN, openSession, openTls, SIZES, startRig } from '../support/grpc-rig.ts';
import { until } from '../support/until.ts';

describe('grpc-js: connections', () => {
  it('item 5: nothing listens before certificates were loaded, and broken ones later drop no connection', async () => {
    // The long form of it is rows 107 and 108; here, that the start waits: the first connection is served.
    const rig = await startRig();
    const session = await openSession(rig);
    assert.equal(session.destroyed, false);
    session.destroy();
    await rig.stop();
  });

  it('items 4 and 6: every context is complete: version, ciphers, CA and no tickets, at the start and at each update', async () => {
    const contexts: unknown[] = [];
    const ca = await makeAuthority();
    const credentials = await makeCredentials(ca);
    credentials._addWatcher((context) => contexts.push(context));
    const { cert, key } = await ca.issue();
    credentials.update(
      checkTlsFiles({ cert: Buffer.from(cert), key: Buffer.from(key), clientCa: Buffer.from(ca.cert) }, Date.now()),
    );
    for (const context of [credentials._getSecureContextOptions(), ...contexts]) {
      assert.ok(typeof context === 'object' && context !== null);
      const keys = Object.keys(context).sort();
      assert.deepEqual(keys, ['ca', 'cert', 'ciphers', 'key', 'minVersion', 'secureOptions']);
      assert.ok('minVersion' in context && context.minVersion === 'TLSv1.3');
    }
    assert.equal(contexts.length, 1);
  });

  it('item 6: a missing client CA is never filled with the public ones', async () => {
    const ca = await makeAuthority();
    const { cert, key } = await ca.issue();
    const files = { cert: Buffer.from(cert), key: Buffer.from(key), clientCa: Buffer.from('') };
    assert.throws(() => checkTlsFiles(files, Date.now()), { reason: 'CONFIG_INVALID' });
  });

  it('items 7 and 8: the HTTP/2 settings that grpc-js does not know arrive at the client', async () => {
    const rig = await startRig({ listen: { maxStreamsPerConnection: 37 } });
    const session = await openSession(rig);
    const settings = await new Promise<Settings>((resolve) =>
      session.once('remoteSettings', (all: Settings) => resolve(all)),
    );
    assert.deepEqual([settings.maxConcurrentStreams, settings.maxHeaderListSize], [37, 65_536]);
    session.destroy();
    await rig.stop();
  });

  it('items 7, 18 and 22: what grpc-js is told has every limit', () => {
    const tls = { certPath: '', keyPath: '', clientCaPath: '', clientAuth: 'require' } as const;
    const secure = secureServerOptions(tls, LISTEN);
    assert.deepEqual([secure.requestCert, secure.rejectUnauthorized], [true, true]);
    for (const name of [
      'handshakeTimeout',
      'maxSessionInvalidFrames',
      'streamResetBurst',
      'streamResetRate',
    ] as const) {
      assert.ok(Number(secure[name]) > 0, name);
    }
    const channel = channelOptions(LISTEN, SIZES);
    assert.equal(channel['grpc.enable_channelz'], 0);
    assert.equal(channel['grpc.max_receive_message_length'], SIZES.requestBytes);
    assert.ok(Number(channel['grpc-node.max_session_memory']) < 1000, 'megabytes');
    assert.ok(Number(channel['grpc.max_connection_age_ms']) > 0 && Number(channel['grpc.max_connection_idle_ms']) > 0);
  });

  it('item 9: the HTTP/2 server behind nice-grpc is found before its first connection', async () => {
    const found: string[] = [];
    const server = createServer();
    const port = await bindHttp2Servers(
      () => server.listen('127.0.0.1:0'),
      (http2Server) => {
        found.push(http2Server.constructor.name);
        http2Server.once('connection', () => found.push('connection'));
      },
    );
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    await until(() => found.length === 2);
    assert.deepEqual(found, ['Http2Server', 'connection']);
    socket.destroy();
    server.forceShutdown();
  });

  it('item 9: another server that begins to listen meanwhile is not taken for it', async () => {
    const found: unknown[] = [];
    const other = createServer();
    const mine = createServer();
    const [, port] = await Promise.all([
      other.listen('127.0.0.1:0'),
      bindHttp2Servers(
        () => mine.listen('127.0.0.1:0'),
        (server) => found.push(server),
      ),
    ]);
    assert.equal(found.length, 1);
    assert.ok(port > 0);
    other.forceShutdown();
    mine.forceShutdown();
  });

  it('item 10: grpc-js still waits for ever for a silent socket, so its shutdown is never awaited', async () => {
    const rig = await startRig({ plain: true });
    const raw = connect(rig.port, '127.0.0.1').on('error', () => undefined);
    await until(() => rig.listener.counts().sockets === 1);
    rig.listener.stopAccepting();
    await rig.listener.whenIdle();
    assert.equal(rig.listener.counts().sockets, 1, 'the socket is still there');
    const closed = new Promise((resolve) => raw.once('close', resolve));
    raw.resume();
    rig.listener.destroy();
    await closed;
    await rig.stop();
  });

  it('item 17: an idle client that pings for its connection is left alone', async () => {
    const rig = await startRig();
    const session = await openSession(rig);
    for (let count = 0; count < 10; count += 1) await new Promise((resolve) => session.ping(resolve));
    assert.equal(session.destroyed, false);
    assert.deepEqual(rig.seen, []);
    session.destroy();
    await rig.stop();
  });

  it('a TLS client that does not speak HTTP/2 is let go', async () => {
    const rig = await startRig();
    await assert.rejects(openTls(rig, { ALPNProtocols: ['http/1.1'] }), {
      code: 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL',
    });
    await until(() => rig.listener.counts().sockets === 0);
    await rig.stop();
  });

  it('the credentials have what grpc-js asks credentials for (its internals, pinned)', async () => {
    const credentials: ServerCredentials = await makeCredentials(await makeAuthority());
    assert.equal(credentials._isSecure(), true);
    assert.equal(credentials._equals(credentials), true);
    assert.ok(credentials._getConstructorOptions()?.settings);
    assert.deepEqual(credentials._getInterceptors(), []);
    const server = new GrpcServer(channelOptions(LISTEN, SIZES));
    await new Promise<void>((resolve, reject) =>
      server.bindAsync('127.0.0.1:0', credentials, (error) => (error ? reject(error) : resolve())),
    );
    server.forceShutdown();
  });
});

async function makeCredentials(ca: Awaited<ReturnType<typeof makeAuthority>>): Promise<ReloadableServerCredentials> {
  const { cert, key } = await ca.issue();
  const material = checkTlsFiles(
    { cert: Buffer.from(cert), key: Buffer.from(key), clientCa: Buffer.from(ca.cert) },
    Date.now(),
  );
  const tls = { certPath: '', keyPath: '', clientCaPath: '', clientAuth: 'require' } as const;
  return new ReloadableServerCredentials(material, secureServerOptions(tls, LISTEN));
}
