import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { TLSSocket, TlsOptions } from 'node:tls';
import { Secret } from '../../../server/model/secret.ts';
import type { Provider, ProviderTls } from '../../../server/model/target.ts';
import { createHttpExchange, type HttpExchange } from '../../../server/upstream/http.ts';
import { makeAuthority, type TestAuthority, type TestCertificate } from '../../support/certificates.ts';
import { httpReply, makeRequest, type Outcome, openRawServer, type RawServer, send } from '../../support/raw-server.ts';

const NO_TLS: ProviderTls = { ca: undefined, cert: undefined, key: undefined, serverName: undefined };

describe('the HTTP exchange over TLS and through proxies', () => {
  let authority: TestAuthority;
  let leaf: TestCertificate;
  let exchange: HttpExchange;
  const opened: AsyncDisposable[] = [];

  before(async () => {
    authority = await makeAuthority();
    leaf = await authority.issue();
  });

  beforeEach(() => {
    exchange = createHttpExchange({ closeGraceMs: 50 });
  });

  afterEach(async () => {
    await exchange.close();
    for (const server of opened.splice(0)) await server[Symbol.asyncDispose]();
  });

  async function serveTls(options: TlsOptions = leaf): Promise<RawServer> {
    const server = await openRawServer((socket) => socket.write(httpReply('{}')), options);
    opened.push(server);
    return server;
  }

  async function call(
    port: number,
    tls: Partial<ProviderTls> = {},
    provider: Partial<Provider> = {},
  ): Promise<Outcome> {
    const settings = {
      baseUrl: `https://localhost:${port}`,
      tls: { ...NO_TLS, ca: authority.cert, ...tls },
      ...provider,
    };
    return send(exchange, makeRequest(settings)).outcome;
  }

  it('trusts a private CA where it is told to', async () => {
    const { port } = await serveTls();
    assert.deepEqual((await call(port)).body, '{}');
  });

  it('resumes sessions of the same provider', async () => {
    const server = await serveTls();
    await call(server.port);
    await Promise.all([call(server.port), call(server.port), call(server.port)]);
    const resumed = server.sockets.filter((socket) => (socket as TLSSocket).isSessionReused());
    assert.ok(resumed.length > 0);
  });

  describe('46: nothing is sent to a server that is not verified', () => {
    async function refused(options: TlsOptions, tls?: Partial<ProviderTls>): Promise<void> {
      const server = await serveTls(options);
      const { error, sent } = await call(server.port, tls);
      assert.equal(error?.reason, 'UPSTREAM_TLS');
      assert.deepEqual(sent, []);
      assert.equal(server.received.join(''), '', 'not one byte, and not the key');
    }

    it('of an authority that is not trusted', async () => {
      const stranger = await makeAuthority('CN=Stranger');
      await refused(await stranger.issue());
    });

    it('of an authority that the system does not know', () => refused(leaf, { ca: undefined }));
    it('that signed its certificate itself', async () => refused(await makeAuthority('CN=localhost')));
    it('whose certificate has expired', async () => refused(await authority.issue({ fromDays: -9, toDays: -1 })));
    it('whose certificate is not valid yet', async () => refused(await authority.issue({ fromDays: 1, toDays: 9 })));
    it('of another name', async () => refused(await authority.issue({ dns: ['elsewhere.example'] })));
    it('of another name than the one configured', () => refused(leaf, { serverName: 'api.acme.example' }));
    it('that speaks old TLS only', () =>
      refused({ ...leaf, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' }));

    it('that does not speak TLS at all', async () => {
      const server = await openRawServer((socket) => socket.write(httpReply('{}')));
      opened.push(server);
      const { error } = await call(server.port);
      assert.equal(error?.reason, 'UPSTREAM_TLS');
      assert.doesNotMatch(server.received.join(''), /canary/);
    });
  });

  it('45: a server that goes away or hangs in the handshake is UPSTREAM_CONNECT', async () => {
    const leaving = await openRawServer((socket) => socket.destroy());
    const hanging = await openRawServer(() => undefined);
    opened.push(leaving, hanging);
    assert.equal((await call(leaving.port)).error?.reason, 'UPSTREAM_CONNECT');
    const request = makeRequest({ baseUrl: `https://localhost:${hanging.port}` }, { connectTimeoutMs: 30 });
    const { error } = await send(exchange, request).outcome;
    assert.equal(error?.reason, 'UPSTREAM_CONNECT');
    assert.match(error?.message ?? '', /within 30 ms/);
  });

  it('asks for the configured name, and verifies it', async () => {
    const named = await authority.issue({ dns: ['api.acme.example'] });
    const server = await serveTls(named);
    assert.equal((await call(server.port, { serverName: 'api.acme.example' })).body, '{}');
    assert.equal((server.sockets[0] as TLSSocket & { servername: string }).servername, 'api.acme.example');
  });

  it('verifies an address against the certificate’s addresses', async () => {
    const { port } = await serveTls();
    assert.equal((await call(port, {}, { baseUrl: `https://127.0.0.1:${port}` })).body, '{}');
  });

  it('shows its client certificate where it has one, and fails where it should have', async () => {
    const client = await authority.issue({ subject: 'CN=gateway' });
    const server = await serveTls({ ...leaf, ca: authority.cert, requestCert: true, rejectUnauthorized: true });
    const shown = await call(server.port, { cert: client.cert, key: new Secret(client.key) });
    assert.equal(shown.body, '{}');
    assert.equal((server.sockets[0] as TLSSocket).getPeerCertificate().subject.CN, 'gateway');
    const { error } = await call(server.port);
    assert.equal(error?.reason, 'UPSTREAM_RESET', 'Node’s server hangs up without a word');
    assert.equal(server.received.length, 1);
  });

  describe('a proxy', () => {
    interface Proxy extends AsyncDisposable {
      readonly url: string;
      readonly asked: readonly { readonly target: string; readonly headers: IncomingMessage['headers'] }[];
    }

    async function openProxy(answer: 'tunnel' | string = 'tunnel', tls?: TestCertificate): Promise<Proxy> {
      const server: Server = tls === undefined ? createServer() : createTlsServer(tls);
      const asked: { target: string; headers: IncomingMessage['headers'] }[] = [];
      const sockets = new Set<Socket>();
      server.on('connection', (socket: Socket) => void sockets.add(socket));
      server.on('connect', (request, socket: Socket) => {
        asked.push({ target: request.url ?? '', headers: request.headers });
        socket.on('error', () => undefined);
        if (answer !== 'tunnel') {
          socket.end(answer);
          return;
        }
        const port = Number(request.url?.split(':').at(-1));
        const onward = connect(port, '127.0.0.1', () => {
          socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
          socket.pipe(onward).pipe(socket);
        });
        onward.on('error', () => socket.destroy());
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const proxy: Proxy = {
        url: `${tls === undefined ? 'http' : 'https'}://us%2Fer:pa%40ss@127.0.0.1:${port}`,
        asked,
        async [Symbol.asyncDispose]() {
          for (const socket of sockets) socket.destroy();
          server.close();
          await once(server, 'close');
        },
      };
      opened.push(proxy);
      return proxy;
    }

    it('is asked for a tunnel with its credentials, and sees nothing else; TLS is the target’s', async () => {
      const server = await serveTls();
      const proxy = await openProxy();
      const { body, error } = await call(server.port, {}, { proxyUrl: proxy.url });
      assert.deepEqual([body, error], ['{}', undefined]);
      assert.equal(proxy.asked.length, 1);
      assert.equal(proxy.asked[0]?.target, `localhost:${server.port}`);
      const basic = Buffer.from('us/er:pa@ss').toString('base64');
      assert.equal(proxy.asked[0]?.headers['proxy-authorization'], `Basic ${basic}`);
      assert.doesNotMatch(JSON.stringify(proxy.asked), /canary/);
      assert.doesNotMatch(server.received.join(''), /proxy/i);
    });

    it('46: does not weaken TLS: a wrong certificate behind it gets nothing', async () => {
      const server = await serveTls(await authority.issue({ dns: ['elsewhere.example'] }));
      const proxy = await openProxy();
      const { error } = await call(server.port, {}, { proxyUrl: proxy.url });
      assert.equal(error?.reason, 'UPSTREAM_TLS');
      assert.equal(server.received.join(''), '');
    });

    it('is tunnelled through for plain HTTP, too', async () => {
      const server = await openRawServer((socket) => socket.write(httpReply('{}')));
      opened.push(server);
      const proxy = await openProxy();
      const baseUrl = `http://localhost:${server.port}`;
      assert.equal((await call(server.port, {}, { proxyUrl: proxy.url, baseUrl })).body, '{}');
      assert.equal(proxy.asked.length, 1);
    });

    it('that refuses, answers with more than it should, or goes away is UPSTREAM_CONNECT', async () => {
      for (const answer of [
        'HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n',
        'HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfake',
        '',
      ]) {
        const proxy = await openProxy(answer);
        const { error, sent } = await call(1, {}, { proxyUrl: proxy.url });
        assert.equal(error?.reason, 'UPSTREAM_CONNECT', answer);
        assert.deepEqual(sent, []);
        assert.doesNotMatch(error?.message ?? '', /pa@ss|pa%40ss/);
      }
    });

    it('that says nothing is UPSTREAM_CONNECT after the time limit', async () => {
      const silent = await openRawServer(() => undefined);
      opened.push(silent);
      const settings = { baseUrl: 'https://localhost:1', proxyUrl: `http://127.0.0.1:${silent.port}` };
      const { error } = await send(exchange, makeRequest(settings, { connectTimeoutMs: 30 })).outcome;
      assert.equal(error?.reason, 'UPSTREAM_CONNECT');
      while (silent.sockets[0]?.closed !== true) await new Promise((resolve) => setImmediate(resolve));
    });

    it('over TLS is verified by the system’s authorities, not by the provider’s', async () => {
      const proxy = await openProxy('tunnel', leaf);
      const { error } = await call(1, {}, { proxyUrl: proxy.url });
      assert.match(error?.reason ?? '', /UPSTREAM_(CONNECT|TLS)/);
      assert.equal(proxy.asked.length, 0);
    });
  });
});
