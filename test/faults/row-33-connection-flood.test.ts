/** Row 33: too many connections, and handshakes that never end. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { systemClock } from '../../server/model/clock.ts';
import { Connections } from '../../server/transport/grpc/connections.ts';
import { openClient, openSession, openTls, type Rig, requestRaw, startRig } from '../support/grpc-rig.ts';
import { readStatusDetails } from '../support/status-details.ts';
import { until } from '../support/until.ts';

const CAP = 2;

describe('row 33: connection floods', () => {
  let rig: Rig;
  before(async () => {
    rig = await startRig({ listen: { maxConnectionsPerIdentity: CAP, handshakeTimeoutMs: 150 } });
  });
  beforeEach(() => {
    rig.seen.length = 0;
  });
  after(() => rig.stop());

  it('row 33: beyond the cap of an identity, calls are RESOURCE_EXHAUSTED TOO_MANY_CONNECTIONS', async () => {
    const sessions = [];
    for (let count = 0; count < CAP; count += 1) sessions.push(await openSession(rig));
    for (const session of sessions) assert.equal((await requestRaw(session)).grpc, '0');
    const extra = await openSession(rig);
    const goneAway = new Promise((resolve) => extra.once('close', resolve));
    const reply = await requestRaw(extra);
    assert.deepEqual([reply.grpc, reply.pushback], ['8', '-1']);
    assert.equal(readStatusDetails(reply.details).reason, 'TOO_MANY_CONNECTIONS');
    await goneAway;
    assert.deepEqual(rig.seen, ['connection:too_many_of_identity', 'call:too_many_connections']);

    const other = openClient(rig, await rig.ca.issue({ uris: ['spiffe://test.example/other'] }));
    assert.deepEqual((await other.listModels({})).models, [], 'another identity is served');
    other.close();
    for (const session of sessions) assert.equal((await requestRaw(session)).grpc, '0', 'existing ones are served');
    for (const session of sessions) session.destroy();
    await until(() => rig.listener.counts().sessions === 0);
    const again = await openSession(rig);
    assert.equal((await requestRaw(again)).grpc, '0', 'room was given back');
    again.destroy();
    await until(() => rig.listener.counts().sessions === 0);
  });

  it('row 33: beyond twice the cap, connections are cut', async () => {
    const sockets = [];
    for (let count = 0; count < 2 * CAP; count += 1) sockets.push(await openTls(rig));
    const cut = await openTls(rig);
    cut.resume();
    await new Promise((resolve) => cut.once('close', resolve));
    assert.equal(rig.listener.counts().sessions, 2 * CAP);
    for (const socket of sockets) socket.destroy();
    await until(() => rig.listener.counts().sockets === 0);
  });

  it('row 33: a handshake that does not end is cut after its time, and counted', async () => {
    const socket = connect(rig.port, '127.0.0.1');
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.once('close', resolve));
    await until(() => rig.seen.length > 0);
    assert.deepEqual(rig.seen, ['tls:timeout']);
  });

  it('row 33: 1,000 sockets from one address leave existing connections served, and the rest is refused', async () => {
    const session = await openSession(rig);
    const sockets: Socket[] = [];
    for (let count = 0; count < 1000; count += 1) {
      const socket = connect(rig.port, '127.0.0.1');
      socket.on('error', () => undefined);
      sockets.push(socket);
    }
    await until(() => rig.seen.includes('connection:too_many_handshakes'));
    assert.equal((await requestRaw(session)).grpc, '0');
    await Promise.all(
      sockets.filter(({ closed }) => !closed).map((socket) => new Promise((resolve) => socket.once('close', resolve))),
    );
    assert.equal((await requestRaw(session)).grpc, '0');
    session.destroy();
    await until(() => rig.listener.counts().sockets === 0);
    const client = openClient(rig);
    assert.deepEqual((await client.listModels({})).models, [], 'new ones are served again');
    client.close();
  });

  it('row 33: beyond the cap of the listener, sockets are dropped and counted', async () => {
    const seen: string[] = [];
    const observer = {
      onTlsRejected: () => undefined,
      onConnectionRefused: (cause: string) => seen.push(cause),
      onCallRefused: () => undefined,
    };
    const limits = { total: 2, handshakes: 9, handshakesPerAddress: 9, perIdentity: 9 };
    const connections = new Connections(limits, observer, systemClock);
    const server = createServer();
    connections.attach(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    assert.ok(typeof address === 'object' && address !== null);
    const sockets = [1, 2, 3].map(() =>
      connect(address.port, '127.0.0.1')
        .on('error', () => undefined)
        .resume(),
    );
    await Promise.race(sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve))));
    assert.deepEqual([seen, connections.counts().sockets], [['too_many'], 2]);
    connections.destroy();
    server.close();
  });
});
