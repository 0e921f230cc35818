/** Row 105: a configuration that somebody is still writing is never taken; the whole one is, as one. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConfigSource, createConfigSource, type ReloadResult } from '../../server/config/watch.ts';
import { CONFIG_PATH, fileMap, loadDepsOf, MINIMAL } from '../support/config-files.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { until } from '../support/until.ts';

const NEXT = `${MINIMAL}  till: { identity: { dns: till.example }, models: [chat] }\ndrain: { grace: 7s }\n`;

describe('row 105: a half-written configuration', () => {
  describe('written slowly, in place', () => {
    const files = fileMap({ [CONFIG_PATH]: MINIMAL });
    const results: ReloadResult[] = [];
    let clock: FakeClock;
    let source: ConfigSource;
    beforeEach(async () => {
      clock = createFakeClock();
      results.length = 0;
      files.set(CONFIG_PATH, MINIMAL);
      const onReload = (result: ReloadResult): void => void results.push(result);
      source = await createConfigSource(CONFIG_PATH, { ...loadDepsOf(files), clock, onReload });
    });
    afterEach(() => source.close());

    it('row 105: is not taken while it grows, and swapped once when it stays', async () => {
      // Every prefix that ends with a line is YAML, and the longer ones are configurations: only their growth tells.
      for (const [end] of NEXT.matchAll(/\n/g).map(({ index }) => [index + 1] as const)) {
        files.set(CONFIG_PATH, NEXT.slice(0, end));
        await clock.advance(150);
      }
      assert.deepEqual(results, []);
      await clock.advance(1000);
      assert.deepEqual(results, [
        {
          outcome: 'swapped',
          generation: 2,
          changes: ['clients.till: added', 'identities.dns:till.example: added (till)', 'drain.graceMs: 30000 → 7000'],
          needsRestart: false,
        },
      ]);
      assert.equal(source.current().clients.size, 2);
    });

    it('row 105: a truncated one is refused, and its completion taken', async () => {
      const old = source.current();
      files.set(CONFIG_PATH, NEXT.slice(0, NEXT.indexOf('clients:')));
      await clock.advance(3000);
      assert.deepEqual(
        results.map(({ outcome }) => outcome),
        ['refused'],
      );
      assert.equal(source.current(), old);
      files.set(CONFIG_PATH, NEXT);
      await clock.advance(1000);
      assert.deepEqual(
        results.map(({ outcome }) => outcome),
        ['refused', 'swapped'],
      );
      assert.deepEqual(source.status(), { generation: 2, lastError: undefined });
    });

    it('row 105: one that changes between the last look and the load waits for the next looks', async () => {
      let reads = 0;
      source.close();
      const deps = loadDepsOf(files);
      const growing = async (path: string): Promise<string> => {
        if (path !== CONFIG_PATH) return deps.readFile(path);
        reads += 1;
        // Reads 2 and 3 are the two looks that agree; then the writer goes on.
        if (reads === 4) files.set(CONFIG_PATH, NEXT);
        return deps.readFile(path);
      };
      source = await createConfigSource(CONFIG_PATH, {
        env: {},
        readFile: growing,
        clock,
        onReload: (result) => void results.push(result),
      });
      files.set(CONFIG_PATH, `${MINIMAL}drain: { grace: 1s }\n`);
      await clock.advance(2000);
      assert.deepEqual(
        results.map(({ outcome, generation }) => [outcome, generation]),
        [['swapped', 2]],
      );
      assert.equal(source.current().drain.graceMs, 7000);
    });
  });

  describe('on a disk', () => {
    let folder: string;
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'kanmon-config-'));
      await mkdir(join(folder, 'tls'));
      for (const name of ['server.pem', 'server.key', 'ca.pem']) await writeFile(join(folder, 'tls', name), 'PEM');
    });
    afterEach(() => rm(folder, { recursive: true }));

    it('row 105: takes an atomic rename', async () => {
      const path = join(folder, 'kanmon.yaml');
      await writeFile(path, MINIMAL);
      await swapsTo(path, async () => {
        await writeFile(`${path}.new`, NEXT);
        await rename(`${path}.new`, path);
      });
    });

    it('row 105: takes the symlink swap of a mounted volume', async () => {
      const path = join(folder, 'kanmon.yaml');
      for (const [version, text] of [
        ['..1', MINIMAL],
        ['..2', NEXT],
      ] as const) {
        await mkdir(join(folder, version));
        await writeFile(join(folder, version, 'kanmon.yaml'), text);
      }
      await symlink('..1', join(folder, '..data'));
      await symlink('..data/kanmon.yaml', path);
      await swapsTo(path, async () => {
        await symlink('..2', join(folder, '..data_tmp'));
        await rename(join(folder, '..data_tmp'), join(folder, '..data'));
      });
    });
  });
});

async function swapsTo(path: string, write: () => Promise<void>): Promise<void> {
  const clock = createFakeClock();
  const results: ReloadResult[] = [];
  const readFileText = (file: string): Promise<string> => readFile(file, 'utf8');
  const source = await createConfigSource(path, {
    env: {},
    readFile: readFileText,
    clock,
    onReload: (result) => void results.push(result),
  });
  await write();
  // Real files are read in real time: the fake clock is moved whenever the source waits for it again.
  await until(() => {
    if (clock.pending() > 0) void clock.advance(500);
    return results.length > 0;
  });
  source.close();
  assert.deepEqual(
    results.map(({ outcome }) => outcome),
    ['swapped'],
  );
  assert.equal(source.current().clients.size, 2);
}
