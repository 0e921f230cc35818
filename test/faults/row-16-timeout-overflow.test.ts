/** Row 16: deadlines of more than 2^31 ms, which grpc-js folds into the past. The gateway reads the header itself. */
import assert from 'node:assert/strict';
import type { ClientHttp2Session } from 'node:http2';
import { type CallInfo, callInfo } from '../../server/transport/grpc/call-info.ts';
import { openSession, type Rig, requestRaw, startRig } from '../support/grpc-rig.ts';
import { until } from '../support/until.ts';

describe('row 16: grpc-timeout over 2^31 ms', () => {
  let rig: Rig;
  let session: ClientHttp2Session;
  let info: CallInfo | undefined;
  before(async () => {
    rig = await startRig({
      listModels: async (context) => {
        info = callInfo(context);
        return { models: [], nextPageToken: '' };
      },
    });
    session = await openSession(rig);
  });
  after(async () => {
    session.destroy();
    await rig.stop();
  });

  for (const [value, ms] of [
    ['597H', 597 * 3_600_000],
    ['600H', 600 * 3_600_000],
    ['1000H', 1000 * 3_600_000],
    ['99999999H', 99_999_999 * 3_600_000],
    ['99999999S', 99_999_999_000],
  ] as const) {
    it(`row 16: ${value} is served and is the deadline that was meant`, async () => {
      const reply = await requestRaw(session, { 'grpc-timeout': value });
      assert.deepEqual([reply.http, reply.grpc], [200, '0']);
      assert.ok(info?.deadlineAtMs !== undefined);
      assert.equal(Math.round(info.deadlineAtMs - info.receivedAtMs), ms);
    });
  }

  it('row 16: short deadlines of every unit are exact, and none is none', async () => {
    for (const [value, ms] of [
      ['2M', 120_000],
      ['3S', 3000],
      ['40m', 40],
      ['500000u', 500],
      ['2000000n', 2],
    ] as const) {
      await requestRaw(session, { 'grpc-timeout': value });
      assert.equal(Math.round((info?.deadlineAtMs ?? 0) - (info?.receivedAtMs ?? 0)), ms);
    }
    await requestRaw(session);
    assert.equal(info?.deadlineAtMs, undefined);
  });

  it('row 16: a value that is none is refused by grpc-js and counted', async () => {
    const reply = await requestRaw(session, { 'grpc-timeout': 'soon' });
    assert.deepEqual([reply.grpc, reply.message], ['13', 'Invalid grpc-timeout value "soon"']);
    await until(() => rig.seen.length > 0);
    assert.deepEqual(rig.seen, ['call:malformed']);
  });
});
