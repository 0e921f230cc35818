/**
 * Every row of the catalogue, end to end: a call over mTLS, the whole gateway, real HTTP to a server on loopback that stands
 * where the row's base URL points. What arrives there is held against test/e2e/hosts.ts.
 */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KanmonError, userText } from '@kanmon/client';
import { stringify } from 'yaml';
import { HOSTS } from '../../server/providers/catalog.ts';
import { type ArrivedRequest, verifySignature } from '../support/aws-verifier.ts';
import { snapshotOf } from '../support/config-files.ts';
import { PROVIDER_KEY, startTestGateway, type TestGateway } from '../support/gateway.ts';
import {
  ANSWER,
  type HostReplies,
  INPUT_TOKENS,
  OUTPUT_TOKENS,
  REPLIES,
  VECTORS,
  WRAPPED_CLAUDE,
} from '../support/wire/host-replies.ts';
import { type HostServer, openHostServer } from '../support/wire/host-server.ts';
import { EXPECTED_HOSTS, type ExpectedHost, MAX_OUTPUT_TOKENS, MODEL } from './hosts.ts';

// The process asks AWS's chain once: these are the keys of the other test that goes through it (sigv4.test.ts).
const AWS = {
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  AWS_SESSION_TOKEN: 'IQoJb3JpZ2luX2VjE//token==',
};
const TOKEN = 'ya29.token-of-google';
const ROWS = [...HOSTS.values()].filter(({ place }) => place === 'network');

describe('hosts', () => {
  const servers = new Map<string, HostServer>();
  const baseUrls = new Map<string, string>();
  const environment = { ...process.env };
  let tokens: Server;
  let gateway: TestGateway;

  before(async () => {
    Object.assign(process.env, AWS);
    tokens = await openTokenServer();
    for (const host of ROWS) {
      servers.set(host.id, await openHostServer(repliesOf(host.id)));
      baseUrls.set(host.id, await ownBaseUrl(host.id));
    }
    gateway = await startTestGateway({ ...configOf(servers, baseUrls), env: { GOOGLE: keyFile(tokens) } });
  });

  after(async () => {
    process.env = environment;
    await gateway[Symbol.asyncDispose]();
    for (const server of servers.values()) await server[Symbol.asyncDispose]();
    tokens.close();
  });

  it('are all expected here, and nothing else is', () => {
    assert.deepEqual(Object.keys(EXPECTED_HOSTS).sort(), ROWS.map(({ id }) => id).sort());
  });

  for (const { id } of ROWS) {
    describe(id, () => {
      const expected = EXPECTED_HOSTS[id];
      if (expected === undefined) return; // The test above says so.
      const server = (): HostServer => servers.get(id) ?? assert.fail();
      const holdAgainst = (stream: boolean): void => {
        const [request, ...others] = server().takeArrived();
        assert.ok(request !== undefined && others.length === 0);
        holdRequest(request, expected, { stream, baseUrl: baseUrls.get(id) ?? '' });
      };

      it(expected.embeds === true ? 'embeds' : 'generates whole', async () => {
        server().answer('whole');
        if (expected.embeds === true) await embed(gateway, id);
        else await complete(gateway, id);
        holdAgainst(false);
      });

      if (expected.embeds !== true) {
        it('streams', async () => {
          server().answer('stream');
          await stream(gateway, id);
          holdAgainst(true);
        });
      }

      it('says when it is asked too often', async () => {
        server().answer('error');
        const call = expected.embeds === true ? embed(gateway, id) : complete(gateway, id);
        await assert.rejects(call, (error) => {
          assert.ok(error instanceof KanmonError);
          assert.equal(error.reason, 'UPSTREAM_RATE_LIMITED');
          return true;
        });
        server().takeArrived();
      });
    });
  }
});

function repliesOf(id: string): HostReplies {
  const { dialectId } = HOSTS.get(id) ?? assert.fail();
  if (EXPECTED_HOSTS[id]?.embeds === true) return { whole: VECTORS };
  const replies = REPLIES.get(dialectId) ?? assert.fail(`no replies for ${dialectId}`);
  return id === 'bedrock-anthropic' ? { ...replies, stream: WRAPPED_CLAUDE } : replies;
}

/** The base URL that the configuration gives a row if it says nothing of one. */
async function ownBaseUrl(id: string): Promise<string> {
  const provider = { host: id, ...keyOf(id), ...EXPECTED_HOSTS[id]?.settings };
  const config = {
    providers: { own: provider },
    models: { m: { deployments: [{ provider: 'own', model: MODEL }] } },
    clients: { c: { identity: { dns: 'c.example' }, models: ['m'] } },
  };
  const snapshot = await snapshotOf(stringify(config), { env: { PROVIDER_KEY, GOOGLE: '{}' } });
  return snapshot.providers.get('own')?.baseUrl ?? assert.fail();
}

