/** AWS credentials against fakes of their sources on loopback: one fetch under load, refresh ahead, clear refusals. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AwsCredentials,
  createAwsCredentials,
  openDefaultChain,
} from '../../../server/upstream/sign/aws-credentials.ts';
import { makeProvider, rejection } from '../../support/upstream-rig.ts';

describe('AWS credentials', () => {
  const before = { ...process.env };
  const provider = makeProvider();
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kanmon-aws-'));
    for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
    process.env.AWS_EC2_METADATA_DISABLED = 'true';
    process.env.AWS_CONFIG_FILE = join(folder, 'config');
    process.env.AWS_SHARED_CREDENTIALS_FILE = join(folder, 'credentials');
  });

  afterEach(() => {
    process.env = { ...before };
    rmSync(folder, { recursive: true });
  });

  it('fetches once, however many calls wait, and keeps what it has', async () => {
    await using source = await openSource(container(3600));
    process.env.AWS_CONTAINER_CREDENTIALS_FULL_URI = source.url;
    const credentialsOf = createAwsCredentials(openDefaultChain);
    const all = await Promise.all(Array.from({ length: 100 }, () => credentialsOf(provider)));
    assert.equal(new Set(all.map(({ accessKeyId }) => accessKeyId)).size, 1);
    assert.equal(all[0]?.sessionToken, 'token-1');
    await credentialsOf(provider);
    assert.equal(source.requests(), 1);
  });

  it('fetches anew ahead of time, once, while calls go on with what there is', async () => {
    await using source = await openSource(container(60)); // Less than the five minutes of the SDK's window.
    process.env.AWS_CONTAINER_CREDENTIALS_FULL_URI = source.url;
    const credentialsOf = createAwsCredentials(openDefaultChain);
    assert.equal((await credentialsOf(provider)).sessionToken, 'token-1');
    const under = await Promise.all(Array.from({ length: 50 }, () => credentialsOf(provider)));
    assert.deepEqual([...new Set(under.map(({ sessionToken }) => sessionToken))], ['token-1']);
    await source.answered(2);
    assert.equal(source.requests(), 2);
  });

  it('takes a web identity to STS, and says what STS refuses', async () => {
    process.env.AWS_WEB_IDENTITY_TOKEN_FILE = join(folder, 'token');
    process.env.AWS_ROLE_ARN = 'arn:aws:iam::123456789012:role/kanmon';
    process.env.AWS_REGION = 'eu-west-1';
    writeFileSync(process.env.AWS_WEB_IDENTITY_TOKEN_FILE, 'identity-token');
    {
      await using source = await openSource(sts(200, ASSUMED));
      process.env.AWS_ENDPOINT_URL_STS = source.url;
      const { accessKeyId, sessionToken } = await createAwsCredentials(openDefaultChain)(provider);
      assert.deepEqual([accessKeyId, sessionToken], ['ASIASTS', 'sts-token']);
    }
    await using source = await openSource(sts(400, EXPIRED));
    process.env.AWS_ENDPOINT_URL_STS = source.url;
    const error = await rejection(createAwsCredentials(openDefaultChain)(provider));
    assert.equal(error.reason, 'UPSTREAM_CREDENTIALS');
    assert.equal(error.message, 'provider acme: the credentials or the token behind them have expired');
  });

  it('is one clear error without any source, which names no file of the machine', async () => {
    const error = await rejection(createAwsCredentials(openDefaultChain)(provider));
    assert.equal(error.reason, 'UPSTREAM_CREDENTIALS');
    assert.match(error.message, /^provider acme: AWS credentials could not be had: none is configured/);
    assert.ok(!error.message.includes(folder));
    assert.ok(error.cause instanceof Error);
  });

  it('keeps one chain a profile, and tries again after a refusal', async () => {
    const opened: (string | undefined)[] = [];
    let fails = true;
    const credentialsOf = createAwsCredentials((profile) => {
      opened.push(profile);
      const keys: AwsCredentials = { accessKeyId: profile ?? 'none', secretAccessKey: 's' };
      return () => (fails ? Promise.reject(new Error('refused')) : Promise.resolve(keys));
    });
    const named = makeProvider({ settings: { profile: 'prod' } });
    assert.equal((await rejection(credentialsOf(named))).reason, 'UPSTREAM_CREDENTIALS');
    fails = false;
    assert.equal((await credentialsOf(named)).accessKeyId, 'prod');
    assert.equal((await credentialsOf(makeProvider({ settings: { profile: 'prod' } }))).accessKeyId, 'prod');
    assert.equal((await credentialsOf(provider)).accessKeyId, 'none');
    assert.deepEqual(opened, ['prod', undefined]);
  });
});

/** Keys as the container metadata service gives them, numbered. */
function container(lifetimeSeconds: number): Answer {
  return (count) => ({
    status: 200,
    body: JSON.stringify({
      AccessKeyId: `ASIA${count}`,
      SecretAccessKey: 'secret',
      Token: `token-${count}`,
      Expiration: new Date(Date.now() + lifetimeSeconds * 1000).toISOString(),
    }),
  });
}

function sts(status: number, body: string): Answer {
  return () => ({ status, body });
}

const ASSUMED = `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleWithWebIdentityResult><Credentials>
    <AccessKeyId>ASIASTS</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>sts-token</SessionToken>
    <Expiration>2099-01-01T00:00:00Z</Expiration>
  </Credentials></AssumeRoleWithWebIdentityResult>
</AssumeRoleWithWebIdentityResponse>`;

const EXPIRED = `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <Error><Type>Sender</Type><Code>ExpiredTokenException</Code><Message>Token expired: current date/time must be before the
  expiration date/time</Message></Error><RequestId>r-1</RequestId>
</ErrorResponse>`;

type Answer = (count: number) => { readonly status: number; readonly body: string };

/** A source of credentials on loopback. */
async function openSource(answer: Answer) {
  let count = 0;
  const waiting: (() => void)[] = [];
  const listener: RequestListener = (incoming, response) => {
    incoming.resume();
    const { status, body } = answer(++count);
    response.statusCode = status;
    response.setHeader('content-type', body.startsWith('<') ? 'text/xml' : 'application/json');
    response.end(body, () => {
      for (const wake of waiting) wake();
    });
  };
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => count,
    /** Resolves when so many requests have been answered. */
    async answered(wanted: number) {
      while (count < wanted) await new Promise<void>((resolve) => waiting.push(resolve));
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
