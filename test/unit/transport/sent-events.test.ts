import { strictEqual } from 'node:assert/strict';
import { SentEvents } from '../../../server/transport/grpc/sent-events.ts';

describe('SentEvents', () => {
  it('knows the last event of the newest messages, however many there were', () => {
    const sent = new SentEvents();
    for (let message = 1; message <= 1000; message += 1) sent.note(message * 3);
    strictEqual(sent.lastOf(1000), 3000);
    strictEqual(sent.lastOf(984), 2952);
  });

  it('has none where nothing left, or only heartbeats did', () => {
    const sent = new SentEvents();
    strictEqual(sent.lastOf(0), undefined);
    sent.note(-1);
    sent.note(4);
    strictEqual(sent.lastOf(1), undefined);
    strictEqual(sent.lastOf(2), 4);
  });
});
