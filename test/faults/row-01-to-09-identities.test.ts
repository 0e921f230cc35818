/** Rows 1 to 4 and 9 through the whole gateway: who may not call gets no further than the door, and the door is written down. */
import { deepStrictEqual, match, ok, strictEqual } from 'node:assert/strict';
import { type KanmonClient, KanmonError } from '@kanmon/client';
import { type LeafOptions, makeAuthority, type TestAuthority } from '../support/certificates.ts';
import { chatReply } from '../support/chat-wire.ts';
import { failure } from '../support/client-rig.ts';
import { eventually, type FaultRig, generation, startFaultRig } from '../support/fault-rig.ts';
import { CALLER } from '../support/gateway.ts';
import { steps } from '../support/misbehaving-server.ts';

const OTHER = 'spiffe://kanmon.test/other';
const DNS_CALLER = 'batch.kanmon.test';

/** Row 3: names that are not on the list, however near they come. */
const LOOK_ALIKES = [
  'spiffe://kanmon.test/stranger',
  'spiffe://kanmon.test.evil/caller',
  'spiffe://kanmon.test/Caller',
  'spiffe://kanmon.test/caller/more',
  'spiffe://kanmon.test/caller%2e',
];

/** Row 4: leaves that are no SVIDs. */
const NO_SVIDS: readonly (readonly [name: string, leaf: LeafOptions])[] = [
  ['two URI names', { uris: [CALLER, OTHER] }],
  ['the mark of an authority', { uris: [CALLER], ca: true }],
  ['the right to sign certificates', { uris: [CALLER], keyUsage: ['digitalSignature', 'keyCertSign'] }],
];

describe('rows 1 to 4 and 9: identities', () => {
  let rig: FaultRig;
  let ca: TestAuthority;

  before(async () => {
    ca = await makeAuthority('CN=Clients of the tests');
    rig = await startFaultRig(
      {
        chat: { script: () => [steps.send(chatReply('hello'))] },
        secret: { script: () => [steps.send(chatReply('hello'))] },
      },
      {
        clientCa: ca.cert,
        clients: {
          caller: { identity: { spiffe: CALLER, dns: DNS_CALLER }, models: ['chat', 'honest'] },
          other: { identity: { spiffe: OTHER }, models: ['secret'] },
        },
      },
    );
  });

  after(() => rig[Symbol.asyncDispose]());

  afterEach(async () => {
    strictEqual(rig.provider('chat').requests.length, 0, 'nothing has reached a provider');
    await rig.assertQuiet();
  });

  async function connectAs(leaf: LeafOptions): Promise<KanmonClient> {
    const { cert, key } = await ca.issue(leaf);
    return rig.gateway.connect({ cert, key });
  }

  async function refused(cause: string): Promise<void> {
    const counted = `kanmon_edge_refused_total{stage="tls",cause="${cause}"}`;
    await eventually(async () => (await rig.gateway.metrics()).includes(counted));
    await rig.assertServes();
  }

  it('row 1: without a certificate TLS refuses, which is counted', async () => {
    const { address, authority } = rig.gateway;
    const nobody = rig.gateway.connect({ address, ca: authority.cert, cert: undefined, key: undefined } as never);
    strictEqual((await failure(nobody.complete(generation('chat'), { timeoutMs: 3000 }))).code, 'UNAVAILABLE');
    await refused('no_certificate');
  });

  it('row 2: an expired certificate is refused and counted', async () => {
    const client = await connectAs({ uris: [CALLER], fromDays: -9, toDays: -1 });
    strictEqual((await failure(client.complete(generation('chat'), { timeoutMs: 3000 }))).code, 'UNAVAILABLE');
    await refused('expired');
  });

  for (const uri of LOOK_ALIKES) {
    it(`row 3: ${uri} is nobody's: PEER_NOT_ALLOWED`, async () => {
      const client = await connectAs({ uris: [uri] });
      await rig.assertFault(client.complete(generation('chat')), {
        code: 'PERMISSION_DENIED',
        reason: 'PEER_NOT_ALLOWED',
        pushbackMs: -1,
      });
    });
  }

  for (const [name, leaf] of NO_SVIDS) {
    it(`row 4: a certificate with ${name} is INVALID_SVID`, async () => {
      const client = await connectAs(leaf);
      await rig.assertFault(client.complete(generation('chat')), {
        code: 'UNAUTHENTICATED',
        reason: 'INVALID_SVID',
        pushbackMs: -1,
      });
    });
  }

  it('row 9: a model that was not given is NOT_FOUND in the very words of one that does not exist', async () => {
    const words = async (model: string) => {
      const error = await rig.assertFault(rig.client.complete(generation(model)), {
        code: 'NOT_FOUND',
        reason: 'MODEL_NOT_FOUND',
        pushbackMs: -1,
        attempts: [],
      });
      match(error.message, /it may use chat, honest/);
      return error.message.replaceAll(model, 'MODEL');
    };
    strictEqual(await words('secret'), await words('nosuch'));
    strictEqual(rig.provider('secret').requests.length, 0);
  });

  it('row 9: the same for every RPC, and the list shows only what was given', async () => {
    const inputs = ['one'];
    const calls = [
      rig.client.stream(generation('secret')).final(),
      rig.client.countTokens(generation('secret')),
      rig.client.embed({ model: 'secret', inputs }),
    ];
    for (const call of calls) strictEqual((await failure(call)).reason, 'MODEL_NOT_FOUND');
    const names: string[] = [];
    for await (const { name } of rig.client.models()) names.push(name);
    deepStrictEqual(names, ['chat', 'honest']);
  });

  it('rows 3 and 4: a certificate of a configured DNS name is a client', async () => {
    const client = await connectAs({ dns: [DNS_CALLER] });
    ok((await client.complete(generation('honest'))).callId);
    ok((await failure(client.complete(generation('secret')))) instanceof KanmonError);
  });
});
