/** A thread beside the fuzzer that sees when one input never ends: the fuzzer itself could not say so any more. */
import { Worker } from 'node:worker_threads';

/** The watch. */
export interface HangWatch {
  /** To be called with the number of each input before it is decoded. */
  readonly onInput: (number: number) => void;
  readonly stop: () => Promise<void>;
}

/** What the other thread needs. */
export interface HangWatchData {
  /** One cell: the number of the current input. */
  readonly current: Int32Array<SharedArrayBuffer>;
  readonly message: string;
}

/** Ends the process when one input takes too long by the clock, with a message in which <number> is the input's. */
export function watchForHang(message: string): HangWatch {
  const current = new Int32Array(new SharedArrayBuffer(4));
  const workerData: HangWatchData = { current, message };
  const worker = new Worker(new URL('./hang-watcher.ts', import.meta.url), { workerData });
  worker.unref();
  return {
    onInput: (number) => {
      Atomics.store(current, 0, number);
    },
    stop: async () => {
      await worker.terminate();
    },
  };
}
