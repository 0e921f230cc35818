/** Tokens of Entra ID by Microsoft's own library, against a fake of its endpoint on loopback. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClientSecretCredentialOptions } from '@azure/identity';
import { Secret } from '../../../server/model/secret.ts';
import type { Provider } from '../../../server/model/target.ts';
import { createAzureTokens } from '../../../server/upstream/sign/azure.ts';
import { openTokenServer, type TokenReply, type TokenServer } from '../../support/token-server.ts';
import { makeProvider, rejection } from '../../support/upstream-rig.ts';

const SCOPE = 'https://cognitiveservices.azure.com/.default';
const TENANT = '11111111-2222-3333-4444-555555555555';
const CLIENT = '66666666-7777-8888-9999-000000000000';
const CLIENT_SECRET = 'secret-canary-0123456789';
const APPLICATION = { scope: SCOPE, tenantId: TENANT, clientId: CLIENT, clientSecret: new Secret(CLIENT_SECRET) };
const GOOD: TokenReply = { body: { access_token: 'eyJ.one', expires_in: 3600, token_type: 'Bearer' } };

describe('tokens of Entra ID', function () {
  this.slow(2_000);
  const environment = { ...process.env };
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kanmon-azure-'));
    for (const name of Object.keys(process.env)) if (/^(AZURE|MSI|IDENTITY)_/.test(name)) delete process.env[name];
  });

  afterEach(() => {
    process.env = { ...environment };
    rmSync(folder, { recursive: true });
  });

  it('come for an application’s secret, once however many calls wait', async () => {
    await using server = await openTokenServer(() => GOOD);
    const tokens = tokensBy(server)(providerWith(APPLICATION));
    const all = await Promise.all(Array.from({ length: 50 }, async () => tokens.get()));
    assert.deepEqual(new Set(all), new Set(['eyJ.one']));
    assert.equal(tokens.get(), 'eyJ.one');
    const [request, ...others] = server.requests.filter(({ method }) => method === 'POST');
    assert.deepEqual(others, []);
    assert.match(request?.url ?? '', new RegExp(`^/${TENANT}/oauth2/v2.0/token`));
    const form = new URLSearchParams(request?.body);
    assert.deepEqual(
      ['client_id', 'client_secret', 'grant_type', 'scope'].map((name) => form.get(name)?.split(' ')[0]),
      [CLIENT, CLIENT_SECRET, 'client_credentials', SCOPE],
    );
  });

  it('come for a workload identity, whose token is read anew each time', async () => {
    await using server = await openTokenServer(() => GOOD);
    const file = join(folder, 'token');
    writeFileSync(file, 'federated-1');
    const { AZURE_FEDERATED_TOKEN_FILE, ...rest } = process.env;
    process.env = { ...rest, AZURE_FEDERATED_TOKEN_FILE: file, AZURE_TENANT_ID: TENANT, AZURE_CLIENT_ID: CLIENT };
    assert.equal(AZURE_FEDERATED_TOKEN_FILE, undefined);
    const tokens = tokensBy(server)(providerWith({ scope: SCOPE }));
    const first = await tokens.get();
    writeFileSync(file, 'federated-2');
    tokens.forget(first);
    await tokens.get();
    const posts = server.requests.filter(({ method }) => method === 'POST');
    assert.deepEqual(
      posts.map(({ body }) => new URLSearchParams(body).get('client_assertion')),
      ['federated-1', 'federated-2'],
    );
  });

  for (const [code, meaning] of [
    ['AADSTS7000222', 'the client secret has expired'],
    ['AADSTS7000215', 'the client secret is wrong'],
    ['AADSTS700024', "the assertion is not within its time: the gateway's clock is off, or its token file is stale"],
  ] as const) {
    it(`are one clear error when refused with ${code}`, async () => {
      const refusal = { error: 'invalid_client', error_description: `${code}: words of Entra ID`, error_codes: [1] };
      await using server = await openTokenServer(() => ({ status: 401, body: refusal }));
      const error = await rejection(Promise.resolve(tokensBy(server)(providerWith(APPLICATION)).get()));
      assert.equal(error.reason, 'UPSTREAM_CREDENTIALS');
      assert.equal(error.message, `provider acme: Entra ID refused the credentials (${code}: ${meaning})`);
      assert.match(String(error.cause), /words of Entra ID/);
      assert.doesNotMatch(`${error.message} ${String(error.cause)}`, /canary/);
    });
  }
});

function providerWith(settings: Readonly<Record<string, unknown>>): Provider {
  return makeProvider({ settings });
}

/** Microsoft's library takes https only: its requests are turned to loopback where they leave. */
function tokensBy({ origin }: TokenServer) {
  const httpClient: ClientSecretCredentialOptions['httpClient'] = {
    async sendRequest(request) {
      const { pathname, search } = new URL(request.url);
      const { createDefaultHttpClient } = await import('@azure/core-rest-pipeline');
      request.url = origin + pathname + search;
      request.allowInsecureConnection = true;
      return createDefaultHttpClient().sendRequest(request);
    },
  };
  return createAzureTokens({ httpClient, disableInstanceDiscovery: true, retryOptions: { maxRetries: 0 } });
}
