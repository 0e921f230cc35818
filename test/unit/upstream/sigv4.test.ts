/** AWS Signature Version 4: what leaves the gateway is what was signed, and AWS's own client signs the same way. */
import assert from 'node:assert/strict';
import { BedrockRuntimeClient, ConverseCommand, type Message } from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { GatewayError } from '../../../server/model/errors.ts';
import { Secret } from '../../../server/model/secret.ts';
import type { Provider } from '../../../server/model/target.ts';
import { bedrockConverse } from '../../../server/providers/bedrock/index.ts';
import type { Host } from '../../../server/providers/host.ts';
import type { UpstreamRequest } from '../../../server/upstream/exchange.ts';
import { createHttpExchange } from '../../../server/upstream/http.ts';
import { createInvoke } from '../../../server/upstream/invoke.ts';
import { type SigV4Deps, signSigV4 } from '../../../server/upstream/sign/sigv4.ts';
import { openCapturingServer, verifySignature } from '../../support/aws-verifier.ts';
import {
  ACME,
  createPlayedExchange,
  makeCall,
  makeDeployment,
  makeInvokeDeps,
  makeProvider,
  rejection,
} from '../../support/upstream-rig.ts';

const KEYS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const SESSION = { ...KEYS, sessionToken: 'IQoJb3JpZ2luX2VjE//token==' };
const NOW = new Date('2026-11-24T10:00:00Z');
const MODELS = [
  'anthropic.claude-haiku-4-5-20251001-v1:0',
  'arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-haiku-4-5-20251001-v1:0',
  "odd!'()*~ näme",
];
const REPLY = JSON.stringify({
  output: { message: { role: 'assistant', content: [{ text: 'Hi 世界' }] } },
  stopReason: 'end_turn',
  usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 },
});

describe('sigv4', () => {
  for (const model of MODELS) {
    it(`signs the bytes and the path that leave, for ${model}`, async () => {
      await using server = await openCapturingServer(REPLY);
      await completeThrough(server.url, model);
      const [request] = server.arrived;
      assert.ok(request);
      const verdict = verifySignature(request, SESSION.secretAccessKey);
      assert.equal(verdict.isRight, true);
      assert.deepEqual([verdict.scope[0], ...verdict.scope.slice(2)], [SESSION.accessKeyId, 'eu-west-1', 'bedrock']);
      assert.equal(request.headers['x-amz-security-token'], SESSION.sessionToken);
      const changed = { ...request, body: Buffer.concat([request.body, Buffer.from(' ')]) };
      assert.equal(verifySignature(changed, SESSION.secretAccessKey).isRight, false);
    });

    it(`agrees with AWS's own client, for ${model}`, async () => {
      await using server = await openCapturingServer(REPLY);
      const client = new BedrockRuntimeClient({
        endpoint: server.url,
        region: 'eu-west-1',
        credentials: SESSION,
        requestHandler: new NodeHttpHandler(),
      });
      const message: Message = { role: 'user', content: [{ text: 'Hello' }] };
      await client.send(new ConverseCommand({ modelId: model, messages: [message] }));
      client.destroy();
      await completeThrough(server.url, model);
      const [theirs, ours] = server.arrived;
      assert.ok(theirs && ours);
      // One verifier finds both right: what it says of ours is worth what it says of AWS's.
      assert.equal(verifySignature(theirs, SESSION.secretAccessKey).isRight, true);
      assert.equal(verifySignature(ours, SESSION.secretAccessKey).isRight, true);
      assert.equal(ours.path, theirs.path);
      assert.deepEqual(JSON.parse(ours.body.toString()), JSON.parse(theirs.body.toString()));
    });
  }

  it('signs host, content-type and x-amz-* headers only: proxies may rewrite the others', async () => {
    const request = makeRequest({
      traceparent: '00-a-b-01',
      'user-agent': 'kanmon',
      'x-amzn-bedrock-trace': 'ENABLED',
    });
    const headers = await signSigV4(request, makeDeps());
    const { signedHeaders } = verifySignature(asArrived(request, headers), KEYS.secretAccessKey);
    const amz = ['x-amz-content-sha256', 'x-amz-date', 'x-amzn-bedrock-trace'];
    assert.deepEqual(signedHeaders, ['content-type', 'host', ...amz]);
    assert.deepEqual(Object.keys(headers).sort(), ['authorization', 'x-amz-content-sha256', 'x-amz-date']);
  });

  const endpoints: readonly (readonly [baseUrl: string, region: string])[] = [
    ['https://bedrock-runtime.us-east-1.amazonaws.com', 'us-east-1'],
    ['https://bedrock-runtime-fips.us-gov-west-1.amazonaws.com', 'us-gov-west-1'],
    ['https://bedrock-runtime.eu-central-1.api.aws', 'eu-central-1'],
    ['https://bedrock-runtime.cn-north-1.amazonaws.com.cn', 'cn-north-1'],
    ['https://vpce-0a1b-c2d3.bedrock-runtime.ap-northeast-1.vpce.amazonaws.com', 'ap-northeast-1'],
  ];
  for (const [baseUrl, region] of endpoints) {
    it(`takes the region from ${baseUrl}, and signs that host`, async () => {
      const request = makeRequest({}, { baseUrl });
      const arrived = asArrived(request, await signSigV4(request, makeDeps()));
      const verdict = verifySignature(arrived, KEYS.secretAccessKey);
      assert.equal(verdict.isRight, true);
      assert.equal(verdict.scope[2], region);
    });
  }

  it('takes the configured region before that of the name, and says what is missing without either', async () => {
    const set = makeRequest({}, { settings: { region: 'us-west-2' } });
    assert.match((await signSigV4(set, makeDeps())).authorization ?? '', /\/us-west-2\/bedrock\/aws4_request,/);
    const unset = makeRequest({}, { baseUrl: 'https://llm.corp.example' });
    const error = await rejection(signSigV4(unset, makeDeps()));
    assert.equal(error.reason, 'INTERNAL');
    assert.match(error.message, /acme: no AWS region in llm\.corp\.example; set region/);
  });

  it('sends an API key instead, where one is configured', async () => {
    const exchange = createPlayedExchange();
    const provider = makeProvider({ apiKeys: [new Secret('bedrock-api-key-1')] });
    const answer = createInvoke(makeBedrockDeps(exchange))(makeBedrockCall(provider).call);
    assert.equal(exchange.requests[0]?.headers.authorization, 'Bearer bedrock-api-key-1'); // At once: nothing to wait for.
    assert.equal(exchange.requests[0].headers['x-amz-date'], undefined);
    exchange.reply('application/json', REPLY);
    exchange.sink().onEnd();
    assert.equal((await answer).usage.outputTokens, 2);
  });

  it('gives a call up while its credentials are fetched, and sends nothing after', async () => {
    const exchange = createPlayedExchange();
    const { call, abort } = makeBedrockCall(makeProvider({ apiKeys: [], settings: { region: 'eu-west-1' } }));
    const answer = rejection(createInvoke(makeBedrockDeps(exchange))(call));
    abort(new GatewayError('CANCELLED', 'the caller left'));
    assert.equal((await answer).reason, 'CANCELLED');
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(exchange.requests, []);
    assert.equal(call.attempt.error?.reason, 'CANCELLED');
  });

  it('fails an attempt that cannot be signed, and sends nothing', async () => {
    const exchange = createPlayedExchange();
    const provider = makeProvider({ apiKeys: [], baseUrl: 'https://llm.corp.example' });
    const { call } = makeBedrockCall(provider);
    const error = await rejection(createInvoke(makeBedrockDeps(exchange))(call));
    assert.equal(error.reason, 'INTERNAL'); // No region.
    assert.equal(call.attempt.error?.reason, 'INTERNAL');
    assert.deepEqual(exchange.requests, []);
  });
});