function configOf(servers: ReadonlyMap<string, HostServer>, baseUrls: ReadonlyMap<string, string>) {
  const providers = ROWS.map(({ id }) => {
    const baseUrl = `${servers.get(id)?.origin}${new URL(baseUrls.get(id) ?? '').pathname.replace(/\/$/, '')}`;
    return [id, { host: id, ...keyOf(id), ...EXPECTED_HOSTS[id]?.settings, baseUrl }] as const;
  });
  const models = ROWS.map(({ id }) => {
    return [id, { deployments: [{ provider: id, model: MODEL }], retry: { attempts: 1 } }] as const;
  });
  return { providers: Object.fromEntries(providers), models: Object.fromEntries(models) };
}

/** AWS's credentials come from variables; Google's from a key file whose tokens come from loopback. */
function keyOf(id: string): Readonly<Record<string, string>> {
  const auth = EXPECTED_HOSTS[id]?.auth;
  if (auth === 'signature') return {};
  return auth === 'token' ? { credentials: '$' + '{env:GOOGLE}' } : { apiKey: '$' + '{env:PROVIDER_KEY}' };
}

function keyFile(server: Server): string {
  const { port } = server.address() as AddressInfo; // Holds for a server on a port.
  return JSON.stringify({
    type: 'external_account',
    audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: `http://127.0.0.1:${port}/v1/token`,
    credential_source: { url: `http://127.0.0.1:${port}/subject` },
  });
}

async function openTokenServer(): Promise<Server> {
  const server = createServer(({ url }, response) => {
    const token = { access_token: TOKEN, expires_in: 3600, token_type: 'Bearer' };
    if (url === '/subject') response.end('subject-token');
    else response.setHeader('content-type', 'application/json').end(JSON.stringify(token));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

async function complete({ client }: TestGateway, model: string): Promise<void> {
  const { message, usage } = await client.complete({ generation: generationOf(model) });
  const [part] = message?.parts ?? [];
  assert.equal(part?.content?.$case === 'text' && part.content.value.text, ANSWER);
  assert.deepEqual([usage?.inputTokens, usage?.outputTokens], [INPUT_TOKENS, OUTPUT_TOKENS]);
}

async function stream({ client }: TestGateway, model: string): Promise<void> {
  let text = '';
  let outputTokens: number | undefined;
  for await (const { event } of client.stream({ generation: generationOf(model) })) {
    if (event?.$case === 'textDelta') text += event.value.text;
    if (event?.$case === 'finished') outputTokens = event.value.usage?.outputTokens;
  }
  assert.equal(text, ANSWER);
  assert.equal(outputTokens, OUTPUT_TOKENS);
}

async function embed({ client }: TestGateway, model: string): Promise<void> {
  const { vectors } = await client.embed({ model, inputs: [{ parts: [{ content: { $case: 'text', value: 'Hi' } }] }] });
  assert.equal(vectors.length, 1);
}

function generationOf(model: string) {
  return { model, messages: [userText('Hi')], maxOutputTokens: MAX_OUTPUT_TOKENS };
}

function holdRequest(
  request: ArrivedRequest,
  expected: ExpectedHost,
  { stream, baseUrl }: { readonly stream: boolean; readonly baseUrl: string },
): void {
  const { url, streamUrl = url, headers = {}, body, streamBody = {} } = expected;
  assert.equal(request.method, 'POST');
  assert.equal(new URL(baseUrl).origin + request.path, stream ? streamUrl : url);
  assert.deepEqual(JSON.parse(request.body.toString()), stream ? { ...(body as object), ...streamBody } : body);
  assert.equal(request.headers['content-type'], 'application/json');
  for (const [name, value] of Object.entries(headers)) assert.equal(request.headers[name], value, name);
  holdAuth(request, expected.auth);
  assert.ok(!request.path.includes(PROVIDER_KEY), 'a key never stands in a URL');
}

/** The one header that shows who sends it, and no other. */
function holdAuth(request: ArrivedRequest, auth: ExpectedHost['auth']): void {
  if (auth === 'signature') {
    const verdict = verifySignature(request, AWS.AWS_SECRET_ACCESS_KEY);
    assert.ok(verdict.isRight);
    assert.deepEqual(verdict.scope.slice(2), ['eu-west-1', 'bedrock']);
    return;
  }
  const shown = {
    authorization: auth === 'bearer' ? `Bearer ${PROVIDER_KEY}` : auth === 'token' ? `Bearer ${TOKEN}` : undefined,
    'x-api-key': auth === 'x-api-key' ? PROVIDER_KEY : undefined,
    'api-key': auth === 'api-key' ? PROVIDER_KEY : undefined,
    'x-goog-api-key': auth === 'x-goog-api-key' ? PROVIDER_KEY : undefined,
  };
  for (const [name, value] of Object.entries(shown)) assert.equal(request.headers[name], value, name);
}
