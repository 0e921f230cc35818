/** Reloads of the configuration in use. */
import assert from 'node:assert/strict';
import type { Snapshot } from '../../../server/config/snapshot.ts';
import { type ConfigSource, createConfigSource, type ReloadResult } from '../../../server/config/watch.ts';
import { CONFIG_PATH, fileMap, loadDepsOf, MINIMAL } from '../../support/config-files.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

const KEY_PATH = '/run/secrets/openai';
const WITH_KEY = MINIMAL.replace('host: simulator', `host: openai, apiKey: "\${file:${KEY_PATH}}"`);

describe('createConfigSource', () => {
  const files = fileMap();
  const clock = createFakeClock();
  const results: ReloadResult[] = [];
  let source: ConfigSource;
  beforeEach(async () => {
    results.length = 0;
    files.set(CONFIG_PATH, WITH_KEY).set(KEY_PATH, 'sk-old\n');
    const onReload = (result: ReloadResult): void => void results.push(result);
    source = await createConfigSource(CONFIG_PATH, { ...loadDepsOf(files), clock, onReload });
  });
  afterEach(() => source.close());

  it('swaps the snapshot whole, tells listeners both, and leaves the old one as it was', async () => {
    const told: (readonly [Snapshot, Snapshot])[] = [];
    const old = source.current();
    source.onChange((...snapshots) => void told.push(snapshots));
    files.set(CONFIG_PATH, WITH_KEY.replaceAll('chat', 'talk'));
    await source.reload();
    assert.deepEqual(told, [[source.current(), old]]);
    assert.deepEqual([...old.models.keys()], ['chat']);
    assert.deepEqual([...source.current().models.keys()], ['talk']);
  });

  it('tells a listener nothing once it has gone', async () => {
    const told: Snapshot[] = [];
    const stop = source.onChange((snapshot) => void told.push(snapshot));
    stop();
    files.set(CONFIG_PATH, `${WITH_KEY}drain: { grace: 1s }\n`);
    assert.equal((await source.reload()).outcome, 'swapped');
    assert.deepEqual(told, []);
  });

  it('does nothing when nothing has changed', async () => {
    const before = source.current();
    assert.deepEqual(await source.reload(), { outcome: 'unchanged', generation: 1 });
    await clock.advance(10_000);
    assert.equal(source.current(), before);
    assert.deepEqual(results, []);
  });

  it('takes a rotated secret up by itself within a second, without showing it', async () => {
    files.set(KEY_PATH, 'sk-new\n');
    await clock.advance(1000);
    assert.deepEqual(results, [
      { outcome: 'swapped', generation: 2, changes: ['providers.sim.apiKey: changed'], needsRestart: false },
    ]);
    assert.equal(source.current().providers.get('sim')?.apiKeys[0]?.reveal(), 'sk-new');
  });

  it('keeps the last good one while a secret is missing, and takes it up when it is back', async () => {
    files.delete(KEY_PATH);
    await clock.advance(1000);
    assert.match(source.status().lastError ?? '', /cannot read \/run\/secrets\/openai: there is no such file/);
    assert.equal(source.current().providers.get('sim')?.apiKeys[0]?.reveal(), 'sk-old');
    files.set(KEY_PATH, 'sk-old\n');
    await clock.advance(1000);
    assert.deepEqual(source.status(), { generation: 1, lastError: undefined });
    assert.deepEqual(
      results.map(({ outcome }) => outcome),
      ['refused', 'unchanged'],
    );
  });

  it('leaves a rotated certificate of a listener to the listener', async () => {
    files.set('/etc/kanmon/tls/server.pem', 'PEM 2');
    await clock.advance(2000);
    assert.deepEqual(results, []);
    assert.deepEqual(source.status(), { generation: 1, lastError: undefined });
  });

  it('survives the loss of the file', async () => {
    const before = source.current();
    files.delete(CONFIG_PATH);
    await clock.advance(1000);
    assert.equal(source.status().lastError, '/etc/kanmon/kanmon.yaml: cannot read it: there is no such file');
    assert.equal(source.current(), before);
  });

  it('says that changes of listeners need a restart', async () => {
    files.set(CONFIG_PATH, `${WITH_KEY}listen: { grpc: { address: "0.0.0.0:8443" } }\n`);
    const result = await source.reload();
    assert.deepEqual(result, {
      outcome: 'swapped',
      generation: 2,
      changes: ['listen.grpc.port: 7443 → 8443 (needs a restart)'],
      needsRestart: true,
    });
  });

  it('runs reloads one after another', async () => {
    files.set(CONFIG_PATH, `${WITH_KEY}drain: { grace: 1s }\n`);
    const first = source.reload();
    const second = source.reload();
    assert.deepEqual((await first).outcome, 'swapped');
    assert.deepEqual(await second, { outcome: 'unchanged', generation: 2 });
  });

  it('looks at nothing after close', async () => {
    source.close();
    assert.equal(clock.pending(), 0);
    files.set(KEY_PATH, 'sk-new\n');
    await clock.advance(5000);
    assert.deepEqual(results, []);
  });
});
