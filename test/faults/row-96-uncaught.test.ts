/** Row 96: a fault in the process that nobody catches: it is written down, the calls end, and the process with them. */
import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { KanmonError } from '@kanmon/client';
import { STREAM_HEAD, textEvent } from '../support/chat-wire.ts';
import { failure } from '../support/client-rig.ts';
import { generation } from '../support/fault-rig.ts';
import { openaiCompatible } from '../support/gateway.ts';
import { openMisbehavingServer, steps } from '../support/misbehaving-server.ts';
import { startServeProcess } from '../support/serve-process.ts';

const PRELOAD = new URL('../support/fault-on-signal.ts', import.meta.url);

describe('row 96: faults that nobody catches', function () {
  this.timeout(20_000);

  it('row 96: an exception and a rejection are logged, end calls as UNAVAILABLE, and the process with 1 within a second', () =>
    Promise.all(SIGNALS.map(assertEnds)));
});

/** What makes an uncaught exception, and an unhandled rejection. */
const SIGNALS = ['SIGUSR1', 'SIGUSR2'] as const;

async function assertEnds(signal: NodeJS.Signals): Promise<void> {
  await using provider = await openMisbehavingServer(({ body }) =>
    body.includes('"stream":true') ? [steps.send(STREAM_HEAD + textEvent('one ')), steps.stall] : [steps.stall],
  );
  await using serve = await startServeProcess(
    {
      providers: { slow: openaiCompatible(provider.port) },
      models: { chat: { deployments: [{ provider: 'slow', model: 'm' }] } },
    },
    { preload: PRELOAD },
  );
  const unary = failure(serve.client.complete(generation('chat')));
  const stream = serve.client.stream(generation('chat'))[Symbol.asyncIterator]();
  for (let events = 0; events < 3; events += 1) await stream.next();
  await provider.requested(2);

  const atMs = performance.now();
  serve.process.kill(signal);
  const exit = await serve.exited;
  strictEqual(exit.code, 1);
  ok(exit.atMs - atMs < 1500, `${exit.atMs - atMs} ms`);

  const errors = [await unary, await failure(stream.next())];
  for (const error of errors) ok(error instanceof KanmonError && error.code === 'UNAVAILABLE', String(error));
  deepStrictEqual(
    errors.map(({ reason, pushbackMs }) => [reason, pushbackMs]),
    [
      ['SERVER_DRAINING', 0],
      ['SERVER_DRAINING', -1],
    ],
  );
  const [line] = serve.logs().filter(({ level }) => level === 'error');
  strictEqual(line?.msg, 'ends by a fault of its own');
  ok(JSON.stringify(line).includes('injected'), 'with its message');
  ok(!serve.logText().includes('canary'), 'without what stands in quotes');
  strictEqual(serve.errorText(), '');
  strictEqual(serve.logs().filter(({ reason }) => reason === 'SERVER_DRAINING').length, 2, 'both calls are settled');
  for (const { closed } of provider.connections) await closed;
}
