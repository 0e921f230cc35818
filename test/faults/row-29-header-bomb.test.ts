/** Row 29: too much metadata. Up to what nghttp2 takes, the gateway answers with a reason. */
import assert from 'node:assert/strict';
import type { ClientHttp2Session } from 'node:http2';
import { openSession, type Rig, requestRaw, startRig } from '../support/grpc-rig.ts';
import { readStatusDetails } from '../support/status-details.ts';

const ENHANCE_YOUR_CALM = 11;

describe('row 29: header bombs', () => {
  let rig: Rig;
  let session: ClientHttp2Session;
  let calls = 0;
  before(async () => {
    rig = await startRig({
      listModels: async () => {
        calls += 1;
        return { models: [], nextPageToken: '' };
      },
    });
    session = await openSession(rig);
  });
  beforeEach(() => {
    rig.seen.length = 0;
    calls = 0;
  });
  afterEach(async () => {
    calls = 0;
    assert.equal((await requestRaw(session)).grpc, '0', 'the connection survives');
    assert.equal(calls, 1);
  });
  after(async () => {
    session.destroy();
    await rig.stop();
  });

  it('row 29: metadata under 16 KiB is served', async () => {
    assert.equal((await requestRaw(session, { 'x-large': 'a'.repeat(15_000) })).grpc, '0');
  });

  for (const [name, headers] of [
    ['16.5 KB in one value', { 'x-large': 'a'.repeat(16_500) }],
    ['60 KB in one value', { 'x-large': 'a'.repeat(60_000) }],
    ['16 KB in many small values', manyHeaders(100, 150)],
    ['60 KB in several values', manyHeaders(6, 10_000)],
  ] as const) {
    it(`row 29: ${name} are RESOURCE_EXHAUSTED METADATA_TOO_LARGE`, async () => {
      const reply = await requestRaw(session, headers);
      assert.deepEqual([reply.grpc, reply.pushback], ['8', '-1']);
      const { reason, domain, retryMs } = readStatusDetails(reply.details);
      assert.deepEqual([reason, domain, retryMs], ['METADATA_TOO_LARGE', 'kanmon.v1', undefined]);
      assert.match(reply.message, /over 16384 bytes/);
      assert.deepEqual(rig.seen, ['call:metadata_too_large']);
      assert.equal(calls, 0, 'no handler ran');
    });
  }

  for (const [name, headers] of [
    ['70 KB', manyHeaders(5, 14_000)],
    ['200 KB', manyHeaders(20, 10_000)],
    ['200 pairs', manyHeaders(200, 1)],
  ] as const) {
    it(`row 29: ${name} are too much for Node, which resets the stream`, async () => {
      const { grpc, reset } = await requestRaw(session, headers);
      assert.deepEqual([grpc, reset], [undefined, ENHANCE_YOUR_CALM]);
      assert.equal(calls, 0, 'no handler ran');
    });
  }

  it('row 29: one value over 64 KiB is a broken header block for nghttp2: that connection ends, others do not', async () => {
    const attacker = await openSession(rig);
    const closed = new Promise((resolve) => attacker.once('close', resolve));
    const { grpc } = await requestRaw(attacker, { 'x-large': 'a'.repeat(200_000) });
    assert.equal(grpc, undefined);
    await closed;
    assert.equal(calls, 0, 'no handler ran');
  });
});

function manyHeaders(count: number, bytes: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`x-${index}`, 'a'.repeat(bytes)]));
}