const BEDROCK: Host = {
  ...ACME,
  dialectId: 'bedrock.converse',
  framing: 'aws-event-stream',
  sign: 'sigv4',
  keyRequired: false,
  headers: {},
};

function makeBedrockDeps(exchange: Parameters<typeof makeInvokeDeps>[0]) {
  const dialects = new Map([[bedrockConverse.id, bedrockConverse]]);
  return makeInvokeDeps(exchange, { dialects, hosts: new Map([[BEDROCK.id, BEDROCK]]) });
}

function makeBedrockCall(provider: Provider, upstreamModel = 'amazon.nova-lite-v1:0') {
  return makeCall('complete', makeDeployment({ provider, dialectId: 'bedrock.converse', upstreamModel }));
}

/** The whole way: a call, the default chain's credentials, undici. */
async function completeThrough(baseUrl: string, upstreamModel: string): Promise<void> {
  const exchange = createHttpExchange({ closeGraceMs: 50 });
  const restore = setKeys();
  try {
    const provider = makeProvider({ baseUrl, apiKeys: [], settings: { region: 'eu-west-1' } });
    const answer = await createInvoke(makeBedrockDeps(exchange))(makeBedrockCall(provider, upstreamModel).call);
    assert.equal(answer.usage.outputTokens, 2);
  } finally {
    restore();
    await exchange.close();
  }
}

function setKeys(): () => void {
  const before = { ...process.env };
  process.env.AWS_ACCESS_KEY_ID = SESSION.accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = SESSION.secretAccessKey;
  process.env.AWS_SESSION_TOKEN = SESSION.sessionToken;
  return () => {
    process.env = before;
  };
}

function makeDeps(): SigV4Deps {
  return { credentialsOf: () => Promise.resolve(KEYS), now: () => NOW };
}

function makeRequest(headers: Readonly<Record<string, string>>, provider: Partial<Provider> = {}): UpstreamRequest {
  return {
    provider: makeProvider({ baseUrl: 'https://bedrock-runtime.us-east-1.amazonaws.com', ...provider }),
    method: 'POST',
    path: '/model/amazon.nova-lite-v1%3A0/converse',
    headers: { 'content-type': 'application/json', ...headers },
    body: '{"messages":[]}',
    connectTimeoutMs: 1000,
  };
}

function asArrived(
  { provider, method, path, headers, body }: UpstreamRequest,
  signed: Readonly<Record<string, string>>,
) {
  const { host } = new URL(provider.baseUrl);
  return { method, path, headers: { ...headers, ...signed, host }, body: Buffer.from(body) };
}
