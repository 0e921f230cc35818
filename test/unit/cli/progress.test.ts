import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { mock } from 'node:test';
import { startProgress } from '../../../server/cli/progress.ts';

describe('progress', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setInterval'] }));
  afterEach(() => mock.timers.reset());

  function terminal(isTTY: boolean) {
    const written: string[] = [];
    const write = (chunk: Buffer, _: string, done: () => void) => {
      written.push(chunk.toString().replaceAll('\r\u001b[2K', '<'));
      done();
    };
    return { written, output: Object.assign(new Writable({ write }), { isTTY }) };
  }

  it('says nothing for a second, then what is being waited for, and wipes it away', () => {
    const { written, output } = terminal(true);
    const stop = startProgress(output, 'waiting for chat');
    mock.timers.tick(999);
    assert.deepEqual(written, []);
    mock.timers.tick(1001);
    stop();
    stop();
    mock.timers.tick(5000);
    assert.deepEqual(written, ['<waiting for chat … 1 s', '<waiting for chat … 2 s', '<']);
  });

  it('leaves no trace of what was fast', () => {
    const { written, output } = terminal(true);
    startProgress(output, 'waiting')();
    assert.deepEqual(written, []);
  });

  it('says nothing where nobody looks', () => {
    const { written, output } = terminal(false);
    const stop = startProgress(output, 'waiting');
    mock.timers.tick(5000);
    stop();
    assert.deepEqual(written, []);
  });
});
