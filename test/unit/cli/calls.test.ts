import assert from 'node:assert/strict';
import {
  type CompleteRequest,
  CompleteResponse,
  EmbedResponse,
  ListModelsResponse,
  StreamEvent,
  textOf,
} from '@kanmon/client';
import { type CliWorld, runCli } from '../../support/cli-rig.ts';
import { untilAborted } from '../../support/client-rig.ts';
import { answer, answerBatches, failCall, type Script, startScriptedGateway } from '../../support/scripted-gateway.ts';

describe('kanmon: calls', () => {
  const toClose: (() => void)[] = [];
  afterEach(() => {
    for (const close of toClose.splice(0)) close();
  });

  /** Runs a command against a gateway, which it knows from the environment. */
  async function run(script: Script, args: readonly string[], more: CliWorld & { readonly serving?: boolean } = {}) {
    const { serving = true, ...world } = more;
    const gateway = await startScriptedGateway(script, { health: serving ? 'SERVING' : 'NOT_SERVING' });
    toClose.push(() => gateway.close());
    const { address, ca, cert, key } = gateway;
    return runCli(args, {
      env: { KANMON_ADDRESS: address, KANMON_CA: ca, KANMON_CERT: cert, KANMON_KEY: key, KANMON_DIR: '/nowhere' },
      ...world,
    });
  }

  describe('complete', () => {
    it('prints the answer alone, and a line about the call beside it', async () => {
      let seen: CompleteRequest | undefined;
      const script: Script = {
        complete: async (request) => {
          seen = request;
          return answer('Hi there.');
        },
      };
      const flags = [
        '--system',
        'Be kind.',
        '--max-tokens',
        '9',
        '--temperature',
        '0',
        '--tag',
        'a=b=c',
        '--tag',
        'd=',
      ];
      const result = await run(script, ['complete', 'Hello', 'you', ...flags]);
      assert.deepEqual(result, {
        exitCode: 0,
        stdout: 'Hi there.\n',
        stderr: 'call call-1 · chat → simulator/sim-1 · stop · 3 tokens in, 2 out · $0.00000150\n',
      });
      assert.deepEqual(seen?.generation?.messages.map(textOf), ['Be kind.', 'Hello you']);
      assert.equal(seen.generation.maxOutputTokens, 9);
      assert.equal(seen.generation.temperature, 0);
      assert.deepEqual(seen.options?.tags, { a: 'b=c', d: '' });
    });

    it('reads the standard input', async () => {
      const script: Script = { complete: async ({ generation }) => answer(textOf(generation?.messages[0])) };
      assert.equal((await run(script, ['complete'], { input: ' from a\nfile \n' })).stdout, 'from a\nfile\n');
      assert.equal((await run(script, ['complete', '-'], { input: 'x' })).stdout, 'x\n');
    });

    it('prints the reply as JSON on one line', async () => {
      const { stdout, stderr } = await run({ complete: async () => answer('Hi') }, ['complete', '--json', 'Hello']);
      assert.equal(stdout.split('\n').length, 2);
      assert.deepEqual(CompleteResponse.fromJSON(JSON.parse(stdout)).callId, 'call-1');
      assert.equal(stderr, '');
    });
  });

  it('stream prints the text, or its events as lines of JSON', async () => {
    const script: Script = {
      async *stream() {
        yield* answerBatches('Hi ', 'there.');
      },
    };
    const asText = await run(script, ['stream', 'Hello']);
    assert.equal(asText.stdout, 'Hi there.\n');
    assert.match(asText.stderr, /^call call-1 · /);
    const asJson = await run(script, ['stream', '--json', 'Hello']);
    const events = asJson.stdout.trimEnd().split('\n');
    assert.equal(events.length, 6);
    assert.equal(StreamEvent.fromJSON(JSON.parse(events[0] ?? '')).event?.$case, 'started');
  });

  it('stream ends the line before it says why it broke', async () => {
    const script: Script = {
      async *stream(_, context) {
        yield* answerBatches('Hi').slice(0, 2);
        throw failCall(context, 'UPSTREAM_STREAM_RESET', { failure: { outputDelivered: true } });
      },
    };
    const { stdout, stderr, exitCode } = await run(script, ['stream', 'Hello']);
    assert.equal(stdout, 'Hi\n');
    assert.match(stderr, /UPSTREAM_STREAM_RESET: scripted/);
    assert.match(stderr, /a part of the answer was delivered/);
    assert.equal(exitCode, 3);
  });

  it('embed prints the start of each vector, or all of them as JSON', async () => {
    const script: Script = {
      embed: async ({ inputs, encoding }) => {
        const values = [0.5, -1, 2, 3, 4];
        const vector =
          encoding === 'EMBED_ENCODING_FLOATS'
            ? ({ $case: 'floats', value: { values } } as const)
            : ({ $case: 'float32Le', value: new Uint8Array(Float32Array.from(values).buffer) } as const);
        return { callId: 'call-1', vectorSpaceId: 's', embeddings: inputs.map(() => ({ vector })) };
      },
    };
    const shown = await run(script, ['embed'], { input: 'a\n\nb\n' });
    assert.equal(
      shown.stdout,
      '"a": [0.5000, -1.0000, 2.0000, 3.0000, … 5 in all]\n"b": [0.5000, -1.0000, 2.0000, 3.0000, … 5 in all]\n',
    );
    const whole = EmbedResponse.fromJSON(JSON.parse((await run(script, ['embed', 'a', '--json'])).stdout));
    const vector = whole.embeddings[0]?.vector;
    assert.ok(vector?.$case === 'floats');
    assert.deepEqual(vector.value.values, [0.5, -1, 2, 3, 4]);
  });

  it('models prints a table, or JSON', async () => {
    const script: Script = {
      listModels: async () =>
        ListModelsResponse.fromPartial({
          models: [
            {
              name: 'chat',
              contextWindowTokens: 8000,
              capabilities: ['MODEL_CAPABILITY_COMPLETE'],
              description: 'It talks.',
            },
            { name: 'e' },
          ],
        }),
    };
    const { stdout } = await run(script, ['models']);
    assert.equal(stdout, 'MODEL  CONTEXT  CAN       DESCRIPTION\nchat   8000     complete  It talks.\ne      -\n');
    const json: unknown = JSON.parse((await run(script, ['models', '--json'])).stdout);
    assert.ok(Array.isArray(json) && json.length === 2);
  });

  it('health says it by its exit code, too', async () => {
    assert.deepEqual(await run({}, ['health']), { exitCode: 0, stdout: 'SERVING\n', stderr: '' });
    const not = await run({}, ['health', '--json'], { serving: false });
    assert.deepEqual(not, { exitCode: 3, stdout: '{"status":"NOT_SERVING"}\n', stderr: '' });
  });

  describe('errors', () => {
    it('say reason, message, fields, what to do and the call id', async () => {
      const violations = [{ field: 'generation.model', description: 'it is empty: name one' }];
      const script: Script = {
        complete: (_, context) => Promise.reject(failCall(context, 'INVALID_REQUEST', { violations })),
      };
      const { stderr, stdout, exitCode } = await run(script, ['complete', 'Hello']);
      assert.equal(stdout, '');
      assert.equal(exitCode, 1);
      const [first, second, third, fourth] = stderr.split('\n');
      assert.equal(first, 'kanmon: INVALID_REQUEST: scripted: INVALID_REQUEST');
      assert.equal(second, '  generation.model: it is empty: name one');
      assert.match(third ?? '', /^ {2}Mend the fields .*errors\.md#invalid_request\)$/);
      assert.equal(fourth, '  call call-1');
    });

    it('are JSON where JSON was asked for', async () => {
      const script: Script = { complete: (_, context) => Promise.reject(failCall(context, 'MODEL_NOT_FOUND')) };
      const { stderr } = await run(script, ['complete', '--json', 'Hello']);
      const { error } = JSON.parse(stderr) as { error: Record<string, unknown> };
      assert.equal(error.reason, 'MODEL_NOT_FOUND');
      assert.equal(error.callId, 'call-1');
    });

    const codes = [
      ['MODEL_NOT_FOUND', 1],
      ['BUDGET_EXCEEDED', 1],
      ['OVERLOADED', 3],
      ['RATE_LIMITED', 3],
      ['UNAUTHENTICATED', 4],
      ['PEER_NOT_ALLOWED', 4],
    ] as const;
    for (const [reason, expected] of codes) {
      it(`end ${reason} with ${expected}`, async () => {
        const script: Script = {
          complete: (_, context) => Promise.reject(failCall(context, reason, { retryAfterMs: 60_000 })),
        };
        assert.equal((await run(script, ['complete', '--timeout', '1s', 'Hello'])).exitCode, expected);
      });
    }

    it('name the deadline', async () => {
      const script: Script = { complete: (_, { signal }) => untilAborted(signal, () => undefined) };
      const { stderr, exitCode } = await run(script, ['complete', '--timeout', '50ms', 'Hello']);
      assert.equal(exitCode, 3);
      assert.match(stderr, /^kanmon: DEADLINE_EXCEEDED: /);
      assert.match(stderr, /Give the call more time/);
    });

    it('end with 130 when the user interrupts', async () => {
      const interrupted = new AbortController();
      const script: Script = {
        complete: (_, { signal }) => {
          setImmediate(() => interrupted.abort());
          return untilAborted(signal, () => undefined);
        },
      };
      const { exitCode } = await run(script, ['complete', 'Hello'], { interruption: () => interrupted.signal });
      assert.equal(exitCode, 130);
    });

    it('say how to start a gateway where there is none', async () => {
      const env = { KANMON_ADDRESS: '127.0.0.1:1', KANMON_DIR: '/nowhere' };
      const { exitCode, stderr } = await runCli(['health', '--timeout', '5s'], { env });
      assert.equal(exitCode, 3);
      assert.match(stderr, /"kanmon quickstart" starts a gateway/);
    });
  });
});
