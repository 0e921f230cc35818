/** Several keys of one provider, and keys that change, in a whole gateway over real HTTP. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KanmonError, userText } from '@kanmon/client';
import { openaiCompatible, startTestGateway, type TestGateway } from '../support/gateway.ts';
import { REPLIES } from '../support/wire/host-replies.ts';

const GOOD = 'sk-good-0123456789abcdef';
const REVOKED = 'sk-revoked-0123456789abcdef';
const NEW = 'sk-new-0123456789abcdef';

describe('keys of a provider', () => {
  let folder: string;
  let used: string[];
  let server: ReturnType<typeof createServer>;
  let gateway: TestGateway;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kanmon-keys-'));
    used = [];
    server = createServer(answer);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });

  afterEach(async () => {
    await gateway[Symbol.asyncDispose]();
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });

  /** Takes every key but the revoked one. */
  function answer({ headers }: IncomingMessage, response: ServerResponse): void {
    const key = headers.authorization?.slice('Bearer '.length) ?? '';
    used.push(key);
    response.statusCode = key === REVOKED ? 401 : 200;
    const error = { error: { message: `Incorrect API key provided: ${key}`, code: 'invalid_api_key' } };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(key === REVOKED ? error : REPLIES.get('openai.chat')?.whole));
  }

  async function start(...keys: readonly string[]): Promise<void> {
    for (const [index, key] of keys.entries()) writeFileSync(join(folder, `key-${index}`), key);
    const { port } = server.address() as AddressInfo; // Holds for a server on a port.
    const apiKey = keys.map((_, index) => `$${`{file:${join(folder, `key-${index}`)}}`}`);
    const models = { chat: { deployments: [{ provider: 'acme', model: 'm' }], retry: { attempts: 1 } } };
    gateway = await startTestGateway({ providers: { acme: openaiCompatible(port, { apiKey }) }, models });
  }

  const call = () => gateway.client.complete({ generation: { model: 'chat', messages: [userText('Hi')] } });

  it('are used in turn', async () => {
    await start(GOOD, NEW);
    for (let calls = 0; calls < 4; calls++) await call();
    assert.deepEqual(used, [GOOD, NEW, GOOD, NEW]);
  });

  it('are left out once refused; nobody but the log is told what the provider said of them', async () => {
    await start(REVOKED, GOOD);
    await assert.rejects(call, (error) => error instanceof KanmonError && error.reason === 'UPSTREAM_CREDENTIALS');
    for (let calls = 0; calls < 3; calls++) await call();
    assert.deepEqual(used, [REVOKED, GOOD, GOOD, GOOD]);
    assert.ok(!gateway.logText().includes(REVOKED), 'the key itself is not in the log either');
  });

  it('are rotated without a restart: the next call has the new one', async () => {
    await start(REVOKED);
    await assert.rejects(call);
    writeFileSync(join(folder, 'key-0'), NEW);
    assert.equal((await gateway.gateway.reload()).outcome, 'swapped');
    await call();
    assert.deepEqual(used, [REVOKED, NEW]);
  });
});
