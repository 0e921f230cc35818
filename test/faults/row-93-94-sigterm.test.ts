/** Rows 93 to 95 with a whole process: SIGTERM while streams run, with sockets that say nothing, with new calls coming. */
import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { textOf } from '@kanmon/client';
import { STREAM_END, STREAM_HEAD, textEvent } from '../support/chat-wire.ts';
import { failure } from '../support/client-rig.ts';
import { eventually, generation } from '../support/fault-rig.ts';
import { openaiCompatible } from '../support/gateway.ts';
import { type MisbehavingServer, openMisbehavingServer, steps } from '../support/misbehaving-server.ts';
import { type ServeProcess, startServeProcess } from '../support/serve-process.ts';

const ANNOUNCE_MS = 600;
const GRACE_MS = 1200;

describe('rows 93 to 95: SIGTERM', function () {
  this.timeout(20_000);
  let serve: ServeProcess;
  let provider: MisbehavingServer;
  const gate = Promise.withResolvers<void>();

  before(async () => {
    provider = await openMisbehavingServer(({ body }) => [
      steps.send(STREAM_HEAD + textEvent('one ')),
      ...(body.includes('"short')
        ? [steps.wait(gate.promise), steps.send(textEvent('two') + STREAM_END)]
        : [steps.stall]),
    ]);
    const own = (model: string) => ({ deployments: [{ provider: 'slow', model }], timeouts: { idle: '30s' } });
    serve = await startServeProcess({
      providers: {
        slow: openaiCompatible(provider.port),
        simulator: { host: 'simulator', firstTokenMs: 0, tokensPerSecond: 0 },
      },
      models: {
        short: own('short'),
        long: own('long'),
        honest: { deployments: [{ provider: 'simulator', model: 'sim' }] },
      },
      more: { drain: { announce: `${ANNOUNCE_MS}ms`, grace: `${GRACE_MS}ms` } },
    });
  });

  after(async () => {
    await serve[Symbol.asyncDispose]();
    await provider[Symbol.asyncDispose]();
  });

  it('rows 93 to 95: it announces, lets streams end, ends the rest with SERVER_DRAINING, and exits in time', async () => {
    const idle = connect(serve.port, '127.0.0.1').on('error', () => undefined);
    await once(idle, 'connect');
    const long = serve.client.stream({ ...generation('long'), options: { requestId: 'long' } })[Symbol.asyncIterator]();
    const short = serve.client.stream(generation('short'));
    const shortEnd = short.final();
    for (let events = 0; events < 3; events += 1) await long.next();
    await provider.requested(2);
    strictEqual(await serve.client.health(), 'SERVING');

    const atMs = performance.now();
    serve.process.kill('SIGTERM');
    await eventually(async () => (await serve.client.health()) === 'NOT_SERVING');
    const ready = await fetch(`http://127.0.0.1:${serve.adminPort}/readyz`);
    strictEqual(ready.status, 503);
    ok((await serve.client.complete(generation('honest'))).callId, 'row 95: announced, and still served');

    const longEnd = failure(long.next());
    gate.resolve();
    strictEqual(textOf((await shortEnd).message), 'one two');
    const error = await longEnd;
    deepStrictEqual(
      [error.code, error.reason, error.pushbackMs, error.callFailure?.lastSequence],
      ['UNAVAILABLE', 'SERVER_DRAINING', -1, 2],
    );
    const exit = await serve.exited;
    const tookMs = exit.atMs - atMs;
    strictEqual(exit.code, 0);
    ok(tookMs >= ANNOUNCE_MS && tookMs < ANNOUNCE_MS + GRACE_MS + 2000, `${tookMs} ms, with an idle socket open`);

    const [line] = serve.logs().filter(({ requestId }) => requestId === 'long');
    deepStrictEqual([line?.status, line?.reason], ['UNAVAILABLE', 'SERVER_DRAINING']);
    const [stopped] = serve.logs().filter(({ msg }) => msg === 'stopped');
    strictEqual(stopped?.abortedStreams, 1);
    strictEqual((await failure(serve.client.complete(generation('honest')))).code, 'UNAVAILABLE');
    for (const { closed } of provider.connections) await closed;
    idle.destroy();
  });
});
