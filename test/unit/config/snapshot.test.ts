/** What a configuration compiles to. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import type { Snapshot } from '../../../server/config/snapshot.ts';
import { ModelCapability, ModelLifecycle } from '../../../server/model/wire.ts';
import { MINIMAL, snapshotOf } from '../../support/config-files.ts';

const KEYED = MINIMAL.replace('host: simulator', 'host: openai, apiKey: "$' + '{env:KEY}"');
const WORLD = { env: { KEY: 'sk-canary-4711' } };

describe('compileConfig', () => {
  it('makes a working gateway of one provider, one model and one client', async () => {
    const snapshot = await snapshotOf(MINIMAL);
    assert.deepEqual(snapshot.listen, {
      grpc: {
        host: '0.0.0.0',
        port: 7443,
        tls: {
          certPath: '/etc/kanmon/tls/server.pem',
          keyPath: '/etc/kanmon/tls/server.key',
          clientCaPath: '/etc/kanmon/tls/ca.pem',
          clientAuth: 'require',
        },
      },
      adminHttp: { host: '127.0.0.1', port: 7445, tls: undefined },
      adminGrpc: { host: '127.0.0.1', port: 7446, tls: undefined },
      adminSubjects: new Set(),
      reflection: false,
      keepaliveIntervalMs: 30_000,
      keepaliveTimeoutMs: 10_000,
      maxConnectionAgeMs: 1_800_000,
      maxConnectionIdleMs: 300_000,
      maxConnectionsPerIdentity: 100,
      maxStreamsPerConnection: 100,
      handshakeTimeoutMs: 10_000,
      certReloadMs: 10_000,
    });
    assert.deepEqual(snapshot.sizes, {
      requestBytes: 8 * 2 ** 20,
      requestBytesInFlight: 512 * 2 ** 20,
      metadataBytes: 16 * 2 ** 10,
      upstreamFrameBytes: 16 * 2 ** 20,
      upstreamBodyBytes: 64 * 2 ** 20,
      heldBytes: 256 * 2 ** 10,
      heldFrames: 64,
    });
    assert.deepEqual(snapshot.times, {
      defaultDeadlineMs: 600_000,
      minDeadlineMs: 50,
      slowReaderMs: 30_000,
      slowProviderMs: 10_000,
    });
    assert.deepEqual(snapshot.drain, { announceMs: 5000, graceMs: 30_000 });
    assert.deepEqual(snapshot.telemetry, { otlpUrl: undefined, sampleRatio: 0.01, logLevel: 'info' });
    const client = snapshot.clientsBySubject.get('dns:shop.example');
    assert.equal(client, snapshot.clients.get('shop'));
    assert.deepEqual(client?.modelNames, ['chat']);
  });

  it('denies by default', async () => {
    const [deployment] = (await snapshotOf(MINIMAL)).models.get('chat')?.deployments ?? [];
    assert.deepEqual(deployment?.allowances, {
      providerOptions: new Map(),
      providerTools: new Set(),
      opaqueItems: new Set(),
      uris: false,
    });
  });

  it('fills a deployment from the model, the host and what is known', async () => {
    const text = `providers:
  openai: { host: openai, apiKey: "\${env:KEY}", stateDomain: shared }
models:
  chat:
    timeouts: { connect: 1s, idle: 30s }
    completeVia: stream
    deployments:
      - { provider: openai, model: gpt-5-mini, timeouts: { idle: 90s }, honours: [temperature], lacks: [tools] }
clients:
  shop: { identity: { dns: shop.example }, models: [chat] }
`;
    const [deployment] = (await snapshotOf(text, WORLD)).models.get('chat')?.deployments ?? [];
    assert.equal(deployment?.id, 'openai/gpt-5-mini');
    assert.equal(deployment.dialectId, 'openai.chat');
    assert.equal(deployment.provider.stateDomain, 'shared');
    assert.equal(deployment.provider.baseUrl, 'https://api.openai.com/v1');
    assert.equal(deployment.completeVia, 'stream');
    assert.deepEqual(deployment.timeouts, { connectMs: 1000, firstTokenMs: 120_000, idleMs: 90_000 });
    const { capabilities } = deployment;
    assert.equal(capabilities.contextWindowTokens, 400_000);
    assert.equal(capabilities.maxOutputTokens, 128_000);
    assert.equal(capabilities.reasoningBy, 'effort');
    assert.ok(!capabilities.lacks.has('temperature'), 'honours wins over what is known');
    assert.ok(capabilities.lacks.has('topP'), 'the model lacks it');
    assert.ok(capabilities.lacks.has('topK'), 'the host lacks it');
    assert.ok(capabilities.lacks.has('tools'), 'the configuration says so');
  });

  it('orders deployments by priority, then as in the file', async () => {
    const deployments =
      '{ provider: sim, model: c, priority: 2 }, { provider: sim, model: a }, { provider: sim, model: b }';
    const snapshot = await snapshotOf(MINIMAL.replace('{ provider: sim, model: sim-chat }', deployments));
    assert.deepEqual(
      snapshot.models.get('chat')?.deployments.map(({ upstreamModel }) => upstreamModel),
      ['a', 'b', 'c'],
    );
  });

  it('describes a model by what all its deployments are known to do', async () => {
    const snapshot = await snapshotOf(
      `providers:
  openai: { host: openai, apiKey: "\${env:KEY}" }
  any: { host: openai-compatible, baseUrl: "http://127.0.0.1:1/v1" }
models:
  known: { lifecycle: preview, deployments: [{ provider: openai, model: gpt-4.1 }, { provider: openai, model: gpt-4-0613 }] }
  unknown: { deployments: [{ provider: any, model: some-model, honours: [tools] }] }
  vectors: { deployments: [{ provider: openai, model: text-embedding-3-small }] }
clients:
  shop: { identity: { dns: shop.example }, models: [known, unknown, vectors] }
`,
      WORLD,
    );
    const infoOf = (name: string) => snapshot.models.get(name)?.info;
    const { COMPLETE, STREAM, TOOLS, EMBED } = ModelCapability;
    assert.deepEqual(infoOf('known')?.capabilities, [COMPLETE, STREAM, TOOLS]);
    assert.equal(infoOf('known')?.contextWindowTokens, 8192);
    assert.equal(infoOf('known')?.lifecycle, ModelLifecycle.PREVIEW);
    assert.deepEqual(infoOf('unknown')?.capabilities, [COMPLETE, STREAM, TOOLS]);
    assert.equal(infoOf('unknown')?.contextWindowTokens, undefined);
    assert.deepEqual(infoOf('vectors')?.capabilities, [EMBED]);
    assert.equal(infoOf('vectors')?.vectorSpaceId, 'text-embedding-3-small');
    assert.equal(infoOf('known')?.vectorSpaceId, '');
  });

  it('lets one vector space have several names of its model', async () => {
    const same = '{ provider: sim, model: e-1, vectorSpace: e }, { provider: sim, model: e-2, vectorSpace: e }';
    const snapshot = await snapshotOf(MINIMAL.replace('{ provider: sim, model: sim-chat }', same));
    assert.equal(snapshot.models.get('chat')?.info.vectorSpaceId, 'e');
  });

  it('gives the simulator its settings as it reads them', async () => {
    const settings =
      'host: simulator, seed: 7, tokensPerSecond: 0, faults: [{ kind: status, status: 503, headers: { retry-after: "1" } }]';
    const snapshot = await snapshotOf(MINIMAL.replace('host: simulator', settings));
    assert.deepEqual(snapshot.providers.get('sim')?.settings, {
      seed: 7,
      tokensPerSecond: 0,
      faults: [{ kind: 'status', every: 1, status: 503, headers: { 'retry-after': '1' } }],
    });
  });

  it('takes aliases of YAML, and empty sections', async () => {
    const anchored = MINIMAL.replace('[{ provider', '[&sim { provider');
    const text = anchored.replace('clients:', '  talk: { deployments: [*sim] }\nclients:');
    const snapshot = await snapshotOf(`${text}telemetry:\n`);
    assert.equal(snapshot.models.get('talk')?.deployments[0]?.id, 'sim/sim-chat');
  });

  it('takes "off" for the admin listeners', async () => {
    const { listen } = await snapshotOf(`${MINIMAL}listen: { adminHttp: off, adminGrpc: off }\n`);
    assert.equal(listen.adminHttp, undefined);
    assert.equal(listen.adminGrpc, undefined);
  });
});

describe('a snapshot', () => {
  let snapshot: Snapshot;
  before(async () => {
    snapshot = await snapshotOf(KEYED, WORLD);
  });

  it('has the SHA-256 of the text with references left as they are', async () => {
    assert.equal(snapshot.digest, createHash('sha256').update(KEYED).digest('hex'));
    assert.equal((await snapshotOf(KEYED, { env: { KEY: 'another' } })).digest, snapshot.digest);
  });

  it('never prints a secret', () => {
    assert.equal(snapshot.providers.get('sim')?.apiKeys[0]?.reveal(), 'sk-canary-4711');
    const printed = [
      inspect(snapshot, { depth: Number.POSITIVE_INFINITY, showHidden: true, getters: true }),
      JSON.stringify([...snapshot.providers.values()]),
      String(snapshot.providers.get('sim')?.apiKeys[0]),
      JSON.stringify(snapshot.models.get('chat')?.deployments),
    ];
    assert.doesNotMatch(printed.join('\n'), /canary/);
  });

  it('is frozen to its last leaf', () => {
    const seen = new Set<object>();
    const visit = (value: unknown): void => {
      if (typeof value !== 'object' || value === null || seen.has(value)) return;
      seen.add(value);
      assert.ok(Object.isFrozen(value), inspect(value));
      if (value instanceof Map) for (const entry of value as ReadonlyMap<unknown, unknown>) entry.forEach(visit);
      else if (value instanceof Set) (value as ReadonlySet<unknown>).forEach(visit);
      else Object.values(value).forEach(visit);
    };
    visit(snapshot);
    assert.ok(seen.size > 30);
  });

  it('refuses writes to maps and sets', () => {
    // The types forbid it; this is what stops a cast.
    const providers = snapshot.providers as Map<string, unknown>;
    assert.throws(() => providers.set('x', {}), /cannot be changed/);
    assert.throws(() => providers.clear(), /cannot be changed/);
    const granted = snapshot.clients.get('shop')?.models as Set<string>;
    assert.throws(() => granted.add('x'), /cannot be changed/);
    assert.throws(() => Object.assign(snapshot.drain, { graceMs: 1 }), TypeError);
    assert.equal(snapshot.providers.size, 1);
  });
});
