/** The generator of a new dialect: what it writes is the skeleton, which passes the laws (test/unit/skeleton), renamed. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDialect } from '../../../.ci/new-dialect.ts';

describe('npm run new:dialect', () => {
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'kanmon-dialect-'));
  });

  afterEach(() => rmSync(root, { recursive: true }));

  it('writes a folder like every other, and its laws', () => {
    const paths = createDialect('acme-chat', root);
    const names = ['decode', 'encode', 'error', 'finish', 'index', 'stream', 'usage', 'wire'];
    assert.deepEqual(paths.toSorted(), [
      ...names.map((name) => `server/providers/acme-chat/${name}.ts`),
      'test/unit/acme-chat/laws.test.ts',
    ]);
  });

  it('leaves nothing of the skeleton, and imports only what is where it says', () => {
    for (const path of createDialect('acme-chat', root)) {
      const text = readFileSync(join(root, path), 'utf8');
      assert.doesNotMatch(text, /skeleton/i, path);
      for (const [, from = ''] of text.matchAll(/ from '([^']+)'/g)) {
        const target = join(path, '..', from);
        const isNew = target.startsWith('server/providers/acme-chat/');
        assert.ok(readFileSync(join(isNew ? root : '.', target)).length > 0, `${path} imports ${from}`);
      }
    }
    assert.match(
      readFileSync(join(root, 'server/providers/acme-chat/index.ts'), 'utf8'),
      /export const acmeChat: Dialect/,
    );
  });

  it('does not write over what is there, and takes proper names only', () => {
    createDialect('acme', root);
    assert.throws(() => createDialect('acme', root), /is there already/);
    for (const name of ['', 'Acme', 'a/b', '../x']) assert.throws(() => createDialect(name, root), /is no name/);
  });
});
