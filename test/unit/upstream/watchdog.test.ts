import assert from 'node:assert/strict';
import { Watchdog } from '../../../server/upstream/watchdog.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

describe('the watchdog', () => {
  function rig() {
    const clock = createFakeClock();
    const barks: number[] = [];
    const watchdog = new Watchdog(clock);
    return { clock, barks, watchdog, bark: () => void barks.push(clock.nowMs()) };
  }

  it('barks once, when nothing has touched it for so long', async () => {
    const { clock, barks, watchdog, bark } = rig();
    watchdog.arm(100, bark);
    for (let i = 0; i < 5; i++) {
      await clock.advance(90);
      watchdog.touch();
    }
    await clock.advance(1_000);
    assert.deepEqual(barks, [550]);
    assert.equal(clock.pending(), 0);
  });

  it('keeps its timer where the next phase is the longer one, and sets a nearer one where it is shorter', async () => {
    const { clock, barks, watchdog, bark } = rig();
    watchdog.arm(100, () => assert.fail('the first phase is over'));
    watchdog.arm(500, bark);
    assert.equal(clock.pending(), 1);
    await clock.advance(499);
    assert.deepEqual(barks, []);
    watchdog.arm(10, bark);
    await clock.advance(10);
    assert.deepEqual(barks, [509]);
  });

  it('stays silent when it is stopped, and can be armed again', async () => {
    const { clock, barks, watchdog, bark } = rig();
    watchdog.arm(100, bark);
    watchdog.stop();
    assert.equal(clock.pending(), 0);
    await clock.advance(200);
    watchdog.arm(100, bark);
    await clock.advance(100);
    assert.deepEqual(barks, [300]);
  });
});
