/** The scripted provider behind a gateway, configured as docs/provider.md says. */
import assert from 'node:assert/strict';
import { KanmonError, textOf, userText } from '@kanmon/client';
import { parseScenario } from '../../server/cli/provider/scenario.ts';
import { openScriptedProvider, type ScriptedProvider } from '../../server/cli/provider/scripted-provider.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

const SCENARIO = `
rules:
  - { when: { model: limited }, times: 1, status: 429, headers: { retry-after: "0" } }
  - { when: { model: broken, stream: true }, answer: { text: One two three four. }, events: { errorAfter: 3 } }
  - answer: { text: "Grüße, 世界", usage: { input: 3, output: 2 } }
`;

const ask = (model: string) => ({ model, messages: [userText('Hi')] });

describe('scripted provider behind a gateway', () => {
  let provider: ScriptedProvider;
  let gateway: TestGateway;

  before(async () => {
    provider = await openScriptedProvider(parseScenario(SCENARIO));
    gateway = await startTestGateway({
      providers: { scripted: { host: 'openai-compatible', baseUrl: `${provider.baseUrl}/v1`, internal: true } },
      models: {
        limited: { deployments: [{ provider: 'scripted', model: 'limited' }] },
        broken: { deployments: [{ provider: 'scripted', model: 'broken' }] },
      },
    });
  });
  after(async () => {
    await gateway[Symbol.asyncDispose]();
    await provider[Symbol.asyncDispose]();
  });

  it('is tried again after a rate limit, and its answer arrives', async () => {
    const { message, usage } = await gateway.client.complete({ generation: ask('limited') });
    assert.equal(textOf(message), 'Grüße, 世界');
    assert.deepEqual([usage?.inputTokens, usage?.outputTokens], [3, 2]);
    assert.deepEqual(
      provider.requests.map(({ status }) => status),
      [429, 200],
    );
  });

  it('breaks a stream in its midst', async () => {
    let text = '';
    const read = async () => {
      for await (const { event } of gateway.client.stream({ generation: ask('broken') })) {
        if (event?.$case === 'textDelta') text += event.value.text;
      }
    };
    await assert.rejects(read, (thrown) => thrown instanceof KanmonError && thrown.reason === 'UPSTREAM_STREAM_ERROR');
    assert.equal(text, 'One two');
  });
});
