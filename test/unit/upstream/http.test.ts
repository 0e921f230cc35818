import assert from 'node:assert/strict';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import type { UpstreamRequest } from '../../../server/upstream/exchange.ts';
import { createHttpExchange, type HttpExchange } from '../../../server/upstream/http.ts';
import {
  CHUNKED,
  httpChunk,
  httpReply,
  makeRequest,
  type OnRequest,
  type Outcome,
  openRawServer,
  type RawServer,
  type Sending,
  send,
} from '../../support/raw-server.ts';
import { makeProvider } from '../../support/upstream-rig.ts';

describe('the HTTP exchange', () => {
  let exchange: HttpExchange;
  const servers: RawServer[] = [];

  beforeEach(() => {
    exchange = createHttpExchange({ closeGraceMs: 50 });
  });

  afterEach(async () => {
    await exchange.close();
    for (const server of servers.splice(0)) await server[Symbol.asyncDispose]();
  });

  async function serve(onRequest: OnRequest): Promise<RawServer & { readonly baseUrl: string }> {
    const server = await openRawServer(onRequest);
    servers.push(server);
    return Object.assign(server, { baseUrl: `http://127.0.0.1:${server.port}/v1` });
  }

  /** Sends to a server that answers with these bytes and then does something to the connection. */
  async function replyWith(bytes: string | Buffer, then?: 'end' | 'reset'): Promise<Sending> {
    const { baseUrl } = await serve((socket) => {
      socket.write(bytes, () => {
        if (then === 'end') socket.end();
        if (then === 'reset') socket.resetAndDestroy();
      });
    });
    return send(exchange, makeRequest({ baseUrl }));
  }

  it('sends what it is given and nothing that was not asked for', async () => {
    const server = await serve((socket) => socket.write(httpReply('{}', 'X-One: 1\r\nx-two: a\r\nx-two: b\r\n')));
    const { status, headers, body, error } = await send(exchange, makeRequest(server)).outcome;
    assert.deepEqual({ status, body, error }, { status: 200, body: '{}', error: undefined });
    assert.deepEqual([headers.get('x-one'), headers.get('x-two')], ['1', 'a, b']);
    assert.deepEqual(
      server.received[0]?.split('\r\n').map((line) => line.replace(String(server.port), 'PORT')),
      [
        'POST /v1/chat HTTP/1.1',
        'host: 127.0.0.1:PORT',
        'connection: keep-alive',
        'authorization: Bearer k-canary-0123456789',
        'content-type: application/json',
        'content-length: 7',
        '',
        '{"a":1}',
      ],
    );
  });

  it('uses a connection again, one request at a time', async () => {
    const server = await serve((socket) => socket.write(httpReply('{}')));
    const request = makeRequest(server);
    assert.deepEqual((await finish(exchange, request)).sent, [false]);
    assert.deepEqual((await finish(exchange, request)).sent, [true]);
    assert.equal(server.sockets.length, 1);
    await Promise.all([send(exchange, request).outcome, send(exchange, request).outcome]);
    assert.equal(server.sockets.length, 2);
  });

  it('opens no more connections than the provider may have', async () => {
    const server = await serve((socket) => socket.write(httpReply('{}')));
    const request = makeRequest({ baseUrl: server.baseUrl, maxConnections: 2 });
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => send(exchange, request).outcome));
    assert.deepEqual(
      outcomes.map(({ body }) => body),
      Array(10).fill('{}'),
    );
    assert.equal(server.sockets.length, 2);
  });

  it('keeps connections over a configuration swap if the settings are the same, and closes them if not', async () => {
    const server = await serve((socket) => socket.write(httpReply('{}')));
    await finish(exchange, makeRequest(server));
    await exchange.retain([makeProvider({ baseUrl: server.baseUrl })]);
    assert.deepEqual((await send(exchange, makeRequest(server)).outcome).sent, [true]);
    const closed = closing(server);
    await exchange.retain([makeProvider({ baseUrl: server.baseUrl, maxConnections: 3 })]);
    await closed;
  });

  it('lets a request in flight end when its provider is gone from the configuration', async () => {
    const server = await serve((socket) => socket.write(CHUNKED + httpChunk('a')));
    const sending = send(exchange, makeRequest(server));
    await sending.nextData();
    const retained = exchange.retain([]);
    server.sockets[0]?.write(`${httpChunk('b')}0\r\n\r\n`);
    assert.equal((await sending.outcome).body, 'ab');
    await retained;
  });

  it('63: does not follow redirects', async () => {
    const server = await serve((socket) => socket.write(httpReply('', 'location: /elsewhere\r\n', '302 Found')));
    assert.equal((await send(exchange, makeRequest(server)).outcome).status, 302);
    assert.equal(server.received[0]?.match(/HTTP\/1\.1/g)?.length, 1);
  });

  it('passes over early hints', async () => {
    const sending = await replyWith(`HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n${httpReply('{}')}`);
    assert.deepEqual([(await sending.outcome).status, (await sending.outcome).body], [200, '{}']);
  });

  it('pauses down to the socket, and resumes', async () => {
    const piece = httpChunk('x'.repeat(60_000));
    const server = await serve((socket) => {
      socket.write(CHUNKED);
      const fill = (): void => {
        while (!socket.destroyed && socket.write(piece));
      };
      socket.on('drain', fill);
      fill();
    });
    const sending = send(exchange, makeRequest(server));
    await sending.nextData();
    sending.flow.pause();
    const socket = server.sockets[0] ?? assert.fail();
    let written = -1;
    while (socket.bytesWritten !== written || !socket.writableNeedDrain) {
      written = socket.bytesWritten; // Until the kernel's buffers are full: nobody reads.
      await turn();
    }
    const before = sending.soFar().body.length;
    assert.ok(before <= 3 * 60_000, 'at most what was under way');
    sending.flow.resume();
    await sending.nextData();
    assert.ok(sending.soFar().body.length > before);
    sending.flow.abort();
  });

  describe('abort', () => {
    it('closes the connection at once, and nothing is called after', async () => {
      const server = await serve((socket) => socket.write(CHUNKED + httpChunk('a')));
      const sending = send(exchange, makeRequest(server));
      await sending.nextData();
      const closed = closing(server);
      sending.flow.abort();
      sending.flow.abort();
      await closed;
      assert.equal(sending.soFar().error, undefined);
    });

    it('closes it before headers, too', async () => {
      const got = Promise.withResolvers<void>();
      const server = await serve(() => got.resolve());
      const sending = send(exchange, makeRequest(server));
      await got.promise;
      const closed = closing(server);
      sending.flow.abort();
      await closed;
    });

    it('of a request that waits for a connection sends nothing, and leaves the connection to others', async () => {
      const server = await serve((socket, { text }) => {
        if (text.includes('first')) socket.write(CHUNKED);
        else socket.write(httpReply('{}'));
      });
      const provider = { baseUrl: server.baseUrl, maxConnections: 1 };
      const shared = makeRequest(provider);
      const first = send(exchange, { ...shared, body: '"first"' });
      const second = send(exchange, { ...shared, body: '"second"' });
      const third = send(exchange, { ...shared, body: '"third"' });
      second.flow.abort();
      while (first.soFar().status === 0) await turn();
      server.sockets[0]?.write('0\r\n\r\n');
      assert.equal((await third.outcome).body, '{}');
      assert.deepEqual(second.soFar().sent, []);
      assert.doesNotMatch(server.received.join(''), /second/);
      assert.equal(server.sockets.length, 1);
    });
  });

  describe('what breaks', () => {
    it('45: a refused connection is UPSTREAM_CONNECT', async () => {
      const { port, ...server } = await openRawServer(() => undefined);
      await server[Symbol.asyncDispose]();
      const { error, sent } = await send(exchange, makeRequest({ baseUrl: `http://127.0.0.1:${port}` })).outcome;
      assert.equal(error?.reason, 'UPSTREAM_CONNECT');
      assert.match(error?.message ?? '', /ECONNREFUSED/);
      assert.deepEqual(sent, []);
    });

    it('45: a connection that does not come about in time is UPSTREAM_CONNECT', async () => {
      const never = createHttpExchange({ lookup: () => undefined });
      const request = makeRequest({ baseUrl: 'http://provider.test' }, { connectTimeoutMs: 20 });
      const { error } = await send(never, request).outcome;
      assert.equal(error?.reason, 'UPSTREAM_CONNECT');
      assert.match(error?.message ?? '', /within 20 ms/);
      await never.close();
    });

    it('44: a name that does not resolve is UPSTREAM_DNS', async () => {
      for (const code of ['ENOTFOUND', 'EAI_AGAIN']) {
        const nowhere = createHttpExchange({
          lookup: (_name, _options, callback) => callback(Object.assign(new Error('no such name'), { code }), []),
        });
        const { error } = await send(nowhere, makeRequest({ baseUrl: 'http://provider.test' })).outcome;
        assert.equal(error?.reason, 'UPSTREAM_DNS');
        await nowhere.close();
      }
    });

    it('50: a reset before the reply is UPSTREAM_RESET, and is not tried again on a fresh connection', async () => {
      const server = await serve((socket) => socket.resetAndDestroy());
      const { error, sent } = await send(exchange, makeRequest(server)).outcome;
      assert.equal(error?.reason, 'UPSTREAM_RESET');
      assert.deepEqual(sent, [false]);
    });

    it('53: an end while the request is being sent is UPSTREAM_RESET', async () => {
      const server = await serve((socket) => socket.end());
      const request = makeRequest(server, { body: 'x'.repeat(5_000_000) });
      assert.equal((await send(exchange, request).outcome).error?.reason, 'UPSTREAM_RESET');
    });

    it('51: a reset or an end in the midst of a body is UPSTREAM_RESET, after what came', async () => {
      const cut = 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf';
      for (const bytes of [CHUNKED + httpChunk('half'), cut, cut.replace('\r\n', '\r\nconnection: close\r\n')]) {
        for (const then of ['end', 'reset'] as const) {
          const { error, body } = await (await replyWith(bytes, then)).outcome;
          assert.equal(error?.reason, 'UPSTREAM_RESET', `${then}: ${bytes}`);
          if (then === 'end') assert.equal(body, 'half'); // A reset may overtake what is under way.
        }
      }
    });

    it('52: a body without a length ends with its connection', async () => {
      const sending = await replyWith('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nwhole', 'end');
      assert.deepEqual([(await sending.outcome).body, (await sending.outcome).error], ['whole', undefined]);
    });

    it('64: what is not HTTP is UPSTREAM_PROTOCOL', async () => {
      for (const bytes of [
        'SSH-2.0-OpenSSH\r\n',
        'HTTP/1.1 abc OK\r\n\r\n',
        'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
        `HTTP/1.1 200 OK\r\nx: ${'x'.repeat(100_000)}\r\n\r\n`,
        'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
      ]) {
        const { error } = await (await replyWith(bytes)).outcome;
        assert.equal(error?.reason, 'UPSTREAM_PROTOCOL', bytes.slice(0, 60));
      }
    });

    it('does not show the key, the path or the address in its messages', async () => {
      const { error } = await (await replyWith('nonsense\r\n')).outcome;
      assert.doesNotMatch(error?.message ?? '', /canary|v1|127\.0\.0\.1/);
    });
  });

  describe('54: a kept connection that the other side has closed', () => {
    it('costs nothing: the request is sent once more', async () => {
      const server = await serve((socket, { connection, text }) => {
        if (connection === 0 && text.includes('second')) socket.resetAndDestroy();
        else socket.write(httpReply('{}'));
      });
      const request = makeRequest(server);
      await finish(exchange, request);
      const { error, body, sent } = await send(exchange, { ...request, body: '"second"' }).outcome;
      assert.deepEqual([error, body], [undefined, '{}']);
      assert.deepEqual(sent, [true, false]);
    });

    it('only once, and not if a byte of a reply had come', async () => {
      const server = await serve((socket, { text }) => {
        if (text.includes('half')) socket.write('HTTP/1.1 200', () => socket.resetAndDestroy());
        else if (text.includes('never')) socket.resetAndDestroy();
        else socket.write(httpReply('{}'));
      });
      const request = makeRequest(server);
      await finish(exchange, request);
      const never = await send(exchange, { ...request, body: '"never"' }).outcome;
      assert.deepEqual([never.error?.reason, never.sent], ['UPSTREAM_RESET', [true, false]]);
      await finish(exchange, request);
      const half = await send(exchange, { ...request, body: '"half"' }).outcome;
      assert.deepEqual([half.error?.reason, half.sent], ['UPSTREAM_RESET', [true]]);
    });

    it('is not sent again for a call that has ended meanwhile', async () => {
      const server = await serve((socket, { text }) => {
        if (!text.includes('second')) socket.write(httpReply('{}'));
      });
      const request = makeRequest(server);
      await finish(exchange, request);
      const sending = send(exchange, { ...request, body: '"second"' });
      while (!server.received[0]?.includes('second')) await turn();
      sending.flow.abort();
      await closing(server);
      assert.equal(server.sockets.length, 1);
    });
  });

  describe('68: a body that is compressed all the same', () => {
    const text = 'data: {"t":"hello"}\n\n'.repeat(50);

    for (const [encoding, compress] of [
      ['gzip', gzipSync],
      ['deflate', deflateSync],
      ['br', brotliCompressSync],
    ] as const) {
      it(`is decompressed: ${encoding}`, async () => {
        const body = compress(text);
        const head = `HTTP/1.1 200 OK\r\ncontent-encoding: ${encoding}\r\ncontent-length: ${body.length}\r\n\r\n`;
        const outcome = await (await replyWith(Buffer.concat([Buffer.from(head), body]))).outcome;
        assert.deepEqual([outcome.body, outcome.error], [text, undefined]);
      });
    }

    it('is UPSTREAM_PROTOCOL if it does not decompress, or in an encoding that nobody knows', async () => {
      for (const encoding of ['gzip', 'made-up']) {
        const sending = await replyWith(httpReply('not compressed', `content-encoding: ${encoding}\r\n`));
        assert.equal((await sending.outcome).error?.reason, 'UPSTREAM_PROTOCOL');
      }
    });

    it('is never blown up: who aborts at its cap gets no more, and the connection is closed', async () => {
      const bomb = gzipSync(Buffer.alloc(50_000_000));
      const head = `HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${bomb.length + 1}\r\n\r\n`;
      const server = await serve((socket) => {
        socket.write(head);
        socket.write(bomb);
      });
      const before = process.memoryUsage().arrayBuffers;
      let bytes = 0;
      const flow = exchange.send(makeRequest(server), {
        onSent: () => undefined,
        onHeaders: () => undefined,
        onData(chunk) {
          bytes += chunk.length;
          if (bytes > 1_000_000) flow.abort();
        },
        onEnd: assert.fail,
        onError: assert.fail,
      });
      while (server.sockets.length === 0) await turn();
      await closing(server);
      assert.ok(bytes < 2_000_000, `${bytes} bytes came`);
      assert.ok(process.memoryUsage().arrayBuffers - before < 25_000_000);
    });
  });

  describe('close', () => {
    it('ends what is in flight after the grace time, and sends nothing after', async () => {
      const server = await serve((socket) => socket.write(CHUNKED + httpChunk('a')));
      const sending = send(exchange, makeRequest(server));
      await sending.nextData();
      const closed = exchange.close();
      assert.equal((await send(exchange, makeRequest(server)).outcome).error?.reason, 'SERVER_DRAINING');
      assert.equal((await sending.outcome).error?.reason, 'SERVER_DRAINING');
      await closed;
    });
  });
});

/** One turn of the event loop. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Sends and waits until undici has noticed that the connection is free again, which takes it a turn or two. */
async function finish(exchange: HttpExchange, request: UpstreamRequest): Promise<Outcome> {
  const outcome = await send(exchange, request).outcome;
  await turn();
  await turn();
  return outcome;
}

/** Resolves when the server's first connection is closed. */
function closing({ sockets: [socket] }: RawServer): Promise<void> {
  return new Promise((resolve) => {
    if (socket === undefined || socket.closed) resolve();
    else socket.once('close', () => resolve());
  });
}
