/** A listener that never accepts: its thread sleeps, so that the system answers no more connections once its queue is full. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';

/** A port on loopback that swallows connections. */
export interface DeafListener extends AsyncDisposable {
  readonly port: number;
}

const BACKLOG = 1; // Linux lets one connection more than that wait.

const SLEEPER = `
const { parentPort } = require('node:worker_threads');
const server = require('node:net').createServer();
server.listen(0, '127.0.0.1', ${BACKLOG}, () => {
  parentPort.postMessage(server.address().port);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});`;

/** Opens one, its queue full already. */
export async function openDeafListener(): Promise<DeafListener> {
  const worker = new Worker(SLEEPER, { eval: true });
  const [port] = (await once(worker, 'message')) as [number]; // The worker's one message.
  const fillers: Socket[] = [];
  for (let waiting = 0; waiting <= BACKLOG; waiting += 1) {
    const filler = connect(port, '127.0.0.1');
    filler.on('error', () => undefined);
    fillers.push(filler);
    await once(filler, 'connect');
  }
  return {
    port,
    async [Symbol.asyncDispose]() {
      for (const filler of fillers) filler.destroy();
      await worker.terminate();
    },
  };
}
