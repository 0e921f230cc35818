/** Row 21: a client that is gone without a word: keepalive finds out, and its calls are cancelled. */
import assert from 'node:assert/strict';
import { LIST_MODELS, openSession, openTls, type Rig, startRig } from '../support/grpc-rig.ts';
import { headersFrame, PREFACE } from '../support/http2-frames.ts';
import { until } from '../support/until.ts';

const HEADERS = {
  ':method': 'POST',
  ':scheme': 'https',
  ':path': LIST_MODELS,
  ':authority': 'localhost',
  'content-type': 'application/grpc',
};

describe('row 21: a client vanishes', () => {
  let rig: Rig;
  let cancelled = 0;
  before(async () => {
    rig = await startRig({
      listen: { keepaliveIntervalMs: 60, keepaliveTimeoutMs: 40 },
      listModels: ({ signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            cancelled += 1;
            reject(Object.assign(new Error('cancelled'), { name: 'AbortError' }));
          });
        }),
    });
  });
  after(() => rig.stop());

  it('row 21: the connection is cut and the call cancelled, though no FIN came', async () => {
    const socket = await openTls(rig); // It answers no ping: nothing reads, as after SIGSTOP.
    socket.pause();
    socket.write(PREFACE);
    socket.write(Buffer.concat([headersFrame(1, HEADERS), Buffer.from([0, 0, 5, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0])]));
    await until(() => rig.listener.counts().streams === 1);
    await until(() => cancelled === 1);
    await until(() => rig.listener.counts().sockets === 0);
    assert.deepEqual(rig.listener.counts(), { sockets: 0, sessions: 0, streams: 0 });
    socket.destroy();
  });

  it('row 21: a client that answers pings stays', async () => {
    const session = await openSession(rig);
    let pings = 0;
    session.on('ping', () => {
      pings += 1;
    });
    await until(() => pings === 4);
    assert.equal(rig.listener.counts().sessions, 1);
    session.destroy();
  });
});
