/** The admin listeners. */
import assert from 'node:assert/strict';
import { type IncomingMessage, request } from 'node:http';
import { request as secureRequest } from 'node:https';
import { connect } from 'node:net';
import { ClientError, createChannel, createClient, Status } from 'nice-grpc';
import { HealthDefinition } from 'nice-grpc-server-health';
import { systemClock } from '../../../server/model/clock.ts';
import { createAdminGrpc } from '../../../server/transport/admin/grpc.ts';
import { type AdminHttp, createAdminHttp, type Readiness } from '../../../server/transport/admin/http.ts';
import { createHealth } from '../../../server/transport/grpc/health.ts';
import { createRequestBytes } from '../../../server/transport/grpc/request-bytes.ts';
import { frameMessage, LISTEN, openSession, type Rig, requestRaw, SIZES, startRig } from '../../support/grpc-rig.ts';
import { readStatusDetails } from '../../support/status-details.ts';

const LOOPBACK = { host: '127.0.0.1', port: 0, tls: undefined };

describe('admin HTTP', () => {
  let admin: AdminHttp;
  let port: number;
  let readiness: Readiness = { ready: true, notes: [] };
  let metrics: () => Promise<string> = async () => 'kanmon_up 1\n';
  before(async () => {
    admin = createAdminHttp(LOOPBACK, {
      clock: systemClock,
      certReloadMs: 1000,
      onTlsEvent: () => undefined,
      readiness: () => readiness,
      renderMetrics: () => metrics(),
    });
    ({ port } = await admin.start());
  });
  after(() => admin.destroy());

  it('says that the process lives', async () => {
    assert.deepEqual(await get(port, '/livez'), [200, 'ok\n']);
  });

  it('says whether it is ready, and why not', async () => {
    assert.deepEqual(await get(port, '/readyz?verbose'), [200, 'ok\n']);
    readiness = { ready: false, notes: ['draining'] };
    assert.deepEqual(await get(port, '/readyz'), [503, 'not ready\ndraining\n']);
    readiness = { ready: true, notes: ['configuration not taken over'] };
    assert.deepEqual(await get(port, '/readyz'), [200, 'ok\nconfiguration not taken over\n']);
  });

  it('gives the metrics, and only 500 when they fail', async () => {
    assert.deepEqual(await get(port, '/metrics'), [200, 'kanmon_up 1\n']);
    metrics = () => Promise.reject(new Error('secret'));
    assert.deepEqual(await get(port, '/metrics'), [500, 'failed\n']);
  });

  it('knows no other page and no other method', async () => {
    assert.equal((await get(port, '/'))[0], 404);
    assert.equal((await get(port, '/metrics/../livez'))[0], 404);
    assert.equal((await get(port, '/livez', 'POST'))[0], 405);
    assert.deepEqual(await get(port, '/livez', 'HEAD'), [200, '']);
  });

  it('refuses headers over 8 KiB and survives garbage', async () => {
    assert.equal((await get(port, `/livez?${'a'.repeat(9000)}`))[0], 431);
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.end('\0\0garbage\r\n\r\n');
    socket.resume();
    await new Promise((resolve) => socket.once('close', resolve));
    assert.equal((await get(port, '/livez'))[0], 200);
  });

  it('ends at once, idle connections too', async () => {
    const other = createAdminHttp(LOOPBACK, {
      clock: systemClock,
      certReloadMs: 1000,
      onTlsEvent: () => undefined,
      readiness: () => readiness,
      renderMetrics: async () => '',
    });
    const socket = connect((await other.start()).port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.resume();
    await new Promise((resolve) => socket.once('connect', resolve));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await other.destroy();
    await closed;
  });
});

describe('admin HTTP over mTLS', () => {
  it('lets nobody in without a certificate of its CA', async () => {
    const rig = await startRig();
    const tls = {
      certPath: rig.files.cert,
      keyPath: rig.files.key,
      clientCaPath: rig.files.ca,
      clientAuth: 'require',
    } as const;
    const admin = createAdminHttp(
      { ...LOOPBACK, tls },
      {
        clock: systemClock,
        certReloadMs: 1000,
        onTlsEvent: () => undefined,
        readiness: () => ({ ready: true, notes: [] }),
        renderMetrics: async () => '',
      },
    );
    const { port } = await admin.start();
    const { cert, key } = rig.client;
    const status = (pair: object) =>
      new Promise((resolve, reject) => {
        const options = { host: '127.0.0.1', port, path: '/livez', ca: rig.ca.cert, agent: false, ...pair };
        secureRequest(options, (response) => resolve(response.resume().statusCode))
          .on('error', reject)
          .end();
      });
    assert.equal(await status({ cert, key }), 200);
    await assert.rejects(status({}));
    await admin.destroy();
    await rig.stop();
  });
});

describe('admin gRPC', () => {
  const deps = {
    clock: systemClock,
    config: LISTEN,
    sizes: SIZES,
    health: createHealth(['kanmon.v1.GatewayService'], true),
    requestBytes: createRequestBytes(1e6),
    observer: { onTlsRejected: () => undefined, onConnectionRefused: () => undefined, onCallRefused: () => undefined },
    onTlsEvent: () => undefined,
    reflection: { protoset: new Uint8Array(), services: ['kanmon.v1.GatewayService'] },
    isAdmin: () => false,
  };

  it('is bare on loopback: health of the process and of each service', async () => {
    const admin = createAdminGrpc(LOOPBACK, deps);
    const { port } = await admin.start();
    const channel = createChannel(`127.0.0.1:${port}`);
    const client = createClient(HealthDefinition, channel);
    assert.equal((await client.check({ service: '' })).status, 1);
    assert.equal((await client.check({ service: 'kanmon.v1.GatewayService' })).status, 1);
    await assert.rejects(client.check({ service: 'no.Such' }), (error) => codeOf(error) === Status.NOT_FOUND);
    channel.close();
    admin.destroy();
  });

  for (const host of ['0.0.0.0', '::', '192.0.2.1', 'example.org', '::ffff:10.0.0.1']) {
    it(`refuses to be bare on ${host}`, () => {
      assert.throws(() => createAdminGrpc({ host, port: 0, tls: undefined }, deps), { reason: 'CONFIG_INVALID' });
    });
  }
});

describe('reflection on the service port', () => {
  const REFLECTION = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
  let rig: Rig;
  let known = true;
  before(async () => {
    const services = ['kanmon.v1.GatewayService'];
    rig = await startRig({ reflection: { protoset: new Uint8Array(), services, isKnown: () => known } });
  });
  after(() => rig.stop());

  it('is served to peers that are known and refused to others', async () => {
    const list = frameMessage(Buffer.from([0x3a, 0])); // ServerReflectionRequest.list_services = "".
    const session = await openSession(rig);
    assert.equal((await requestRaw(session, { ':path': REFLECTION }, list)).grpc, '0');
    known = false;
    const refused = await requestRaw(session, { ':path': REFLECTION }, list);
    assert.deepEqual([refused.grpc, refused.pushback], ['7', '-1']);
    assert.equal(readStatusDetails(refused.details).reason, 'PEER_NOT_ALLOWED');
    session.destroy();
  });

  it('is not there where it is not configured', async () => {
    const bare = await startRig();
    const session = await openSession(bare);
    assert.equal((await requestRaw(session, { ':path': REFLECTION })).grpc, '12');
    session.destroy();
    await bare.stop();
  });
});

function codeOf(error: unknown): Status | undefined {
  return error instanceof ClientError ? error.code : undefined;
}

function get(port: number, path: string, method = 'GET'): Promise<readonly [status: number | undefined, body: string]> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, method, agent: false }, (response: IncomingMessage) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text) => {
        body += text;
      });
      response.on('end', () => resolve([response.statusCode, body]));
    });
    sent.on('error', reject);
    sent.end();
  });
}
