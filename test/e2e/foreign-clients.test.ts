/** Callers that use nothing of ours but the contract: grpcurl (types at run time), Python and Go (generated code), over mTLS. */
import assert from 'node:assert/strict';
import { cpSync, globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { protosetBytes } from '../../server/model/protoset.ts';
import { describeWithTool, runTool, type ToolResult } from '../support/foreign-tools.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

const CONFIG = {
  providers: { simulator: { host: 'simulator', firstTokenMs: 0, tokensPerSecond: 0 } },
  models: {
    chat: { deployments: [{ provider: 'simulator', model: 'sim-chat' }] },
    embed: { deployments: [{ provider: 'simulator', model: 'sim-embed' }] },
  },
  listenGrpc: { reflection: true },
};

describe('clients of others', () => {
  let gateway: TestGateway;
  let folder: string;
  const file = (name: string) => join(folder, name);

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kanmon-foreign-'));
    gateway = await startTestGateway(CONFIG);
    writeFileSync(file('ca.pem'), gateway.authority.cert);
    writeFileSync(file('client.pem'), gateway.caller.cert);
    writeFileSync(file('client.key'), gateway.caller.key);
    writeFileSync(file('kanmon.protoset'), protosetBytes());
  });

  after(async () => {
    await gateway[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  describeWithTool('grpcurl', 'bin/grpcurl', (grpcurl) => {
    const generation = {
      model: 'chat',
      max_output_tokens: 20,
      messages: [message('ROLE_USER', 'Tell me about rivers.')],
    };

    function call(method: string, request: unknown, ...flags: readonly string[]): Promise<ToolResult> {
      const tls = ['-cacert', file('ca.pem'), '-cert', file('client.pem'), '-key', file('client.key')];
      const types = flags.length > 0 ? flags : ['-protoset', file('kanmon.protoset')];
      return runTool(grpcurl, [...types, ...tls, '-d', JSON.stringify(request), gateway.address, method]);
    }

    it('completes', async () => {
      const reply = await answered(call('kanmon.v1.GatewayService/Complete', { generation }));
      assert.match(reply, /"callId": "[0-9a-f-]{36}"/);
      assert.match(reply, /"outputTokens": 20/);
    });

    it('streams', async () => {
      const reply = await answered(call('kanmon.v1.GatewayService/Stream', { generation }));
      assert.ok(reply.indexOf('"started"') < reply.indexOf('"textDelta"'));
      assert.ok(reply.lastIndexOf('"textDelta"') < reply.indexOf('"finished"'));
    });

    it('embeds', async () => {
      const request = { model: 'embed', inputs: [{ parts: [{ text: 'Hello' }] }] };
      assert.match(await answered(call('kanmon.v1.GatewayService/Embed', request)), /"dimensions": 256/);
    });

    it('lists models, and asks for health', async () => {
      assert.match(await answered(call('kanmon.v1.GatewayService/ListModels', {})), /"name": "chat"/);
      assert.match(await answered(call('grpc.health.v1.Health/Check', {})), /"SERVING"/);
    });

    it('learns everything by reflection, where a known client may use it', async () => {
      const reply = await answered(call('kanmon.v1.GatewayService/ListModels', {}, '-use-reflection'));
      assert.match(reply, /"name": "embed"/);
    });

    it('prints the details of an error as text, by the types in the protoset', async () => {
      const wrong = { ...generation, temperature: 9 };
      const { exitCode, stderr } = await call('kanmon.v1.GatewayService/Complete', { generation: wrong });
      assert.equal(exitCode, 64 + 3); // INVALID_ARGUMENT, as grpcurl counts.
      assert.match(stderr, /"reason": "INVALID_REQUEST"/);
      assert.match(stderr, /"field": "generation\.temperature"/);
      assert.match(stderr, /"url": "\S+#invalid_request"/);
      assert.doesNotMatch(stderr, /is not recognized/);
    });

    it('is refused by TLS without a certificate', async () => {
      const types = ['-protoset', file('kanmon.protoset'), '-cacert', file('ca.pem')];
      const { exitCode, stderr } = await runTool(grpcurl, [
        ...types,
        gateway.address,
        'kanmon.v1.GatewayService/ListModels',
      ]);
      assert.notEqual(exitCode, 0);
      assert.match(stderr, /certificate required/);
    });
  });

  /** Paths that both programs take, after the address. */
  const pems = () => ['ca.pem', 'client.pem', 'client.key'].map(file);

  describeWithTool('Python', 'python/bin/python', (python) => {
    declareProgram(async () => {
      const generated = file('generated-python');
      mkdirSync(generated);
      const outputs = [`--python_out=${generated}`, `--grpc_python_out=${generated}`];
      const protos = globSync('proto/kanmon/v1/*.proto');
      await answered(runTool(python, ['-m', 'grpc_tools.protoc', '-Iproto', ...outputs, ...protos]));
      const args = ['test/e2e/foreign/client.py', generated, gateway.address, ...pems()];
      return answered(runTool(python, args));
    });
  });

  describeWithTool('Go', 'bin/protoc-gen-go-grpc', (plugin) => {
    const go = join(dirname(plugin), 'go');
    declareProgram(async () => {
      const source = file('go');
      cpSync('test/e2e/foreign/go', source, { recursive: true });
      const opt = ['module=github.com/kanmon/kanmon/clients/go'];
      const plugins = [join(dirname(plugin), 'protoc-gen-go'), plugin].map((local) => ({ local, out: source, opt }));
      await answered(
        runTool('node_modules/.bin/buf', ['generate', '--template', JSON.stringify({ version: 'v2', plugins })]),
      );
      await answered(runTool(go, ['build', '-C', source, '-o', 'client', '.']));
      return answered(runTool(join(source, 'client'), [gateway.address, ...pems()]));
    });
  });
});

/** The questions that both programs answer. @param run gives what a program printed */
function declareProgram(run: () => Promise<string>): void {
  let running: Promise<Said> | undefined;
  /** One run answers all questions: starting is what takes time. */
  const say = () => {
    running ??= run().then((text) => JSON.parse(text) as Said); // What the programs print.
    return running;
  };

  it('completes and streams the same text', async () => {
    const { complete, stream } = await say();
    assert.equal(complete.outputTokens, 20);
    assert.match(complete.callId, /^[0-9a-f-]{36}$/);
    assert.deepEqual(stream, { text: complete.text, gapless: true, first: 'started', last: 'finished' });
  });

  it('embeds', async () => {
    assert.deepEqual((await say()).embed, { dimensions: 256, same: true });
  });

  it('lists models', async () => {
    assert.deepEqual((await say()).models, ['chat', 'embed']);
  });

  it('reads which fields are wrong', async () => {
    const { code, message: text, help, ...rest } = (await say()).wrongFields;
    assert.match(code, /^INVALID_ARGUMENT$|^InvalidArgument$/);
    assert.deepEqual(rest, {
      reason: 'INVALID_REQUEST',
      domain: 'kanmon.v1',
      violations: ['generation.messages[0].role', 'generation.temperature'],
      pushback: '-1',
    });
    assert.match(text, /generation\.temperature: must be from 0 to 2/);
    assert.match(help, /#invalid_request$/);
  });

  it('reads why a stream was refused', async () => {
    const { code, reason, message: text } = (await say()).noModel;
    assert.match(code, /^NOT_FOUND$|^NotFound$/);
    assert.equal(reason, 'MODEL_NOT_FOUND');
    assert.match(text, /may use chat, embed/);
  });
}

/** What the programs print, each code by its language's name. */
interface Said {
  readonly complete: { readonly callId: string; readonly text: string; readonly outputTokens: number };
  readonly stream: unknown;
  readonly embed: unknown;
  readonly models: unknown;
  readonly wrongFields: Refused;
  readonly noModel: Refused;
}

interface Refused {
  readonly code: string;
  readonly reason: string;
  readonly message: string;
  readonly help: string;
}

/** The output of a tool that has to succeed. */
async function answered(running: Promise<ToolResult>): Promise<string> {
  const { exitCode, stdout, stderr } = await running;
  assert.equal(exitCode, 0, stderr);
  return stdout;
}

function message(role: string, text: string) {
  return { role, parts: [{ text: { text } }] };
}
