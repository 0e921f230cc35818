/** What the tests' own misbehaving provider does to a connection is what it was told to do. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { openMisbehavingServer, type Step, steps } from '../../support/misbehaving-server.ts';

const REQUEST = 'POST /v1/chat HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\n{"é"}';

describe('misbehaving server', () => {
  it('reads requests whole, in whatever pieces they come', async () => {
    await using server = await openMisbehavingServer(() => [steps.send('.')]);
    const socket = await dial(server.port);
    const bytes = Buffer.from(REQUEST);
    socket.write(bytes.subarray(0, bytes.length - 2)); // In the middle of a character.
    await new Promise((resolve) => setImmediate(resolve));
    socket.write(Buffer.concat([bytes.subarray(bytes.length - 2), bytes]));
    await server.requested(2);
    const [first] = server.requests;
    assert.deepEqual(
      { ...first, headers: first?.headers.get('content-length') },
      { method: 'POST', path: '/v1/chat', headers: '6', body: '{"é"}', connection: 0 },
    );
    assert.equal(server.connections.length, 1);
    socket.destroy();
  });

  const scripts: Readonly<Record<string, readonly [todo: readonly Step[], body: string, end: string]>> = {
    'sends and ends': [[steps.send('abc'), steps.end], 'abc', 'end'],
    'sends and says it sends no more': [[steps.send('abc'), steps.halfClose], 'abc', 'end'],
    trickles: [[steps.trickle('abcdef', 2, 1), steps.end], 'abcdef', 'end'],
    resets: [[steps.reset], '', 'ECONNRESET'],
  };
  for (const [name, [todo, body, end]] of Object.entries(scripts)) {
    it(name, async () => {
      await using server = await openMisbehavingServer(() => todo);
      const socket = await dial(server.port);
      socket.write(REQUEST);
      assert.deepEqual(await drain(socket), { body, end });
      socket.destroy();
      await server.connections[0]?.closed;
    });
  }

  it('waits for a gate, and tells when the other side went away', async () => {
    const gate = Promise.withResolvers<void>();
    await using server = await openMisbehavingServer(() => [steps.wait(gate.promise), steps.send('late'), steps.stall]);
    const socket = await dial(server.port);
    socket.write(REQUEST);
    await server.requested(1);
    assert.equal(server.connections[0]?.closedAtMs, undefined);
    gate.resolve();
    const [data] = (await once(socket, 'data')) as [Buffer];
    assert.equal(data.toString(), 'late');
    const leftAtMs = performance.now();
    socket.destroy();
    assert.ok(((await server.connections[0]?.closed) ?? 0) >= leftAtMs);
  });

  it('does for each request what is said for it', async () => {
    await using server = await openMisbehavingServer((_request, index) =>
      index === 0 ? [steps.send('1')] : [steps.send('2'), steps.end],
    );
    const socket = await dial(server.port);
    socket.write(REQUEST + REQUEST);
    assert.deepEqual(await drain(socket), { body: '12', end: 'end' });
  });
});

async function dial(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  await once(socket, 'connect');
  return socket;
}

/** Everything that a connection gives, and how it ends. */
function drain(socket: Socket): Promise<{ readonly body: string; readonly end: string }> {
  return new Promise((resolve) => {
    let body = '';
    socket.on('data', (data) => {
      body += data.toString();
    });
    socket.once('end', () => resolve({ body, end: 'end' }));
    socket.once('error', (error: NodeJS.ErrnoException) => resolve({ body, end: error.code ?? '' }));
  });
}
