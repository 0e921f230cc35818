/** The thread of watch-for-hang.ts: looks every few seconds whether the number has changed. */
import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import type { HangWatchData } from './watch-for-hang.ts';

/** By the clock, on a machine that others use too; what one input may really take is measured in CPU time. */
const HANG_MS = 10_000;
const STANDARD_ERROR = 2;

const { current, message } = workerData as HangWatchData; // Its one caller gives it so.
let seen = -1;
setInterval(() => {
  const number = Atomics.load(current, 0);
  if (number === seen) {
    // console.error of a thread goes through the main one, which hangs.
    writeSync(STANDARD_ERROR, `${message.replaceAll('<number>', String(number))}\n`);
    process.kill(process.pid, 'SIGKILL');
  }
  seen = number;
}, HANG_MS);
