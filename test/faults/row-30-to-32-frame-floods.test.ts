/** Rows 30 to 32: floods of resets, of broken or endless headers, of PING and SETTINGS. */
import assert from 'node:assert/strict';
import type { TLSSocket } from 'node:tls';
import { LIST_MODELS, openClient, openTls, type Rig, startRig } from '../support/grpc-rig.ts';
import {
  frame,
  headerBlock,
  headersFrame,
  PREFACE,
  pingFrame,
  resetFrame,
  settingsFrame,
} from '../support/http2-frames.ts';
import { until } from '../support/until.ts';

const HEADERS = {
  ':method': 'POST',
  ':scheme': 'https',
  ':path': LIST_MODELS,
  ':authority': 'localhost',
  'content-type': 'application/grpc',
};

describe('rows 30 to 32: floods of frames', () => {
  let rig: Rig;
  let started = 0;
  before(async () => {
    rig = await startRig({
      listModels: async () => {
        started += 1;
        return { models: [], nextPageToken: '' };
      },
    });
  });
  beforeEach(() => {
    rig.seen.length = 0;
    started = 0;
  });
  afterEach(async () => {
    const client = openClient(rig);
    assert.deepEqual((await client.listModels({})).models, [], 'others are served');
    client.close();
    await until(() => rig.listener.counts().sockets === 0);
    assert.deepEqual(rig.listener.counts(), { sockets: 0, sessions: 0, streams: 0 });
    assert.equal(rig.requestBytes.held(), 0);
  });
  after(() => rig.stop());

  it('row 30: rapid resets end the connection after a bounded number of calls', async () => {
    const socket = await attack(rig);
    let stream = 1;
    await floodUntilClosed(socket, () => {
      const frames = [headersFrame(stream, HEADERS), frame(0, 1, stream, Buffer.alloc(5)), resetFrame(stream)];
      stream += 2;
      return Buffer.concat(frames);
    });
    assert.ok(started < 1000, `${started} calls were started`);
  });

  it('row 31: endless CONTINUATION ends the connection', async () => {
    const socket = await attack(rig);
    socket.write(frame(1, 0, 1, headerBlock(HEADERS)));
    await floodUntilClosed(socket, () => frame(9, 0, 1, headerBlock({ 'x-more': 'a'.repeat(100) })));
    assert.equal(started, 0);
  });

  it('row 31: malformed HEADERS end the connection, and the process lives', async () => {
    for (const broken of [
      frame(1, 4, 1, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff])), // An index beyond every table.
      frame(1, 4, 2, headerBlock(HEADERS)), // An even stream.
      frame(1, 0x0c, 1, Buffer.from([0xff, 0])), // More padding than payload.
      Buffer.concat([frame(1, 0, 1, headerBlock(HEADERS)), pingFrame()]), // No CONTINUATION where one must come.
    ]) {
      const socket = await attack(rig);
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.write(broken);
      await closed;
    }
    assert.equal(started, 0);
  });

  it('row 31: a stream that is reset in the packet that opens it does no harm, whatever it asks for', async () => {
    const socket = await attack(rig);
    for (const [index, more] of [
      { ':path': '/no/thing' },
      { 'content-type': 'text/plain' },
      { 'grpc-timeout': 'x' },
    ].entries()) {
      const stream = 2 * index + 1;
      socket.write(Buffer.concat([headersFrame(stream, { ...HEADERS, ...more }, true), resetFrame(stream)]));
    }
    await until(() => rig.seen.length >= 2);
    socket.destroy();
  });

  for (const [name, make] of [
    ['PING', pingFrame],
    ['SETTINGS', settingsFrame],
  ] as const) {
    it(`row 32: a flood of ${name} ends the connection and is counted`, async () => {
      const socket = await attack(rig);
      await floodUntilClosed(socket, make);
      assert.deepEqual(rig.seen, ['connection:frame_flood']);
    });
  }

  it('row 32: pings of a client that measures its bandwidth are no flood', async () => {
    const client = openClient(rig);
    const socket = await attack(rig);
    socket.write(headersFrame(1, HEADERS)); // A call is open: its message has not come.
    for (let sent = 0; sent < 500; sent += 1) socket.write(pingFrame());
    socket.write(frame(0, 1, 1, Buffer.alloc(5)));
    await until(() => started > 0);
    assert.deepEqual(rig.seen, []);
    socket.destroy();
    client.close();
  });
});

async function attack(rig: Rig): Promise<TLSSocket> {
  const socket = await openTls(rig);
  socket.resume(); // Whoever does not read is stopped by nghttp2; these read.
  socket.write(PREFACE);
  return socket;
}

/** Sends frames until the server has had enough. */
async function floodUntilClosed(socket: TLSSocket, make: () => Buffer): Promise<void> {
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  while (!socket.destroyed) {
    for (let count = 0; count < 50; count += 1) socket.write(make());
    await new Promise((resolve) => setImmediate(resolve));
  }
  await closed;
}
