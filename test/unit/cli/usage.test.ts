import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { resolveConnection } from '../../../server/cli/connection.ts';
import { QUICKSTART_PROVIDERS } from '../../../server/cli/quickstart/config.ts';
import { prepareDirectory } from '../../../server/cli/quickstart/files.ts';
import { type CliResult, runCli } from '../../support/cli-rig.ts';

describe('kanmon: usage', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'kanmon-cli-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  describe('help', () => {
    it('lists every command in its group, and says where to begin', async () => {
      const { stdout, exitCode } = await runCli(['--help']);
      assert.equal(exitCode, 0);
      for (const heading of ['Run a gateway:', 'Call a gateway:', 'Tools:'])
        assert.ok(stdout.includes(heading), heading);
      assert.match(stdout, /Run "kanmon quickstart"/);
    });

    it('has examples and a description for every command', async () => {
      for (const name of await commandNames()) {
        const { stdout, exitCode } = await runCli(['help', name]);
        assert.equal(exitCode, 0, name);
        assert.match(stdout, name === 'exit-codes' ? /CODE +MEANING/ : /Examples:\n {2}# .+\n {2}.*\S/, name);
      }
    });

    it('names only flags that exist in its examples', async () => {
      for (const name of await commandNames()) {
        const { stdout } = await runCli([name, '--help']);
        const [options = '', examples = ''] = stdout.split('Examples:');
        const ours = examples.split('\n').filter((line) => line.includes(`kanmon ${name}`));
        for (const flag of ours.join(' ').match(/(?<= )--[a-z-]+/g) ?? [])
          assert.ok(options.includes(flag), `${name} ${flag}`);
      }
    });

    it('tells the exit codes', async () => {
      const { stdout } = await runCli(['exit-codes']);
      assert.match(stdout, /^2 +Wrong usage/m);
      assert.match(readFileSync('docs/cli.md', 'utf8').replaceAll(/[|]/g, ' '), /^ +2 +Wrong usage/m);
    });

    it('tells the version', async () => assert.equal((await runCli(['--version'])).stdout, '1.2.3\n'));
  });

  describe('mistakes end with 2 and say what to do', () => {
    const mistakes: readonly (readonly [args: readonly string[], says: RegExp])[] = [
      [[], /Commands:|Run a gateway:/],
      [['complet'], /unknown command 'complet'.*Did you mean complete/s],
      [['complete', '--modell', 'x'], /unknown option '--modell'.*--help explains/s],
      [['complete', 'Hello'], /no gateway to call: .*--address.*quickstart/],
      [['complete', '--max-tokens', '0', 'Hello'], /whole number of at least 1/],
      [['complete', '--temperature', 'hot', 'Hello'], /must be a number/],
      [['complete', '--tag', 'x', 'Hello'], /Write key=value/],
      [['complete', '--address', 'a:1', '--timeout', '3', 'Hello'], /write a duration/],
      [['complete', '--address', 'a:1', '--cert', 'nowhere.pem', 'Hello'], /cert and key belong together/],
      [
        ['complete', '--address', 'a:1', '--ca', '/nowhere/ca.pem', 'Hello'],
        /cannot read \/nowhere\/ca\.pem: there is no such file/,
      ],
      [['stream', '--address', 'a:1', ''], /the text is empty/],
      [['embed', '--address', 'a:1', 'a', ''], /a text to embed is empty/],
      [['certs', '--client', 'checkout'], /Write spiffe:/],
      [['completion', 'powershell'], /Allowed choices are bash, zsh, fish/],
      [['quickstart', '--port', '65536'], /0 to 65535/],
    ];
    for (const [args, says] of mistakes) {
      it(`kanmon ${args.join(' ')}`, async () => {
        const { exitCode, stderr } = await runCli(args, { input: '' });
        assert.match(stderr, says);
        assert.equal(exitCode, 2);
      });
    }

    it('a terminal without a prompt is asked for one, not waited for', async () => {
      assert.match((await runCli(['complete'], { isTTY: true })).stderr, /nothing to send/);
    });
  });

  describe('the connection', () => {
    const save = () => {
      const saved = { address: 'saved:1', ca: 'tls/ca.pem', cert: 'tls/client.pem', key: 'tls/client.key' };
      writeFileSync(join(directory, 'connection.json'), JSON.stringify(saved));
      return { KANMON_DIR: directory };
    };

    it('is what was saved, if nothing else is said', async () => {
      assert.deepEqual(await resolveConnection({}, save()), {
        address: 'saved:1',
        timeoutMs: 120_000,
        ca: join(directory, 'tls/ca.pem'),
        cert: join(directory, 'tls/client.pem'),
        key: join(directory, 'tls/client.key'),
      });
    });

    it('is what a flag says, else a variable', async () => {
      const env = { ...save(), KANMON_CA: 'variable.pem', KANMON_TIMEOUT: '1s' };
      const connection = await resolveConnection({ timeout: '2s' }, env);
      assert.equal(connection.ca, 'variable.pem');
      assert.equal(connection.timeoutMs, 2000);
    });

    it("does not show one gateway's certificate to another", async () => {
      assert.deepEqual(await resolveConnection({ address: 'other:1' }, save()), {
        address: 'other:1',
        timeoutMs: 120_000,
      });
    });

    for (const text of ['', '{', '[]', '{"address":"a:1"}', 'null']) {
      it(`is a usage error if what was saved is ${JSON.stringify(text)}`, async () => {
        writeFileSync(join(directory, 'connection.json'), text);
        await assert.rejects(resolveConnection({}, { KANMON_DIR: directory }), /is broken: remove it/);
      });
    }
  });

  describe('validate', () => {
    const validate = (config: string, ...flags: string[]): Promise<CliResult> => {
      const file = join(directory, 'kanmon.yaml');
      writeFileSync(file, config);
      return runCli(['validate', file, ...flags], { env: {} });
    };
    it('accepts what quickstart writes, for each provider', async () => {
      const keys = { OPENAI_API_KEY: 'a', ANTHROPIC_API_KEY: 'b' };
      for (const provider of QUICKSTART_PROVIDERS) {
        const { configPath } = await prepareDirectory(directory, { port: 0, provider });
        const { stdout, stderr } = await runCli(['validate', configPath], { env: keys });
        assert.equal(stderr, '');
        assert.match(stdout, /is valid: \d providers?, 2 models, 1 client \(version [0-9a-f]{12}\)/);
      }
    });

    it('names the variable that a key is missing from', async () => {
      const { configPath } = await prepareDirectory(directory, { port: 0, provider: 'openai' });
      const { stderr } = await runCli(['validate', configPath], { env: {} });
      assert.match(stderr, /kanmon\.yaml:\d+:\d+: providers\.openai\.apiKey: .*OPENAI_API_KEY/);
    });

    it('prints every fault with its place, and ends with 2', async () => {
      const { exitCode, stderr } = await validate('providers: {}\nmodles: {}\n');
      assert.match(stderr, /kanmon\.yaml:2:1: .*modles/);
      assert.match(stderr, /clients/);
      assert.equal(exitCode, 2);
    });

    it('prints faults as JSON', async () => {
      const { exitCode, stdout } = await validate('models: 3', '--json');
      const { valid, faults } = JSON.parse(stdout) as { valid: boolean; faults: { line: number; path: string }[] };
      assert.equal(valid, false);
      assert.ok(faults.some(({ line, path }) => line === 1 && path === 'models'));
      assert.equal(exitCode, 2);
    });
  });

  it('certs writes what it says, keeps the CA, and takes names for clients', async () => {
    const flags = [
      '--dir',
      directory,
      '--client',
      'spiffe://k/a',
      '--client',
      'two=spiffe://k/a',
      '--name',
      'gw.example',
    ];
    const first = await runCli(['certs', ...flags]);
    assert.equal(first.exitCode, 0);
    assert.match(first.stdout, /two\.pem +\S+two\.key +new +spiffe:\/\/k\/a/);
    assert.equal(statSync(join(directory, 'a.key')).mode & 0o777, 0o600);
    const second = JSON.parse((await runCli(['certs', ...flags, '--json'])).stdout) as { authority: { kept: boolean } };
    assert.equal(second.authority.kept, true);
    const clash = await runCli(['certs', '--client', 'spiffe://k/a', '--client', 'spiffe://l/a']);
    assert.match(clash.stderr, /There is a client a already/);
  });

  it('certs ends with 2 for an id that is none', async () => {
    const { exitCode, stderr } = await runCli(['certs', '--dir', directory, '--client', 'x=spiffe://K']);
    assert.match(stderr, /is no SPIFFE id/);
    assert.equal(exitCode, 2);
  });

  it('protoset writes descriptors that hold the service', async () => {
    const out = join(directory, 'kanmon.protoset');
    assert.equal((await runCli(['protoset', '--out', out])).exitCode, 0);
    const { file } = fromBinary(FileDescriptorSetSchema, readFileSync(out));
    assert.ok(file.some(({ package: name, service }) => name === 'kanmon.v1' && service.length > 0));
    assert.match((await runCli(['protoset'], { isTTY: true })).stderr, /binary/);
  });

  it('config-schema prints a JSON Schema', async () => {
    const schema = JSON.parse((await runCli(['config-schema'])).stdout) as { $schema: string };
    assert.match(schema.$schema, /json-schema\.org/);
  });

  describe('serve', () => {
    it('serves until it is told to end, and reloads on SIGHUP', async () => {
      const interrupted = new AbortController();
      const did: string[] = [];
      const hangups: (() => void)[] = [];
      const running = runCli(['serve', '--config', 'x.yaml'], {
        interruption: () => interrupted.signal,
        onHangup: (listener) => hangups.push(listener),
        startGateway: async ({ configPath }) => {
          did.push(`start ${configPath}`);
          setImmediate(() => {
            for (const hangup of hangups) hangup();
            interrupted.abort();
          });
          return { port: 1, reload: async () => void did.push('reload'), stop: async () => void did.push('stop') };
        },
      });
      await once(interrupted.signal, 'abort');
      assert.equal((await running).exitCode, 0);
      assert.deepEqual(did, ['start x.yaml', 'reload', 'stop']);
    });
  });

  async function commandNames(): Promise<readonly string[]> {
    const { stdout } = await runCli(['completion', 'bash']);
    const names = /words="([^"]+)"/.exec(stdout)?.[1]?.split(' ') ?? [];
    assert.ok(names.length > 10);
    return names.filter((name) => name !== 'help');
  }
});
