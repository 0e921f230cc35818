/** The catalogue of hosts: rows that hang together, and what the configuration makes of them. */
import assert from 'node:assert/strict';
import { DIALECT_IDS, HOSTS } from '../../../server/providers/catalog.ts';
import { DIALECTS } from '../../../server/providers/dialects.ts';
import { faultsOf, snapshotOf } from '../../support/config-files.ts';

const ENV = { KEY: 'sk-1', OTHER: 'sk-2', BAD: 'sk 3', JSON_FILE: '{"type":"service_account"}' };

describe('the catalogue of hosts', () => {
  it('names dialects that exist, and every dialect has a host', () => {
    for (const [id, { dialectId }] of HOSTS) assert.equal(DIALECTS.get(dialectId)?.id, dialectId, id);
    assert.deepEqual([...DIALECT_IDS].sort(), [...DIALECTS.keys()].sort());
  });

  it('has rows that say all that they need', () => {
    for (const [id, host] of HOSTS) {
      const keyInHeader = host.sign === 'api-key' || host.sign === 'azure';
      assert.equal(host.id, id);
      assert.equal(keyInHeader, host.keyHeader !== undefined, id);
      assert.ok(!host.keyRequired || host.sign === 'bearer' || host.sign === 'api-key', id);
      assert.deepEqual(
        Object.keys(host.defaults).filter((key) => !host.settings.some((setting) => setting === key)),
        [],
        id,
      );
      if (host.place === 'network') assert.match(host.source, /^https:\/\/\S+, (seen \d{4}-\d\d-\d\d|not read)$/, id);
      if (host.proof === 'provider-page') assert.match(host.source, /seen/, id);
    }
  });

  it('has base URLs whose braces are settings of the row', () => {
    for (const [id, { baseUrl = '', regionalUrls = {}, settings }] of HOSTS) {
      for (const url of [baseUrl, ...Object.values(regionalUrls)]) {
        assert.doesNotMatch(url, /\/$/, id);
        for (const [, key = ''] of url.matchAll(/\{(\w+)\}/g))
          assert.ok(
            settings.some((setting) => setting === key),
            id,
          );
        if (!url.startsWith('http://127.0.0.1')) assert.doesNotMatch(url, /^http:(?!.*\.invalid)/, id);
      }
    }
  });

  it('lacks nothing twice', () => {
    for (const [id, { lacks }] of HOSTS) assert.deepEqual([...new Set(lacks)], [...lacks], id);
  });
});

describe('providers of hosts with settings', () => {
  it('find their region, the whole world and several regions as one', async () => {
    const base = async (region: string) => (await providerOf(`host: vertex, project: p-1, region: ${region}`))?.baseUrl;
    const path = (region: string) => `/v1/projects/p-1/locations/${region}`;
    assert.equal(await base('europe-west4'), `https://europe-west4-aiplatform.googleapis.com${path('europe-west4')}`);
    assert.equal(await base('global'), `https://aiplatform.googleapis.com${path('global')}`);
    assert.equal(await base('eu'), `https://aiplatform.eu.rep.googleapis.com${path('eu')}`);
  });

  it('say which setting is missing, and which has no meaning', async () => {
    assert.deepEqual(await faultsOfProvider('host: vertex, region: global'), [
      'providers.own: host vertex needs project, or a baseUrl of its own',
    ]);
    assert.deepEqual(await faultsOfProvider(`host: openai, apiKey: ${KEY}, region: eu, clientSecret: ${KEY}`), [
      'providers.own.clientSecret: has no meaning for host openai; leave it away',
      'providers.own.region: has no meaning for host openai; leave it away',
    ]);
    assert.deepEqual(await faultsOfProvider('host: azure, resource: "a/b"'), [
      'providers.own.resource: must be 1 to 128 letters, digits and . : _ -, beginning with a letter or digit',
    ]);
  });

  it('need no settings of the URL where they have a URL of their own', async () => {
    const provider = await providerOf('host: bedrock, baseUrl: "https://bedrock.corp.example"');
    assert.equal(provider?.baseUrl, 'https://bedrock.corp.example');
  });

  it('have the defaults of their row, unless they say otherwise', async () => {
    const { settings } = (await providerOf('host: azure-deployments, resource: acme')) ?? assert.fail();
    assert.deepEqual(settings, {
      apiVersion: '2024-10-21',
      scope: 'https://cognitiveservices.azure.com/.default',
      resource: 'acme',
    });
    const other = await providerOf('host: azure-deployments, resource: acme, apiVersion: 2025-04-01-preview');
    assert.equal(other?.settings.apiVersion, '2025-04-01-preview');
  });

  it('take secrets by reference only, and keep them out of sight', async () => {
    assert.match(String(await faultsOfProvider('host: azure, resource: a, clientSecret: abc')), /must be a reference/);
    const provider = await providerOf(`host: vertex, project: p, region: global, credentials: ${FILE}`);
    assert.equal(JSON.stringify(provider?.settings), '{"region":"global","project":"p","credentials":"***"}');
  });

  it('take one key or several, none of which may break a header', async () => {
    const keys = async (written: string) =>
      (await providerOf(`host: openai, apiKey: ${written}`))?.apiKeys.map((key) => key.reveal());
    assert.deepEqual(await keys(KEY), ['sk-1']);
    assert.deepEqual(await keys(`[${KEY}, ${OTHER}]`), ['sk-1', 'sk-2']);
    assert.match(String(await faultsOfProvider(`host: openai, apiKey: [${KEY}, ${BAD}]`)), /no header can carry/);
    assert.match(
      String(await faultsOfProvider(`host: vertex, project: p, region: eu, apiKey: ${KEY}`)),
      /takes no key/,
    );
  });
});

const KEY = referTo('KEY');
const OTHER = referTo('OTHER');
const BAD = referTo('BAD');
const FILE = referTo('JSON_FILE');

function referTo(name: string): string {
  return `"$${`{env:${name}}`}"`;
}

function textOf(provider: string): string {
  return [
    `providers: { own: { ${provider} } }`,
    'models: { m: { deployments: [{ provider: own, model: model-1 }] } }',
    'clients: { c: { identity: { dns: c.example }, models: [m] } }',
  ].join('\n');
}

async function providerOf(written: string) {
  return (await snapshotOf(textOf(written), { env: ENV })).providers.get('own');
}

async function faultsOfProvider(written: string): Promise<readonly string[]> {
  const faults = await faultsOf(textOf(written), { env: ENV });
  return faults.map((fault) => fault.replace(/^\S+:\d+:\d+: /, '')).sort();
}
