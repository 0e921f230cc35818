/**
 * The LiteLLM proxy as a provider: an OpenAI-compatible server that nobody here wrote, answering through the gateway. It takes
 * half a minute to start, so it runs by command only: `bash .ci/tools litellm`, then `npm run test:foreign`.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { functionTool, textOf, userText } from '@kanmon/client';
import { failure } from '../support/client-rig.ts';
import { describeWithTool } from '../support/foreign-tools.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

const KEY = 'sk-litellm-test'; // That of litellm.yaml.
const UPSTREAM_MODELS = ['mock-chat', 'mock-tools', 'mock-limited', 'mock-broken', 'mock-too-long', 'mock-none'];
const START_MS = 120_000;
const POLL_MS = 500;

describeWithTool('the LiteLLM proxy as a provider', 'litellm/bin/litellm', (executable) => {
  let proxy: ChildProcess;
  let gateway: TestGateway;

  before(async function () {
    this.timeout(START_MS);
    const port = await freePort();
    const args = ['--config', 'test/live/litellm.yaml', '--host', '127.0.0.1', '--port', String(port)];
    const env = { ...process.env, LITELLM_LOCAL_MODEL_COST_MAP: 'True' }; // Else it fetches prices at start.
    proxy = spawn(executable, args, { stdio: 'ignore', env });
    await untilAlive(`http://127.0.0.1:${port}/health/liveliness`);
    gateway = await startTestGateway(configFor(port));
  });

  after(async () => {
    await gateway?.[Symbol.asyncDispose]();
    proxy.kill('SIGKILL'); // It holds nothing worth a farewell.
    await once(proxy, 'exit');
  });

  const ask = (model: string) => ({ generation: { model, messages: [userText('Who may pass?')] } });

  it('completes', async () => {
    const { message, finishReason, usage, provider, upstreamModel } = await gateway.client.complete(ask('mock-chat'));
    assert.equal(textOf(message), 'The gate is open to whoever is known.');
    assert.deepEqual([finishReason?.kind, provider, upstreamModel], ['FINISH_KIND_STOP', 'litellm', 'mock-chat']);
    assert.ok((usage?.inputTokens ?? 0) > 0 && (usage?.outputTokens ?? 0) > 0);
    assert.equal(usage?.confidence, 'USAGE_CONFIDENCE_REPORTED');
  });

  it('streams, with usage from its last chunk', async () => {
    const stream = gateway.client.stream(ask('mock-chat'));
    let deltas = 0;
    for await (const { event } of stream) if (event?.$case === 'textDelta') deltas++;
    const { message, usage } = await stream.final();
    assert.ok(deltas > 5, `${deltas} deltas`);
    assert.equal(textOf(message), 'The gate is open to whoever is known.');
    assert.equal(usage?.confidence, 'USAGE_CONFIDENCE_REPORTED');
  });

  it('calls tools, two at once', async () => {
    const tools = [functionTool('weather', 'The weather in a city.', { type: 'object' })];
    const { message, finishReason } = await gateway.client.complete({
      generation: { ...ask('mock-tools').generation, tools },
    });
    const calls = (message?.parts ?? []).flatMap(({ content }) =>
      content?.$case === 'toolCall' ? [content.value] : [],
    );
    assert.deepEqual(
      calls.map(({ id, name, input }) => [id, name, input?.value]),
      [
        ['call_1', 'weather', '{"city":"Kyoto"}'],
        ['call_2', 'weather', '{"city":"Nara"}'],
      ],
    );
    assert.equal(finishReason?.kind, 'FINISH_KIND_TOOL_CALLS');
  });

  it('embeds', async () => {
    const { vectors, dimensions } = await gateway.client.embed({ model: 'embed', inputs: ['gate'] });
    assert.deepEqual([dimensions, [...(vectors[0] ?? [])]], [3, [0.25, -0.5, 0.125]]);
  });

  it('gives fewer vectors than inputs (a fault of its mock): refused, not passed on', async () => {
    const error = await failure(gateway.client.embed({ model: 'embed', inputs: ['gate', 'wall'] }));
    assert.equal(error.reason, 'UPSTREAM_PROTOCOL');
  });

  const failures: readonly (readonly [model: string, code: string, reason: string])[] = [
    ['mock-limited', 'RESOURCE_EXHAUSTED', 'UPSTREAM_RATE_LIMITED'],
    ['mock-broken', 'UNAVAILABLE', 'UPSTREAM_5XX'],
    ['mock-too-long', 'INVALID_ARGUMENT', 'PROMPT_TOO_LONG'],
    // LiteLLM says 400 to both: a model that it has not, and, as it has no database to look it up in, a key that it does not know.
    ['mock-none', 'INVALID_ARGUMENT', 'UPSTREAM_REJECTED'],
    ['wrong-key', 'INVALID_ARGUMENT', 'UPSTREAM_REJECTED'],
  ];
  for (const [model, code, reason] of failures) {
    it(`${model} fails with ${reason}, and its key is not told`, async () => {
      const error = await failure(gateway.client.complete(ask(model)));
      assert.deepEqual([error.code, error.reason], [code, reason]);
      assert.ok(!`${error.message}${gateway.logText()}`.includes(KEY));
    });
  }
});

function configFor(port: number): Parameters<typeof startTestGateway>[0] {
  const provider = (variable: string) => {
    const apiKey = `\${env:${variable}}`;
    return { host: 'openai-compatible', baseUrl: `http://127.0.0.1:${port}/v1`, apiKey };
  };
  const retry = { attempts: 2, baseDelay: '10ms', maxDelay: '20ms' };
  const models = UPSTREAM_MODELS.map((model): readonly [string, unknown] => [
    model,
    { deployments: [{ provider: 'litellm', model }], retry },
  ]);
  return {
    providers: { litellm: provider('LITELLM_KEY'), stranger: provider('WRONG_KEY') },
    models: {
      ...Object.fromEntries(models),
      embed: { deployments: [{ provider: 'litellm', model: 'mock-embed' }] },
      'wrong-key': { deployments: [{ provider: 'stranger', model: 'mock-chat' }] },
    },
    env: { LITELLM_KEY: KEY, WRONG_KEY: 'sk-wrong' },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  return address.port;
}

/** Resolves when a URL answers; the hook's time limit bounds it. */
async function untilAlive(url: string): Promise<void> {
  for (;;) {
    const isAlive = await fetch(url).then(
      (response) => response.ok,
      () => false, // Not listening yet.
    );
    if (isAlive) return;
    await sleep(POLL_MS);
  }
}
