/** Tokens of Google by its own library, against fakes of its endpoints on loopback. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '../../../server/model/secret.ts';
import type { Provider } from '../../../server/model/target.ts';
import { createGoogleTokens } from '../../../server/upstream/sign/google.ts';
import { openTokenServer, type TokenReply, type TokenServer } from '../../support/token-server.ts';
import { makeProvider, rejection } from '../../support/upstream-rig.ts';

const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});
const SERVICE_ACCOUNT = {
  type: 'service_account',
  client_email: 'kanmon@p.iam.gserviceaccount.com',
  private_key: privateKey,
};
const GOOD: TokenReply = { body: { access_token: 'ya29.one', expires_in: 3600, token_type: 'Bearer' } };
const BAD_TIME = 'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.';

describe('tokens of Google', () => {
  const environment = { ...process.env };
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kanmon-google-'));
    for (const name of Object.keys(process.env))
      if (/^(GOOGLE|GCE|GCLOUD|CLOUDSDK)_/.test(name)) delete process.env[name];
    process.env.CLOUDSDK_CONFIG = folder; // No developer's sign-in.
  });

  afterEach(() => {
    process.env = { ...environment };
    rmSync(folder, { recursive: true });
  });

  it('come for a service account’s key, once however many calls wait', async () => {
    await using server = await openTokenServer(() => GOOD);
    const tokens = tokensBy(server);
    const provider = providerWith(SERVICE_ACCOUNT);
    const all = await Promise.all(Array.from({ length: 100 }, async () => tokens(provider).get()));
    assert.deepEqual(new Set(all), new Set(['ya29.one']));
    assert.equal(tokens(provider).get(), 'ya29.one');
    assert.equal(server.requests.length, 1);
    const [request] = server.requests;
    const claims = readClaims(new URLSearchParams(request?.body).get('assertion') ?? '');
    assert.equal(request?.url, '/token');
    assert.equal(claims.iss, SERVICE_ACCOUNT.client_email);
    assert.equal(claims.scope, 'https://www.googleapis.com/auth/cloud-platform');
  });

  it('are shared by providers of one identity, and survive a swap of the configuration', async () => {
    await using server = await openTokenServer(() => GOOD);
    const tokens = tokensBy(server);
    await tokens(providerWith(SERVICE_ACCOUNT)).get();
    assert.equal(tokens(providerWith(SERVICE_ACCOUNT)).get(), 'ya29.one');
    assert.equal(server.requests.length, 1);
  });

  it('come for a workload identity', async () => {
    await using server = await openTokenServer(({ url }) => (url === '/subject' ? { body: 'subject-token' } : GOOD));
    const provider = providerWith({
      type: 'external_account',
      audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: `${server.origin}/v1/token`,
      credential_source: { url: `${server.origin}/subject` },
    });
    assert.equal(await createGoogleTokens()(provider).get(), 'ya29.one');
    assert.equal(new URLSearchParams(server.requests.at(-1)?.body).get('subject_token'), 'subject-token');
  });

  it('come from the metadata server where nothing is configured', async () => {
    await using server = await openTokenServer(() => ({ ...GOOD, headers: { 'metadata-flavor': 'Google' } }));
    process.env.GCE_METADATA_HOST = server.origin.slice('http://'.length);
    process.env.METADATA_SERVER_DETECTION = 'assume-present';
    assert.equal(await createGoogleTokens()(makeProvider()).get(), 'ya29.one');
    assert.match(
      server.requests.at(-1)?.url ?? '',
      /^\/computeMetadata\/v1\/instance\/service-accounts\/default\/token/,
    );
  });

  it('are one clear error when refused, whose words name no secret', async () => {
    const refusal = { error: 'invalid_grant', error_description: 'Invalid grant: account not found' };
    await using server = await openTokenServer(() => ({ status: 400, body: refusal }));
    const tokens = tokensBy(server)(providerWith(SERVICE_ACCOUNT));
    const errors = await Promise.all([1, 2, 3].map(() => rejection(Promise.resolve(tokens.get()))));
    for (const error of errors) {
      assert.equal(error.reason, 'UPSTREAM_CREDENTIALS');
      assert.equal(error.message, 'provider acme: Google refused the credentials (invalid_grant)');
      assert.match(String(error.cause), /account not found/);
    }
    assert.equal(server.requests.length, 1);
  });

  it('say so if the clock is off', async () => {
    const date = new Date(Date.now() - 7 * 60_000).toUTCString();
    await using server = await openTokenServer(() => ({
      status: 400,
      headers: { date },
      body: { error: 'invalid_grant', error_description: BAD_TIME },
    }));
    const error = await rejection(Promise.resolve(tokensBy(server)(providerWith(SERVICE_ACCOUNT)).get()));
    assert.equal(
      error.message,
      "provider acme: Google refused the credentials (invalid_grant); the gateway's clock is about 7 minutes fast",
    );
  });

  it('are not asked for with a file of another kind, which is not quoted', async () => {
    for (const file of [{ type: 'gdch_service_account', secret: 'canary' }, 'canary {', 7]) {
      const error = await rejection(Promise.resolve(createGoogleTokens()(providerWith(file)).get()));
      assert.equal(error.reason, 'UPSTREAM_CREDENTIALS');
      assert.match(error.message, /credentials must be a JSON key file/);
      assert.doesNotMatch(error.message, /canary/);
    }
  });

  it('are fetched anew after one was refused', async () => {
    await using server = await openTokenServer((_, count) => ({
      body: { access_token: `ya29.${count}`, expires_in: 3600, token_type: 'Bearer' },
    }));
    const tokens = tokensBy(server)(providerWith(SERVICE_ACCOUNT));
    const first = await tokens.get();
    tokens.forget(first);
    assert.deepEqual([first, await tokens.get()], ['ya29.1', 'ya29.2']);
  });
});

function providerWith(file: unknown): Provider {
  const credentials = new Secret(typeof file === 'string' ? file : JSON.stringify(file));
  return makeProvider({ settings: { credentials } });
}

/** Google's library knows one address of its token endpoint: requests to it are turned to loopback. */
function tokensBy({ origin }: TokenServer) {
  const fetchImplementation: typeof fetch = (input, init) => {
    const { pathname } = new URL(input instanceof Request ? input.url : input);
    return fetch(origin + pathname, init);
  };
  return createGoogleTokens({ transporterOptions: { fetchImplementation } });
}

function readClaims(jwt: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>; // It is one.
}
