/** Starts the mock upstream beside the load generator. */
import { once } from 'node:events';
import { get } from 'node:http';
import { fileURLToPath } from 'node:url';
import { LOAD_CORE, startPinned } from './process.ts';

/** The mock upstream, running. */
export interface Mock {
  readonly port: number;
  /** Chunks with text that it has written so far, over all subjects. */
  readonly countTokens: () => Promise<number>;
  readonly stop: () => Promise<void>;
}

/** Starts it; resolves when it serves. */
export async function startMock(): Promise<Mock> {
  const script = fileURLToPath(new URL('mock-upstream.ts', import.meta.url));
  const started = startPinned(LOAD_CORE, [process.execPath, script], ['ignore', 'pipe', 'inherit', 'ipc']);
  if (started.child.stdout === null) throw new Error('a pipe was asked for');
  const [line] = (await once(started.child.stdout, 'data')) as [Buffer]; // Its first and only line.
  const port = Number(line.toString());
  return {
    port,
    countTokens: () => readNumber(`http://127.0.0.1:${port}/tokens`),
    stop: started.end,
  };
}

function readNumber(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    get(url, (reply) => {
      let text = '';
      reply.on('data', (piece: Buffer) => {
        text += piece.toString();
      });
      reply.on('end', () => resolve(Number(text)));
    }).on('error', reject);
  });
}
