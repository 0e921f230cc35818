/** Row 104: a bad configuration. Every fault is named with its place, and the last good configuration stays. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type ConfigSource, createConfigSource, type ReloadResult } from '../../server/config/watch.ts';
import { GatewayError } from '../../server/model/errors.ts';
import { CONFIG_PATH, faultsOf, fileMap, loadDepsOf, MINIMAL } from '../support/config-files.ts';
import { createFakeClock } from '../support/fake-clock.ts';

interface BadConfig {
  readonly name: string;
  readonly text: string;
  readonly faults: readonly string[];
}

/** `=== what is wrong`, the text, `=>`, and every line that it must give. */
const BAD: readonly BadConfig[] = readFileSync(new URL('row-104-bad-configs.txt', import.meta.url), 'utf8')
  .split(/^=== /m)
  .slice(1)
  .map((block) => {
    const [, name = '', text = '', faults = ''] = /^(.*)\n([\s\S]*?)^=>\n([\s\S]*)$/m.exec(block) ?? [];
    return { name, text, faults: faults.trim().split('\n') };
  });

const WORLD = { env: { EMPTY: '', GOOD: 'sk-good', BROKEN: 'sk-\nbroken' } };

describe('row 104: a bad configuration', () => {
  it('row 104: is tried with more than twenty', () => {
    assert.ok(BAD.length > 20);
  });

  for (const { name, text, faults } of BAD) {
    it(`row 104: names ${name}`, async () => {
      assert.deepEqual(await faultsOf(text, WORLD), faults);
    });
  }

  it('row 104: names every fault at once, in the order of the file', async () => {
    const faults = await faultsOf(
      'providers: { a: { host: b } }\nmodels: { m: {} }\nclients: { c: { models: [x] } }\n',
    );
    assert.deepEqual(
      faults.map((fault) => fault.split(' ', 2).join(' ')),
      [
        'kanmon.yaml:1:25: providers.a.host:',
        'kanmon.yaml:2:11: models.m.deployments:',
        'kanmon.yaml:3:12: clients.c.identity:',
        'kanmon.yaml:3:26: clients.c.models[0]:',
      ],
    );
  });

  it('row 104: never shows a secret that was written into the file', async () => {
    const texts = BAD.map(({ text }) => text.replaceAll(/sk-proj-4711|me:pw/g, 'CANARY'));
    const syntax = MINIMAL.replace('host: simulator', 'host: openai, apiKey: "CANARY" "CANARY"');
    for (const text of [...texts, syntax, `${MINIMAL}: CANARY\n"CANARY: x`]) {
      assert.doesNotMatch((await faultsOf(text, WORLD)).join('\n'), /CANARY/);
    }
  });

  describe('while the gateway runs', () => {
    const clock = createFakeClock();
    const files = fileMap({ [CONFIG_PATH]: MINIMAL });
    const results: ReloadResult[] = [];
    let source: ConfigSource;
    before(async () => {
      const deps = { ...loadDepsOf(files), clock, onReload: (result: ReloadResult) => void results.push(result) };
      source = await createConfigSource(CONFIG_PATH, deps);
    });
    after(() => source.close());

    it('row 104: keeps the last good one, and says why in its status', async () => {
      const good = source.current();
      for (const { name, text } of BAD) {
        files.set(CONFIG_PATH, text);
        const result = await source.reload();
        assert.equal(result.outcome, 'refused', name);
        assert.equal(result.generation, 1, name);
        assert.equal(source.current(), good, name);
        assert.match(source.status().lastError ?? '', /kanmon\.yaml/, name);
      }
    });

    it('row 104: takes the next good one, and forgets the error', async () => {
      files.set(CONFIG_PATH, `${MINIMAL}drain: { grace: 1s }\n`);
      assert.deepEqual(await source.reload(), {
        outcome: 'swapped',
        generation: 2,
        changes: ['drain.graceMs: 30000 → 1000'],
        needsRestart: false,
      });
      assert.equal(source.current().drain.graceMs, 1000);
      assert.deepEqual(source.status(), { generation: 2, lastError: undefined });
    });

    it('row 104: notices a bad one by itself, and reports it once', async () => {
      files.set(CONFIG_PATH, 'providers: 1\n');
      await clock.advance(5000);
      assert.deepEqual(
        results.map(({ outcome, generation }) => [outcome, generation]),
        [['refused', 2]],
      );
    });
  });

  it('row 104: a gateway does not start with one', async () => {
    const files = fileMap({ [CONFIG_PATH]: 'providers: 1\n' });
    const start = createConfigSource(CONFIG_PATH, { ...loadDepsOf(files), clock: createFakeClock() });
    await assert.rejects(start, (error) => {
      assert.ok(error instanceof GatewayError);
      assert.equal(error.reason, 'CONFIG_INVALID');
      assert.match(
        error.message,
        /^\/etc\/kanmon\/kanmon\.yaml:1:12: providers: must be keys with values, not a single value$/m,
      );
      return true;
    });
  });
});
