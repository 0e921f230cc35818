/** Rows 44 to 46: a provider to which no connection comes about: its name, its port, its certificate. */
import { ok, strictEqual } from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TlsOptions } from 'node:tls';
import { makeAuthority, type TestAuthority } from '../support/certificates.ts';
import { type DeafListener, openDeafListener } from '../support/deaf-listener.ts';
import { type FaultRig, generation, startFaultRig } from '../support/fault-rig.ts';
import { openaiCompatible } from '../support/gateway.ts';
import { openRawServer, type RawServer } from '../support/raw-server.ts';

/** A label of 64 characters is none: the resolver refuses it without asking anybody. */
const NO_NAME = `${'a'.repeat(64)}.test`;
const HONEST_DEPLOYMENT = { provider: 'simulator', model: 'sim-chat', priority: 2 };

describe('rows 44 to 46: no connection', () => {
  let rig: FaultRig;
  let deaf: DeafListener;
  let folder: string;
  const tls = new Map<string, RawServer>();

  before(async () => {
    deaf = await openDeafListener();
    folder = mkdtempSync(join(tmpdir(), 'kanmon-tls-'));
    const ca = await makeAuthority();
    writeFileSync(join(folder, 'ca.pem'), ca.cert);
    for (const [name, options] of await wrongServers(ca)) {
      tls.set(name, await openRawServer((socket) => void socket.end(), options));
    }
    const closed = await openRawServer(() => undefined);
    await closed[Symbol.asyncDispose]();
    const secure = { tls: { ca: join(folder, 'ca.pem') } };
    const providers = {
      nameless: { ...openaiCompatible(0), baseUrl: `https://${NO_NAME}/v1` },
      refused: openaiCompatible(closed.port),
      deaf: openaiCompatible(deaf.port),
      ...Object.fromEntries(
        [...tls].map(([name, { port }]) => [
          name,
          { ...openaiCompatible(port, secure), baseUrl: `https://localhost:${port}/v1` },
        ]),
      ),
    };
    const models = Object.fromEntries(
      Object.keys(providers).map((provider) => {
        const deployments = [{ provider, model: 'm', timeouts: { connect: '100ms' } }];
        // Where a certificate is wrong it would be wrong again: it is not asked again, though it might be.
        return [provider, { deployments, retry: { attempts: tls.has(provider) ? 3 : 1 } }];
      }),
    );
    const fallbacks = Object.fromEntries(
      Object.entries(models).map(([name, { deployments }]) => [
        `${name}-or-honest`,
        { deployments: [...deployments, HONEST_DEPLOYMENT], retry: { attempts: 2 } },
      ]),
    );
    rig = await startFaultRig({}, { providers, models: { ...models, ...fallbacks } });
  });

  after(async () => {
    await rig[Symbol.asyncDispose]();
    await deaf[Symbol.asyncDispose]();
    for (const server of tls.values()) await server[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  afterEach(() => rig.assertQuiet());

  async function assertRow(model: string, reason: string): Promise<void> {
    const expected = {
      code: 'UNAVAILABLE',
      reason,
      pushbackMs: 1000,
      retryAfterMs: 1000,
      attempts: [`${reason} 0`],
    } as const;
    await Promise.all([
      rig.assertFault(rig.client.complete(generation(model)), expected),
      rig.assertFault(rig.client.stream(generation(model)).final(), expected),
    ]);
    const { provider } = await rig.client.complete(generation(`${model}-or-honest`));
    strictEqual(provider, 'simulator', 'where there is another deployment, it answers');
  }

  it('row 44: a name that does not resolve is UPSTREAM_DNS', () => assertRow('nameless', 'UPSTREAM_DNS'));

  it('row 45: a refused connection is UPSTREAM_CONNECT', () => assertRow('refused', 'UPSTREAM_CONNECT'));

  it('row 45: a connection that nobody takes is UPSTREAM_CONNECT after the time limit', async () => {
    const startMs = performance.now();
    await assertRow('deaf', 'UPSTREAM_CONNECT');
    const elapsedMs = performance.now() - startMs;
    ok(elapsedMs > 200 && elapsedMs < 1500, `twice 100 ms: ${elapsedMs} ms`);
  });

  for (const name of ['expired', 'wrong-host', 'self-signed', 'tls-1.1']) {
    it(`row 46: a provider that is ${name} is UPSTREAM_TLS, and gets neither key nor prompt`, async () => {
      await assertRow(name, 'UPSTREAM_TLS');
      strictEqual(tls.get(name)?.received.join(''), '');
    });
  }
});

async function wrongServers(ca: TestAuthority): Promise<ReadonlyMap<string, TlsOptions>> {
  const stranger = await makeAuthority('CN=Stranger');
  return new Map<string, TlsOptions>([
    ['expired', await ca.issue({ fromDays: -9, toDays: -1 })],
    ['wrong-host', await ca.issue({ dns: ['elsewhere.test'] })],
    ['self-signed', await stranger.issue()],
    ['tls-1.1', { ...(await ca.issue()), maxVersion: 'TLSv1.1', minVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }],
  ]);
}
