/** Identity from certificates: rows 1, 3 and 4 of the fault table at the level of bytes. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { auth } from '../../../server/interceptors/auth/auth.ts';
import { readCertificate } from '../../../server/interceptors/auth/certificate.ts';
import { createMtlsAuthenticator } from '../../../server/interceptors/auth/mtls.ts';
import { isSpiffeId } from '../../../server/interceptors/auth/spiffe.ts';
import { extend } from '../../../server/interceptors/chain.ts';
import type { Peer } from '../../../server/model/call.ts';
import { GatewayError } from '../../../server/model/errors.ts';
import { makeCall, makeClient, makeSnapshot } from '../../support/calls.ts';
import { type LeafOptions, makeAuthority, type TestAuthority } from '../../support/certificates.ts';

const CHECKOUT = 'spiffe://corp.example/ns/shop/sa/checkout';

describe('auth', () => {
  let ca: TestAuthority;

  before(async () => {
    ca = await makeAuthority();
  });

  const peerOf = async (options: LeafOptions): Promise<Peer> => ({
    address: '192.0.2.1:5000',
    certificate: (await ca.issue(options)).der,
    connection: {},
  });

  /** What becomes of a call of this peer, with these subjects configured. */
  async function enter(peer: Peer, subjects: Readonly<Record<string, string>> = { [CHECKOUT]: 'checkout' }) {
    const clients = Object.fromEntries(
      Object.entries(subjects)
        .map(([subject, name]) => [subject, name] as const)
        .map(([subject, name]) => [subject, byName(name)]),
    );
    const handler = auth({ authenticate: createMtlsAuthenticator() })((call) =>
      Promise.reject(new Reached(call.client.name, call.subject)),
    );
    const { call } = makeCall('complete', { peer, snapshot: makeSnapshot({ clients }) });
    const traced = extend(call, { traceHeaders: {}, traceAttempt: undefined });
    const outcome = await handler<'complete'>(traced).catch((error: unknown) => error);
    if (outcome instanceof Reached) return `${outcome.client} as ${outcome.subject}`;
    assert.ok(outcome instanceof GatewayError);
    assert.equal(call.record.client, '');
    return `${outcome.row.code} ${outcome.reason}`;
  }

  it('knows a client by its SPIFFE ID, exactly', async () => {
    assert.equal(await enter(await peerOf({ uris: [CHECKOUT] })), `checkout as ${CHECKOUT}`);
  });

  it('knows a client by a DNS name, in lower case, where there is no URI', async () => {
    const subjects = { 'dns:checkout.corp.example': 'checkout' };
    assert.equal(
      await enter(await peerOf({ dns: ['Checkout.Corp.Example'] }), subjects),
      'checkout as dns:checkout.corp.example',
    );
    assert.equal(
      await enter(await peerOf({ dns: ['a.example', 'checkout.corp.example'] }), subjects),
      'checkout as dns:checkout.corp.example',
    );
    const both = await peerOf({ uris: ['spiffe://corp.example/x'], dns: ['checkout.corp.example'] });
    assert.equal(await enter(both, subjects), 'PERMISSION_DENIED PEER_NOT_ALLOWED');
  });

  it('refuses a connection without a certificate (row 1, where TLS lets it through)', async () => {
    const peer = { address: '', certificate: undefined, connection: {} };
    assert.equal(await enter(peer), 'UNAUTHENTICATED UNAUTHENTICATED');
  });

  for (const uri of [
    'spiffe://corp.example/ns/shop/sa/other',
    'spiffe://corp.example.evil/ns/shop/sa/checkout',
    'spiffe://CORP.example/ns/shop/sa/checkout',
    'spiffe://corp.example/ns/shop/sa/Checkout',
    'spiffe://corp.example/ns/shop/sa/check%6fut',
    'spiffe://corp.example/ns/shop/sa/checkout/',
    'spiffe://corp.example/ns/shop/./sa/checkout',
    'spiffe://corp.example/ns/shop/sa/checkout?x=1',
    'spiffe://corp.example:443/ns/shop/sa/checkout',
    'https://corp.example/ns/shop/sa/checkout',
  ]) {
    it(`does not take ${uri} for a client (row 3)`, async () => {
      assert.equal(await enter(await peerOf({ uris: [uri] })), 'PERMISSION_DENIED PEER_NOT_ALLOWED');
    });
  }

  it('refuses names of two clients in one certificate, and a certificate without names', async () => {
    const two = await peerOf({ dns: ['a.example', 'b.example'] });
    assert.equal(
      await enter(two, { 'dns:a.example': 'a', 'dns:b.example': 'b' }),
      'PERMISSION_DENIED PEER_NOT_ALLOWED',
    );
    assert.equal(await enter(await peerOf({ ips: ['192.0.2.7'] })), 'PERMISSION_DENIED PEER_NOT_ALLOWED');
  });

  const INVALID: Readonly<Record<string, LeafOptions>> = {
    'two URIs': { uris: [CHECKOUT, 'spiffe://corp.example/other'] },
    'the same URI twice': { uris: [CHECKOUT, CHECKOUT] },
    'CA:TRUE': { uris: [CHECKOUT], ca: true },
    keyCertSign: { uris: [CHECKOUT], keyUsage: ['digitalSignature', 'keyCertSign'] },
    cRLSign: { uris: [CHECKOUT], keyUsage: ['digitalSignature', 'cRLSign'] },
    'CA:TRUE with a DNS name': { dns: ['checkout.example'], ca: true },
  };
  for (const [name, options] of Object.entries(INVALID)) {
    it(`refuses a leaf with ${name} (row 4)`, async () => {
      const subjects = { [CHECKOUT]: 'checkout', 'dns:checkout.example': 'checkout' };
      assert.equal(await enter(await peerOf(options), subjects), 'UNAUTHENTICATED INVALID_SVID');
    });
  }

  it('does not split names: a comma in one makes no second', async () => {
    const peer = await peerOf({ dns: [`x.example, URI:${CHECKOUT}`] });
    assert.equal(await enter(peer), 'UNAUTHENTICATED INVALID_SVID'); // For its space.
    const { certificate = new Uint8Array() } = await peerOf({ dns: [`x.example,URI:${CHECKOUT}`] });
    assert.deepEqual(readCertificate(certificate).uris, []);
  });

  it('reads a certificate once a connection', async () => {
    const peer = await peerOf({ uris: [CHECKOUT] });
    const authenticate = createMtlsAuthenticator();
    const identity = authenticate(peer, new Map());
    const otherBytes = { ...peer, certificate: new Uint8Array() };
    assert.equal(authenticate(otherBytes, new Map()), identity);
    assert.throws(() => authenticate({ ...otherBytes, connection: {} }, new Map()), { reason: 'INVALID_SVID' });
  });

  it('reads any bytes as a certificate or as none, never otherwise', async () => {
    const { certificate = new Uint8Array() } = await peerOf({ uris: [CHECKOUT] });
    const mutation = fc.record({
      at: fc.nat(certificate.length - 1),
      byte: fc.nat(255),
      length: fc.nat(certificate.length),
    });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), mutation), (input) => {
        const bytes = input instanceof Uint8Array ? input : mutate(certificate, input);
        const peer = { address: '', certificate: bytes, connection: {} };
        try {
          const { subject } = createMtlsAuthenticator()(peer, new Map());
          assert.match(subject, /^(spiffe:\/\/|dns:)[\x21-\x7e]+$/);
        } catch (error) {
          assert.ok(error instanceof GatewayError && error.reason !== 'INTERNAL', String(error));
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a SPIFFE ID', () => {
  it('has a trust domain in lower case and a path of plain segments', () => {
    for (const id of ['spiffe://a/b', 'spiffe://a-1_x.example/B.c/d_e-f', `spiffe://${'a'.repeat(255)}/b`])
      assert.ok(isSpiffeId(id), id);
    for (const id of [
      'spiffe://a',
      'spiffe://a/',
      'spiffe:///b',
      'SPIFFE://a/b',
      'spiffe://a//b',
      'spiffe://a/../b',
      'spiffe://a/b/..',
      'spiffe://a/ü',
      'spiffe://u@a/b',
      'spiffe://a/b#c',
      `spiffe://${'a'.repeat(256)}/b`,
      `spiffe://a/${'b'.repeat(2048)}`,
      'spiffe://a/b\n',
    ]) {
      assert.ok(!isSpiffeId(id), id);
    }
  });
});

class Reached extends Error {
  readonly client: string;
  readonly subject: string;

  constructor(client: string, subject: string) {
    super();
    this.client = client;
    this.subject = subject;
  }
}

const CLIENTS = new Map(['checkout', 'a', 'b'].map((name) => [name, makeClient(name, ['chat'])]));

function byName(name: string) {
  return CLIENTS.get(name) ?? assert.fail(name);
}

function mutate(bytes: Uint8Array, { at, byte, length }: { at: number; byte: number; length: number }): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at] = byte;
  return length % 4 === 0 ? copy.subarray(0, length) : copy;
}
