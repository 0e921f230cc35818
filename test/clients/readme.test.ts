import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { textOf } from '@kanmon/client';
import { CompleteResponse } from '../../server/model/wire.ts';
import { ClientRig } from '../support/client-rig.ts';
import { answer, answerBatches, failCall, type Script } from '../support/scripted-gateway.ts';

const README = 'clients/typescript/README.md';

/** Answers what the README's examples ask. */
const script: Script = {
  async complete({ generation }, context) {
    if (generation?.model === 'no-such-model') throw failCall(context, 'MODEL_NOT_FOUND');
    const last = generation?.messages.at(-1);
    if (last?.parts[0]?.content?.$case === 'toolResult') return answer('It is 21 degrees.');
    if (generation?.tools.length === 0) return answer(`You said: ${textOf(last)}`);
    return CompleteResponse.fromPartial({
      message: {
        role: 'ROLE_ASSISTANT',
        parts: [
          {
            content: {
              $case: 'toolCall',
              value: { id: 't1', name: 'weather', input: { $case: 'argumentsJson', value: '{}' } },
            },
          },
        ],
      },
    });
  },
  async *stream() {
    yield* answerBatches('Rivers ', 'flow.');
  },
  async embed({ inputs }) {
    const vector = { $case: 'float32Le', value: new Uint8Array(8) } as const;
    return { embeddings: inputs.map(() => ({ vector })), dimensions: 2, vectorSpaceId: 'space' };
  },
  listModels: async () => ({ models: [{ name: 'chat', contextWindowTokens: 8000 }] }),
  countTokens: async () => ({ inputTokens: 7 }),
};

describe("client: the README's examples", function () {
  this.timeout(30_000);
  const rig = new ClientRig();
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'kanmon-readme-'));
    symlinkSync(resolve('node_modules'), join(directory, 'node_modules'));
  });
  after(() => {
    rig.close();
    rmSync(directory, { recursive: true });
  });

  it('type-check and run, all in one program', async () => {
    const blocks = [...readFileSync(README, 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)].map(([, block]) => block ?? '');
    assert.ok(blocks.length >= 9, `${blocks.length} examples`);
    writeFileSync(join(directory, 'examples.ts'), blocks.join('\n'));
    writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
    const config = {
      extends: resolve('tsconfig.json'),
      compilerOptions: { types: ['node'] },
      include: ['examples.ts'],
      exclude: [],
    };
    writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify(config));
    const { address, ca, cert, key } = await rig.start(script);
    const env = { ...process.env, KANMON_ADDRESS: address, KANMON_CA: ca, KANMON_CERT: cert, KANMON_KEY: key };
    const run = promisify(execFile);
    const [types, { stdout, stderr }] = await Promise.all([
      run(resolve('node_modules/.bin/tsc'), ['--project', directory]),
      run(process.execPath, ['--conditions=kanmon-source', join(directory, 'examples.ts')], { env }),
    ]);
    assert.equal(types.stdout, '');
    assert.deepEqual(stdout.split('\n'), [
      'You said: Why is the sky blue? 2 call-1',
      'Rivers flow.2 FINISH_KIND_STOP',
      'call call-1',
      'Rivers flow.It is 21 degrees.',
      'true space',
      'chat 8000',
      '7 SERVING',
      '',
    ]);
    assert.match(stderr, /^scripted: MODEL_NOT_FOUND \[\] call-1$/m);
  });
});
