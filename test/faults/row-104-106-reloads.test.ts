/** Rows 104 to 106 while calls run: bad, half-written and shrinking configurations. */
import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { textOf } from '@kanmon/client';
import { parse, stringify } from 'yaml';
import { STREAM_END, STREAM_HEAD, textEvent } from '../support/chat-wire.ts';
import { failure } from '../support/client-rig.ts';
import { eventually, type FaultRig, generation, HONEST, startFaultRig } from '../support/fault-rig.ts';
import { PROVIDER_KEY } from '../support/gateway.ts';
import { steps } from '../support/misbehaving-server.ts';

type Section = Record<string, unknown>;
type Config = Readonly<Record<'providers' | 'models' | 'clients', Section>>;

const BAD: Readonly<Record<string, (text: string) => string>> = {
  'broken syntax': (text) => `${text}\n  - : [`,
  'an unknown key': (text) => `${text}\nprovidres: {}\n`,
  'a missing secret': (text) => text.replace('env:PROVIDER_KEY', 'env:NO_SUCH_KEY'),
  'a key in the open': (text) => text.replace(/apiKey: .*/, `apiKey: ${PROVIDER_KEY}`),
  'a name that is there twice': (text) => text.replace('models:', 'models:\n  chat: { deployments: [] }\nmodels:'),
  nothing: () => '',
};

describe('rows 104 to 106: reloads while calls run', () => {
  let rig: FaultRig;
  let good: string;
  let gate = Promise.withResolvers<void>();

  before(async () => {
    rig = await startFaultRig({
      chat: {
        script: () => [
          steps.send(STREAM_HEAD + textEvent('one ')),
          steps.wait(gate.promise),
          steps.send(textEvent('two') + STREAM_END),
        ],
        model: { timeouts: { firstToken: '10s', idle: '10s' } },
      },
    });
    good = readFileSync(rig.gateway.configPath, 'utf8');
  });

  after(() => rig[Symbol.asyncDispose]());

  beforeEach(() => {
    gate = Promise.withResolvers<void>();
  });

  afterEach(async () => {
    gate.resolve();
    writeFileSync(rig.gateway.configPath, good);
    await rig.gateway.gateway.reload();
    await rig.assertQuiet();
  });

  const metric = async (name: string) =>
    Number(new RegExp(`^${name}(?:\\{\\})? (\\d+)`, 'm').exec(await rig.gateway.metrics())?.[1] ?? 0);

  for (const [name, spoil] of Object.entries(BAD)) {
    it(`row 104: ${name} changes nothing: calls go on, the failure is counted, logged and in the readiness`, async () => {
      const [generationBefore, failuresBefore] = [
        await metric('kanmon_config_generation'),
        await metric('kanmon_config_reload_failures_total'),
      ];
      writeFileSync(rig.gateway.configPath, spoil(good));
      const { outcome } = await rig.gateway.gateway.reload();
      strictEqual(outcome, 'refused');
      await rig.assertServes();
      strictEqual(await metric('kanmon_config_generation'), generationBefore);
      ok((await metric('kanmon_config_reload_failures_total')) > failuresBefore);
      const line = await eventually(() => rig.gateway.logs().findLast(({ faults }) => faults !== undefined));
      ok(Array.isArray(line.faults) && line.faults.length > 0);
      const ready = await fetch(`http://127.0.0.1:${rig.gateway.gateway.ports.adminHttp}/readyz`);
      strictEqual(ready.status, 200);
      ok((await ready.text()).includes('the newest configuration is not in use'));
    });
  }

  it('row 105: one that is written by renaming is taken whole', async () => {
    const changed = edit(good, ({ models, clients }) => {
      models.added = models[HONEST];
      clients.caller = { ...(clients.caller as object), models: ['chat', HONEST, 'added'] };
    });
    writeFileSync(`${rig.gateway.configPath}.new`, changed);
    renameSync(`${rig.gateway.configPath}.new`, rig.gateway.configPath);
    strictEqual((await rig.gateway.gateway.reload()).outcome, 'swapped');
    ok((await rig.client.complete(generation('added'))).callId);
  });

  it('row 106: a model and its provider are taken away: a running call ends in peace, the next is refused at once', async () => {
    const stream = rig.client.stream({ ...generation('chat'), options: { requestId: 'r-106' } });
    const whole = stream.final();
    await rig.provider('chat').requested(1);
    const without = edit(good, ({ models, providers, clients }) => {
      delete models.chat;
      delete providers.chat;
      clients.caller = { ...(clients.caller as object), models: [HONEST] };
    });
    writeFileSync(rig.gateway.configPath, without);
    const atMs = performance.now();
    strictEqual((await rig.gateway.gateway.reload()).outcome, 'swapped');
    const error = await failure(rig.client.complete(generation('chat')));
    ok(performance.now() - atMs < 1000);
    deepStrictEqual([error.code, error.reason], ['NOT_FOUND', 'MODEL_NOT_FOUND']);
    strictEqual(rig.provider('chat').requests.length, 1);
    gate.resolve();
    strictEqual(textOf((await whole).message), 'one two');
    strictEqual((await rig.logLine('r-106')).status, 'OK');
    await rig.provider('chat').connections[0]?.closed;
  });

  it('row 106: a client that is taken away is refused at once, on the connection that it has', async () => {
    await rig.assertServes();
    const without = edit(good, ({ clients }) => {
      clients.somebody = { identity: { spiffe: 'spiffe://kanmon.test/somebody' }, models: [HONEST] };
      delete clients.caller;
    });
    writeFileSync(rig.gateway.configPath, without);
    strictEqual((await rig.gateway.gateway.reload()).outcome, 'swapped');
    const error = await failure(rig.client.complete(generation(HONEST)));
    deepStrictEqual([error.code, error.reason], ['PERMISSION_DENIED', 'PEER_NOT_ALLOWED']);
  });
});

function edit(text: string, change: (config: Config) => void): string {
  const config = parse(text) as Config; // A configuration that was taken.
  change(config);
  return stringify(config);
}
