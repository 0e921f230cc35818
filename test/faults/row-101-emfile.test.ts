/** Row 101: few file descriptors and many connections: what is new is refused, what is open is served, nothing crashes. */
import { ok, strictEqual } from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { chatReply } from '../support/chat-wire.ts';
import { eventually, generation } from '../support/fault-rig.ts';
import { openaiCompatible } from '../support/gateway.ts';
import { type MisbehavingServer, openMisbehavingServer, steps } from '../support/misbehaving-server.ts';
import { type ServeProcess, startServeProcess } from '../support/serve-process.ts';

const MAX_OPEN_FILES = 200;
const CALLS_AT_ONCE = 30;

describe('row 101: no file descriptors left', function () {
  this.timeout(20_000);
  let serve: ServeProcess;
  let provider: MisbehavingServer;

  before(async () => {
    provider = await openMisbehavingServer(() => [steps.send(chatReply('hello'))]);
    serve = await startServeProcess(
      {
        providers: { own: openaiCompatible(provider.port) },
        models: { chat: { deployments: [{ provider: 'own', model: 'm' }], retry: { attempts: 1 } } },
        more: { listen: { limits: { handshakeTimeout: '60s' } } },
      },
      { maxOpenFiles: MAX_OPEN_FILES },
    );
  });

  after(async () => {
    await serve[Symbol.asyncDispose]();
    await provider[Symbol.asyncDispose]();
  });

  it('row 101: existing connections are served, provider connections included, and the refusal is counted', async () => {
    await serve.client.complete(generation('chat'));
    const sockets = await flood();
    const open = () => readdirSync(`/proc/${serve.process.pid}/fd`).length;
    ok(open() < MAX_OPEN_FILES, `${open()} of ${MAX_OPEN_FILES} are open`);
    const calls = Array.from({ length: CALLS_AT_ONCE }, () => serve.client.complete(generation('chat')));
    for (const reply of await Promise.all(calls)) ok(reply.callId);
    ok(provider.connections.length > 1);
    const metrics = await (await fetch(`http://127.0.0.1:${serve.adminPort}/metrics`)).text();
    ok(/^kanmon_edge_refused_total\{stage="connection",cause="too_many"\} [1-9]/m.test(metrics));
    ok(metrics.includes(`process_max_fds ${MAX_OPEN_FILES}`), 'and an alarm can be built upon the rest');
    ok(/^process_open_fds \d\d/m.test(metrics));

    for (const socket of sockets) socket.destroy();
    await eventually(() => open() < MAX_OPEN_FILES / 2);
    const again = connect(serve.port, '127.0.0.1');
    await once(again, 'connect');
    again.destroy();
    strictEqual(serve.process.exitCode, null);
    strictEqual(serve.errorText(), '');
  });

  /** More connections than there are descriptors, which say nothing. */
  async function flood(): Promise<readonly Socket[]> {
    const sockets = Array.from({ length: 2 * MAX_OPEN_FILES }, () =>
      connect(serve.port, '127.0.0.1').on('error', () => undefined),
    );
    await Promise.all(sockets.map((socket) => Promise.race([once(socket, 'connect'), once(socket, 'close')])));
    return sockets;
  }
});
