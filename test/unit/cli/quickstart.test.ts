import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GatewayLaunch, RunningGateway } from '../../../server/cli/world.ts';
import { startGateway } from '../../../server/start.ts';
import { runCli } from '../../support/cli-rig.ts';
import { answer, answerBatches, type Script, startScriptedGateway } from '../../support/scripted-gateway.ts';
import { until } from '../../support/until.ts';

describe('kanmon quickstart', function () {
  this.timeout(20_000);

  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'kanmon-quickstart-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const file = (...names: readonly string[]) => join(directory, ...names);

  it('sets up, serves and calls the gateway itself, and the CLI finds it', async () => {
    const interrupted = new AbortController();
    const started = Promise.withResolvers<void>();
    const running = runCli(['quickstart', '--dir', directory, '--port', '0'], {
      interruption: () => interrupted.signal,
      startGateway: async (launch) => {
        const { ports, stop } = await startGateway({ ...launch, env: {}, version: '0' });
        started.resolve();
        return { port: ports.grpc, reload: async () => undefined, stop: async () => void (await stop()) };
      },
    });
    await started.promise;
    const env = { KANMON_DIR: directory };
    await until(() => readFileSync(file('gateway.log'), 'utf8').includes('"rpc":"embed"'));
    const models = await runCli(['models'], { env });
    assert.match(models.stdout, /^chat /m);
    const said = await runCli(['stream', '--max-tokens', '5', 'Hello'], { env });
    assert.match(said.stderr, /^call [0-9a-f-]{36} · chat → simulator\/sim-chat · length · /);
    interrupted.abort();
    const { stdout, stderr, exitCode } = await running;
    assert.equal(stderr, '');
    assert.equal(exitCode, 0);
    assert.equal(stdout.match(/call [0-9a-f-]{36} · /g)?.length, 3);
    assert.match(stdout, /3 vectors of \d+; nearness/);
    assert.match(
      stdout,
      /grpcurl -protoset \S+kanmon\.protoset -cacert \S+ca\.pem -cert \S+client\.pem -key \S+client\.key/,
    );
    assert.match(stdout, /Serving until Ctrl-C/);
  });

  describe('with a scripted gateway', () => {
    const toStop: (() => void)[] = [];
    afterEach(() => {
      for (const stop of toStop.splice(0)) stop();
    });

    const script: Script = {
      complete: async () => answer('A gate.'),
      async *stream() {
        yield* answerBatches('Rivers ', 'flow.');
      },
      embed: async ({ inputs }) => ({
        embeddings: inputs.map(() => ({ vector: { $case: 'float32Le', value: new Uint8Array(4) } as const })),
      }),
    };

    async function launch({ configPath }: GatewayLaunch): Promise<RunningGateway> {
      const read = (name: string) => readFileSync(file('tls', name), 'utf8');
      const pair = (name: string) => ({ cert: read(`${name}.pem`), key: read(`${name}.key`) });
      const tls = { ca: read('ca.pem'), server: pair('server'), client: pair('client') };
      const gateway = await startScriptedGateway(script, { tls });
      toStop.push(() => gateway.close());
      assert.equal(configPath, file('kanmon.yaml'));
      return {
        port: Number(gateway.address.split(':')[1]),
        reload: async () => undefined,
        stop: async () => gateway.close(),
      };
    }

    const quickstart = (...flags: readonly string[]) =>
      runCli(['quickstart', '--once', '--dir', directory, ...flags], { startGateway: launch });

    it('keeps its directory out of git and its keys to their owner', async () => {
      assert.equal((await quickstart('--port', '0')).exitCode, 0);
      assert.equal(readFileSync(file('.gitignore'), 'utf8'), '*\n');
      for (const name of ['ca', 'server', 'client'])
        assert.equal(statSync(file('tls', `${name}.key`)).mode & 0o777, 0o600);
    });

    it('ends by itself with --once, and can be run again', async () => {
      const first = await quickstart('--port', '0');
      const ca = readFileSync(file('tls', 'ca.pem'), 'utf8');
      assert.match(first.stdout, /A gate\..+Rivers flow\./s);
      assert.ok(!first.stdout.includes('Serving until'));
      assert.equal((await quickstart('--port', '0')).exitCode, 0);
      assert.equal(readFileSync(file('tls', 'ca.pem'), 'utf8'), ca);
    });

    it('takes a free port where the default one is taken', async () => {
      const taken = createServer().listen(7443, '127.0.0.1');
      toStop.push(() => taken.close());
      await Promise.race([once(taken, 'listening'), once(taken, 'error')]); // Whoever has it: it is taken.
      await quickstart();
      assert.match(readFileSync(file('kanmon.yaml'), 'utf8'), /grpc: \{ address: 127\.0\.0\.1:0,/);
    });

    it('writes the port that it is told, and keeps a configuration that was changed', async () => {
      await quickstart('--port', '17443');
      const config = readFileSync(file('kanmon.yaml'), 'utf8');
      assert.match(config, /127\.0\.0\.1:17443/);
      const changed = `${config}# mine\n`;
      writeFileSync(file('kanmon.yaml'), changed);
      assert.match((await quickstart()).stdout, /yours is kept/);
      assert.equal(readFileSync(file('kanmon.yaml'), 'utf8'), changed);
      const refused = await quickstart('--port', '17444');
      assert.equal(refused.exitCode, 2);
      assert.match(refused.stderr, /change it there, or remove it/);
    });

    it('writes the provider that it is told, its key by reference', async () => {
      await quickstart('--port', '0', '--provider', 'openai');
      const config = readFileSync(file('kanmon.yaml'), 'utf8');
      assert.match(config, /openai: \{ host: openai, apiKey: "\$\{env:OPENAI_API_KEY\}" \}/);
      assert.match(config, /provider: openai, model: text-embedding-3-small/);
      await quickstart('--port', '0', '--provider', 'anthropic');
      assert.match(readFileSync(file('kanmon.yaml'), 'utf8'), /- \{ provider: anthropic, model: claude/);
      assert.equal((await quickstart('--provider', 'other')).exitCode, 2);
    });

    it('says what to do where the port is taken', async () => {
      const startGateway = () =>
        Promise.reject(Object.assign(new Error('listen EADDRINUSE 127.0.0.1:1'), { code: 'EADDRINUSE' }));
      const { exitCode, stderr } = await runCli(['quickstart', '--dir', directory, '--port', '1'], { startGateway });
      assert.equal(exitCode, 2);
      assert.match(stderr, /end what listens there, or use --port/);
    });
  });
});
