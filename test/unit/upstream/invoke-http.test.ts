/** Invoke over real connections: what only shows there. */
import assert from 'node:assert/strict';
import { GatewayError } from '../../../server/model/errors.ts';
import { createHttpExchange, type HttpExchange } from '../../../server/upstream/http.ts';
import { createInvoke } from '../../../server/upstream/invoke.ts';
import { CHUNKED, httpChunk, type OnRequest, openRawServer, type RawServer } from '../../support/raw-server.ts';
import {
  frames,
  makeCall,
  makeDeployment,
  makeInvokeDeps,
  makeProvider,
  readAll,
  rejection,
  textOf,
} from '../../support/upstream-rig.ts';

describe('invoke over HTTP', () => {
  let exchange: HttpExchange;
  let server: RawServer;

  afterEach(async () => {
    await exchange.close();
    await server[Symbol.asyncDispose]();
  });

  async function open(onRequest: OnRequest) {
    exchange = createHttpExchange({ closeGraceMs: 50 });
    server = await openRawServer(onRequest);
    const deployment = makeDeployment({ provider: makeProvider({ baseUrl: `http://127.0.0.1:${server.port}/v1` }) });
    const invoke = createInvoke(makeInvokeDeps(exchange));
    return { invoke, deployment };
  }

  it('uses the connection of a finished stream again', async () => {
    const { invoke, deployment } = await open((socket) => {
      socket.write(CHUNKED + httpChunk(frames({ t: 'a' }, { f: 'stop' }, '[DONE]')));
      setImmediate(() => socket.write('0\r\n\r\n'));
    });
    for (let i = 0; i < 3; i++) {
      assert.equal(textOf(await readAll(await invoke(makeCall('stream', deployment).call))), 'a.');
      await until(() => (server.sockets[0]?.writableLength ?? 1) === 0);
      for (let turns = 0; turns < 5; turns++) await turn();
    }
    assert.equal(server.sockets.length, 1);
  });

  it('19: a cancelled call closes the provider’s connection at once', async () => {
    const { invoke, deployment } = await open((socket) => socket.write(CHUNKED + httpChunk(frames({ t: 'a' }))));
    const { call, abort } = makeCall('stream', deployment);
    const { rest } = await invoke(call);
    const read = rejection(rest.read());
    const abortedAt = performance.now();
    abort(new GatewayError('CANCELLED', 'the caller left'));
    assert.equal((await read).reason, 'CANCELLED');
    await until(() => server.sockets[0]?.closed === true);
    assert.ok(performance.now() - abortedAt < 100);
  });

  it('20: a reader that does not read stops the provider, and gets everything when it reads', async () => {
    const events = 3_000;
    const text = 'x'.repeat(10_000);
    let written = 0;
    const { invoke, deployment } = await open((socket) => {
      socket.write(CHUNKED);
      const fill = (): void => {
        while (written < events && socket.write(httpChunk(frames({ t: text })))) written++;
        if (written >= events) socket.end(`${httpChunk(frames({ f: 'stop' }, '[DONE]'))}0\r\n\r\n`);
      };
      socket.on('drain', () => {
        written++;
        fill();
      });
      fill();
    });
    const answer = await invoke(makeCall('stream', deployment, { maxReplyBytes: 64_000_000 }).call);
    let before = -1;
    while (written !== before) {
      before = written;
      for (let turns = 0; turns < 50; turns++) await turn();
    }
    assert.ok(written < events, 'the provider was stopped');
    const all = textOf(await readAll(answer));
    assert.equal(all.length, written * text.length + 1);
    assert.equal(all.at(-1), '.');
  });

  it('51: a reset after output is UPSTREAM_STREAM_RESET', async () => {
    const { invoke, deployment } = await open((socket) => socket.write(CHUNKED + httpChunk(frames({ t: 'a' }))));
    const { rest } = await invoke(makeCall('stream', deployment).call);
    server.sockets[0]?.resetAndDestroy();
    assert.equal((await rejection(rest.read())).reason, 'UPSTREAM_STREAM_RESET');
  });
});

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
}
