/** Claude on Bedrock in Anthropic's own wire: paths, bodies, frames and errors, the whole way to a loopback host. */
import assert from 'node:assert/strict';
import { Secret } from '../../../server/model/secret.ts';
import { anthropicMessages } from '../../../server/providers/anthropic/index.ts';
import { claudeOverrides, shapeClaude, unwrapChunk } from '../../../server/providers/bedrock/index.ts';
import type { Host } from '../../../server/providers/host.ts';
import { createInvoke } from '../../../server/upstream/invoke.ts';
import {
  ACME,
  createPlayedExchange,
  makeCall,
  makeDeployment,
  makeInvokeDeps,
  makeProvider,
  type PlayedExchange,
  readAll,
  rejection,
  textOf,
} from '../../support/upstream-rig.ts';
import { writeEvent, writeException } from '../../support/wire/event-frames.ts';

const CLAUDE: Host = {
  ...ACME,
  dialectId: 'anthropic.messages',
  framing: 'aws-event-stream',
  sign: 'sigv4',
  keyRequired: false,
  headers: {},
  shape: shapeClaude,
  unwrap: unwrapChunk,
  overrides: claudeOverrides,
};

const EVENTS = [
  {
    type: 'message_start',
    message: { id: 'm', model: 'claude-x', content: [], usage: { input_tokens: 3, output_tokens: 1 } },
  },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi 世界' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 4 } },
  { type: 'message_stop', 'amazon-bedrock-invocationMetrics': { inputTokenCount: 3 } },
];

describe('Claude on Bedrock', () => {
  let exchange: PlayedExchange;

  beforeEach(() => {
    exchange = createPlayedExchange();
  });

  function start<R extends 'complete' | 'stream' | 'countTokens'>(rpc: R) {
    const provider = makeProvider({ apiKeys: [new Secret('bedrock-api-key-1')], headers: new Map() });
    const upstreamModel = 'eu.anthropic.claude-x-v1:0';
    const dialects = new Map([[anthropicMessages.id, anthropicMessages]]);
    const deps = makeInvokeDeps(exchange, { dialects, hosts: new Map([[CLAUDE.id, CLAUDE]]) });
    const deployment = makeDeployment({ provider, dialectId: 'anthropic.messages', upstreamModel });
    return createInvoke(deps)(makeCall(rpc, deployment).call);
  }

  it('streams in Anthropic’s events, out of their wrapping', async () => {
    const answer = start('stream');
    const [request] = exchange.requests;
    assert.equal(request?.path, '/v1/model/eu.anthropic.claude-x-v1%3A0/invoke-with-response-stream');
    assert.equal(request.headers.accept, 'application/vnd.amazon.eventstream');
    assert.equal(request.headers.authorization, 'Bearer bedrock-api-key-1');
    assert.equal(request.headers['anthropic-version'], undefined);
    const body = JSON.parse(request.body) as Record<string, unknown>;
    assert.deepEqual(Object.keys(body), ['anthropic_version', 'max_tokens', 'messages']);
    play(EVENTS);
    const stream = await answer;
    assert.equal(textOf(await readAll(stream)), 'Hi 世界.');
    assert.equal(stream.upstreamModel, 'claude-x');
  });

  it('answers whole in Anthropic’s message', async () => {
    const answer = start('complete');
    assert.equal(exchange.requests[0]?.path, '/v1/model/eu.anthropic.claude-x-v1%3A0/invoke');
    const content = [{ type: 'text', text: 'Hi' }];
    const message = { type: 'message', content, stop_reason: 'end_turn', usage: { input_tokens: 3, output_tokens: 4 } };
    exchange.reply('application/json', JSON.stringify(message));
    exchange.sink().onEnd();
    assert.equal((await answer).usage.outputTokens, 4);
  });

  it('turns an exception in the stream into an error, before output and after it', async () => {
    const first = start('stream');
    exchange.sink().onHeaders(200, EVENT_STREAM);
    exchange.sink().onData(writeException('throttlingException', '{"message":"Too many requests."}'));
    assert.equal((await rejection(first)).reason, 'UPSTREAM_RATE_LIMITED');

    const second = start('stream');
    play(EVENTS.slice(0, 3));
    const answer = await second;
    exchange.sink().onData(writeException('modelStreamErrorException', '{"message":"It stopped."}'));
    const error = await rejection(readAll(answer));
    assert.equal(error.reason, 'UPSTREAM_STREAM_ERROR');
    assert.equal(error.details.metadata?.reportedReason, 'UPSTREAM_5XX');
  });

  it('reads errors in Amazon’s words', async () => {
    const answer = start('complete');
    const headers = new Map([['x-amzn-errortype', 'ValidationException:http://x']]);
    exchange.sink().onHeaders(400, headers);
    exchange.sink().onData(Buffer.from('{"message":"Input is too long for requested model."}'));
    exchange.sink().onEnd();
    assert.equal((await rejection(answer)).reason, 'PROMPT_TOO_LONG');
  });

  it('counts tokens by Bedrock’s counter, of the request as it would be invoked', async () => {
    const answer = start('countTokens');
    const [request] = exchange.requests;
    assert.equal(request?.path, '/v1/model/eu.anthropic.claude-x-v1%3A0/count-tokens');
    const { input } = JSON.parse(request.body) as { input: { invokeModel: { body: string } } };
    const invoked = JSON.parse(Buffer.from(input.invokeModel.body, 'base64').toString()) as Record<string, unknown>;
    assert.deepEqual(Object.keys(invoked), ['anthropic_version', 'max_tokens', 'messages']);
    exchange.reply('application/json', '{"inputTokens":42}');
    exchange.sink().onEnd();
    assert.equal((await answer).inputTokens, 42);
  });

  it('has betas in the body', () => {
    const encoded = {
      path: '/v1/messages',
      headers: { 'anthropic-beta': 'a,b' },
      body: { model: 'x' },
      adaptations: [],
    };
    const target = { upstreamModel: 'anthropic.claude-x' } as Parameters<typeof shapeClaude>[1];
    assert.deepEqual(shapeClaude(encoded, target).body, {
      anthropic_version: 'bedrock-2023-05-31',
      anthropic_beta: ['a', 'b'],
    });
  });

  function play(events: readonly object[]): void {
    exchange.sink().onHeaders(200, EVENT_STREAM);
    for (const event of events) {
      const bytes = Buffer.from(JSON.stringify(event)).toString('base64');
      exchange.sink().onData(writeEvent('chunk', JSON.stringify({ bytes, p: 'abcdef' })));
    }
  }
});

const EVENT_STREAM = new Map([['content-type', 'application/vnd.amazon.eventstream']]);
