/** Row 34: more calls on one connection than it may have streams: the client queues them. */
import assert from 'node:assert/strict';
import { openClient, type Rig, startRig } from '../support/grpc-rig.ts';

const LIMIT = 10;
const CALLS = 30;

describe('row 34: more calls than streams', () => {
  let rig: Rig;
  let running = 0;
  let most = 0;
  before(async () => {
    rig = await startRig({
      listen: { maxStreamsPerConnection: LIMIT },
      listModels: async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        return { models: [], nextPageToken: '' };
      },
    });
  });
  after(() => rig.stop());

  it('row 34: all are answered, and never more than the limit run at once', async () => {
    const client = openClient(rig);
    const replies = await Promise.all(Array.from({ length: CALLS }, () => client.listModels({})));
    assert.equal(replies.length, CALLS);
    assert.equal(most, LIMIT);
    assert.deepEqual(rig.seen, []);
    assert.equal(rig.listener.counts().sessions, 1);
    client.close();
  });
});
