/** Rows 22 to 28: what grpc-js refuses by itself. The gateway sees and counts it, and lives on. */
import assert from 'node:assert/strict';
import type { ClientHttp2Session } from 'node:http2';
import { gzipSync } from 'node:zlib';
import { EMPTY_MESSAGE, frameMessage, openSession, type Rig, requestRaw, startRig } from '../support/grpc-rig.ts';
import { until } from '../support/until.ts';

const MAX_BYTES = 64 * 1024;
const PAGE_SIZE_FIELD = 0x08; // ListModelsRequest.page_size, a varint; padding follows as an unknown field.

describe('rows 22 to 28: refused by grpc-js', () => {
  let rig: Rig;
  let session: ClientHttp2Session;
  before(async () => {
    rig = await startRig({ sizes: { requestBytes: MAX_BYTES } });
    session = await openSession(rig);
  });
  beforeEach(() => {
    rig.seen.length = 0;
  });
  afterEach(async () => {
    const { grpc } = await requestRaw(session);
    assert.equal(grpc, '0', 'the connection still serves');
    assert.equal(rig.requestBytes.held(), 0, 'nothing is held any more');
  });
  after(async () => {
    session.destroy();
    await rig.stop();
  });

  it('row 22: a request of exactly the limit is served', async () => {
    assert.equal((await requestRaw(session, {}, frameMessage(paddedRequest(MAX_BYTES)))).grpc, '0');
    assert.deepEqual(rig.seen, []);
  });

  it('row 22: one byte more is RESOURCE_EXHAUSTED and counted', async () => {
    const reply = await requestRaw(session, {}, frameMessage(paddedRequest(MAX_BYTES + 1)));
    assert.deepEqual(
      [reply.grpc, reply.message],
      ['8', `Received message larger than max (${MAX_BYTES + 1} vs ${MAX_BYTES})`],
    );
    await until(() => rig.seen.length > 0);
    assert.deepEqual(rig.seen, ['call:message_too_large']);
  });

  it('row 22: what still comes after the answer is cut off', async () => {
    const stream = session.request({
      ':method': 'POST',
      ':path': '/kanmon.v1.GatewayService/ListModels',
      'content-type': 'application/grpc',
    });
    stream.on('error', () => undefined);
    const closed = new Promise((resolve) => stream.on('close', resolve));
    stream.write(Buffer.from([0, 0x7f, 0xff, 0xff, 0xff]));
    const feed = setInterval(() => stream.destroyed || stream.write(Buffer.alloc(1024)), 1);
    await closed;
    clearInterval(feed);
    assert.equal(stream.rstCode, 0);
  });

  it('row 23: a gzip bomb is RESOURCE_EXHAUSTED once it is larger than the limit', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    const reply = await requestRaw(session, { 'grpc-encoding': 'gzip' }, frameMessage(bomb, true));
    assert.deepEqual([reply.grpc, reply.message.includes('decompresses to a size larger than')], ['8', true]);
    await until(() => rig.seen.length > 0);
    assert.deepEqual(rig.seen, ['call:message_too_large']);
  });

  it('row 23: 100 bombs at once take no more memory than the limit for each', async () => {
    const bomb = frameMessage(gzipSync(Buffer.alloc(32 * 1024 * 1024)), true);
    const before = process.memoryUsage.rss();
    let peak = 0;
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage.rss());
    }, 1);
    const replies = await Promise.all(
      Array.from({ length: 100 }, () => requestRaw(session, { 'grpc-encoding': 'gzip' }, bomb)),
    );
    clearInterval(watch);
    assert.ok(replies.every(({ grpc }) => grpc === '8'));
    // 100 streams of 64 KiB, their inflaters, and the client, which is in the same process; unbounded, it would be 3.2 GB.
    assert.ok(peak - before < 200 * 1024 * 1024, `${Math.round((peak - before) / 1024 / 1024)} MiB more`);
  });

  it('row 24: corrupt gzip is INTERNAL, and the process lives', async () => {
    for (const body of [Buffer.from('not gzip'), gzipSync(Buffer.alloc(100)).subarray(0, 15), Buffer.alloc(0)]) {
      const reply = await requestRaw(session, { 'grpc-encoding': 'gzip' }, frameMessage(body, true));
      assert.deepEqual([reply.grpc, reply.message], ['13', 'Failed to decompress message']);
    }
    await until(() => rig.seen.length === 3);
    assert.deepEqual(new Set(rig.seen), new Set(['call:malformed']));
  });

  it('row 25: an unknown encoding is UNIMPLEMENTED and counted', async () => {
    const reply = await requestRaw(session, { 'grpc-encoding': 'br' }, frameMessage(Buffer.alloc(4), true));
    assert.deepEqual([reply.grpc, reply.message], ['12', 'Received message compressed with unsupported encoding "br"']);
    await until(() => rig.seen.length > 0);
    assert.deepEqual(rig.seen, ['call:encoding']);
  });

  it('row 26: malformed protobuf is INTERNAL and counted', async () => {
    const reply = await requestRaw(session, {}, frameMessage(Buffer.from([0x0a, 0xff, 0xff, 0xff, 0x7f])));
    assert.deepEqual([reply.grpc, reply.message], ['13', 'Error deserializing request']);
    await until(() => rig.seen.length > 0);
    assert.deepEqual(rig.seen, ['call:malformed']);
  });

  it('row 27: unknown methods and services are UNIMPLEMENTED and counted', async () => {
    for (const path of [
      '/kanmon.v1.GatewayService/Nothing',
      '/a.B/C',
      '/',
      '/kanmon.v1.GatewayService/',
      '/%ED%A0%80',
    ]) {
      assert.equal((await requestRaw(session, { ':path': path })).grpc, '12');
    }
    assert.deepEqual(rig.seen, Array(5).fill('call:unknown_method'));
  });

  it('row 28: a wrong content type is HTTP 415 and counted', async () => {
    for (const type of ['application/json', 'text/plain', '']) {
      const reply = await requestRaw(session, { 'content-type': type }, EMPTY_MESSAGE);
      assert.deepEqual([reply.http, reply.grpc], [415, undefined]);
    }
    assert.deepEqual(rig.seen, Array(3).fill('call:content_type'));
  });
});

/** A ListModelsRequest of exactly so many bytes. */
function paddedRequest(bytes: number): Buffer {
  return Buffer.alloc(bytes)
    .fill(Buffer.from([PAGE_SIZE_FIELD, 1]), 0, bytes - (bytes % 2))
    .fill(0, bytes - (bytes % 2));
}
