/**
 * What an outside project gets from "npm pack". Without network: the package's dependencies are linked from this repository
 * instead of being installed, and the package itself is unpacked where npm would put it.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { ClientRig } from '../support/client-rig.ts';
import { answer } from '../support/scripted-gateway.ts';

const run = promisify(execFile);

const CONSUMER = `
import { createClient, KanmonError, textOf, userText, type CompleteResponse } from '@kanmon/client';
import { StreamFold } from '@kanmon/client/fold';
import { FinishKind } from '@kanmon/client/gen';
import { DESCRIPTORS_BASE64 } from '@kanmon/client/descriptors';

const { ADDRESS: address = '', CA: ca = '', CERT: cert = '', KEY: key = '' } = process.env;
const kanmon = createClient({ address, ca, cert, key });
const request = { generation: { model: 'chat', messages: [userText('Hello')] } };
const reply: CompleteResponse = await kanmon.complete(request);
console.log(textOf(reply.message), reply.finishReason?.kind === FinishKind.STOP);
console.log(new StreamFold().finished(), DESCRIPTORS_BASE64.length > 1000);
await kanmon.embed({ model: 'embed', inputs: ['a'] }).catch((error: unknown) => {
  console.log(error instanceof KanmonError && error.code);
});
// @ts-expect-error a message has no such field: if types were missing, this would compile
kanmon.complete({ generation: { modell: 'chat' } }).catch(() => kanmon.close());
`;

const TSCONFIG = {
  compilerOptions: {
    target: 'es2023',
    module: 'nodenext',
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    skipLibCheck: false,
    types: ['node'],
  },
};

describe('client: the package', function () {
  this.timeout(60_000);
  const rig = new ClientRig();
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'kanmon-package-'));
  });
  after(() => {
    rig.close();
    rmSync(directory, { recursive: true });
  });

  it('type-checks and runs in a project of its own', async () => {
    const files = await packInto(directory);
    assert.deepEqual(
      files.filter((file) => !file.startsWith('dist/')),
      ['LICENSE', 'README.md', 'package.json'],
    );
    assert.ok(
      files.every((file) => /\.(js|d\.ts|md|json)$|LICENSE/.test(file)),
      files.join(),
    );
    linkDependencies(directory);
    write('package.json', { type: 'module' });
    write('tsconfig.json', TSCONFIG);
    writeFileSync(join(directory, 'consumer.ts'), CONSUMER);

    const { address, ca, cert, key } = await rig.start({ complete: async () => answer('Hi') });
    const env = { PATH: process.env.PATH, ADDRESS: address, CA: ca, CERT: cert, KEY: key };
    const [types, { stdout, stderr }] = await Promise.all([
      run(resolve('node_modules/.bin/tsc'), ['--project', directory]),
      run(process.execPath, [join(directory, 'consumer.ts')], { env, cwd: directory }),
    ]);
    assert.equal(types.stdout, '');
    assert.equal(stderr, '');
    assert.equal(stdout, 'Hi true\nundefined true\nUNIMPLEMENTED\n');
  });

  function write(name: string, content: object): void {
    writeFileSync(join(directory, name), JSON.stringify(content));
  }
});

/** Packs the client and unpacks it as a dependency of the project in a directory; gives the names of its files. */
async function packInto(directory: string): Promise<readonly string[]> {
  const args = ['pack', '--workspace=@kanmon/client', '--ignore-scripts=false', `--pack-destination=${directory}`];
  await run('npm', args);
  const target = join(directory, 'node_modules/@kanmon/client');
  mkdirSync(target, { recursive: true });
  const [tarball = ''] = globSync(join(directory, 'kanmon-client-*.tgz'));
  await run('tar', ['--extract', '--gzip', '--strip-components=1', `--directory=${target}`, `--file=${tarball}`]);
  const { stdout } = await run('tar', ['--list', '--gzip', `--file=${tarball}`]);
  return stdout
    .trimEnd()
    .split('\n')
    .map((path) => path.replace(/^package\//, ''))
    .sort();
}

function linkDependencies(directory: string): void {
  const manifest = JSON.parse(readFileSync(join(directory, 'node_modules/@kanmon/client/package.json'), 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  for (const name of [...Object.keys(manifest.dependencies), '@types/node']) {
    const link = join(directory, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(resolve('node_modules', name), link);
  }
}
