/** Plans: fitness, order, draws, state. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { extend } from '../../../server/interceptors/chain.ts';
import { drawOrder } from '../../../server/interceptors/routing/draw.ts';
import { makePlan } from '../../../server/interceptors/routing/plan.ts';
import { routing } from '../../../server/interceptors/routing/routing.ts';
import { GatewayError } from '../../../server/model/errors.ts';
import type { Deployment } from '../../../server/model/target.ts';
import {
  type ChatMessage,
  CompleteRequest,
  EmbedRequest,
  GatewayOptions,
  type Part,
} from '../../../server/model/wire.ts';
import { makeCall, makeDeployment, makeModel, planned, userTurn } from '../../support/calls.ts';
import { lacking } from '../../support/targets.ts';

type Messages = Parameters<typeof CompleteRequest.fromPartial>[0]['generation'] extends infer G
  ? NonNullable<G> extends { messages?: infer M }
    ? NonNullable<M>
    : never
  : never;

interface PlanChanges {
  readonly id?: string;
  readonly digest?: string;
  readonly team?: string;
  readonly options?: Parameters<typeof GatewayOptions.fromPartial>[0];
  readonly messages?: Messages;
}

function plan(deployments: readonly Deployment[], changes: PlanChanges = {}) {
  const request = CompleteRequest.fromPartial({ generation: { messages: changes.messages ?? [userTurn('Hello')] } });
  const options = GatewayOptions.fromPartial(changes.options ?? {});
  const call = { id: changes.id ?? 'call-1', rpc: 'complete', request, options } as const;
  return makePlan({
    call,
    digest: changes.digest ?? 'digest',
    client: { team: changes.team ?? 'payments' },
    model: { name: 'chat', deployments },
  });
}

const idsOf = ({ deployments }: { readonly deployments: readonly Deployment[] }) => deployments.map(({ id }) => id);

const image = (role: 'ROLE_USER' | 'ROLE_ASSISTANT') =>
  ({
    role,
    parts: [
      {
        content: {
          $case: 'image',
          value: { source: { $case: 'data', value: new Uint8Array(1) }, mediaType: 'image/png' },
        },
      },
    ],
  }) as const;

/** A turn of the model with state of a provider. */
function stateOf(stateDomain: string, upstreamModel = 'm') {
  const origin = { dialect: 'openai.chat', upstreamModel, stateDomain };
  return {
    role: 'ROLE_ASSISTANT',
    parts: [
      {
        content: { $case: 'text', value: { text: 'Hi' } },
        opaqueState: [{ origin, kind: 'signature', data: new Uint8Array(1) }],
      },
    ],
  } as const;
}

const refused = (make: () => unknown) => {
  try {
    make();
  } catch (error) {
    assert.ok(error instanceof GatewayError);
    return error;
  }
  return assert.fail('it was planned');
};

describe('a plan', () => {
  it('has priorities in their order, and weight 0 behind everything', () => {
    const deployments = [
      makeDeployment('spare', { weight: 0 }),
      makeDeployment('second', { priority: 2 }),
      makeDeployment('first', { priority: 1 }),
    ];
    const made = plan(deployments);
    assert.deepEqual(idsOf(made), ['first/m', 'second/m', 'spare/m']);
    assert.match(made.candidates[2]?.detail ?? '', /only when all others fail/);
  });

  it('leaves out what cannot take the content, and says so', () => {
    const blind = makeDeployment('blind', { capabilities: lacking('imageInput') });
    const seeing = makeDeployment('seeing', { priority: 2 });
    const made = plan([blind, seeing], { messages: [image('ROLE_USER')] });
    assert.deepEqual(idsOf(made), ['seeing/m']);
    assert.deepEqual(
      made.candidates.map(({ fit, detail }) => [fit, detail]),
      [
        [false, 'takes no images'],
        [true, 'priority 2, weight 1'],
      ],
    );
    assert.deepEqual(idsOf(plan([blind], { messages: [image('ROLE_ASSISTANT'), userTurn('?')] })), ['blind/m']);
  });

  it('names every deployment and why, where none is fit', () => {
    const blind = ['x', 'y'].map((name) => makeDeployment(name, { capabilities: lacking('imageInput') }));
    const error = refused(() => plan(blind, { messages: [image('ROLE_USER')] }));
    assert.equal(error.reason, 'NO_DEPLOYMENT');
    assert.match(
      error.message,
      /x\/m takes no images; y\/m takes no images|y\/m takes no images; x\/m takes no images/,
    );
    const many = Array.from({ length: 40 }, (_, index) =>
      makeDeployment(`p${index}`.repeat(30), { capabilities: lacking('imageInput') }),
    );
    assert.ok(refused(() => plan(many, { messages: [image('ROLE_USER')] })).message.length <= 512);
  });

  it('refuses embeddings of images as the contract says', () => {
    const inputs = [{ parts: [{ content: { $case: 'image', value: {} } as const }] }];
    const call = {
      id: '',
      rpc: 'embed',
      request: EmbedRequest.fromPartial({ inputs }),
      options: GatewayOptions.fromPartial({}),
    } as const;
    const deployments = [makeDeployment('blind', { capabilities: lacking('imageInput') })];
    const error = refused(() =>
      makePlan({ call, digest: '', client: { team: '' }, model: { name: 'embed', deployments } }),
    );
    assert.equal(error.reason, 'PARAMETER_UNSUPPORTED');
    assert.equal(error.details.violations?.[0]?.field, 'inputs');
  });

  it('is written into the record', async () => {
    const model = makeModel([makeDeployment('acme')]);
    const { call } = makeCall('complete');
    const handler = routing({ leastPromptTokens: () => undefined })(({ plan: made }) =>
      Promise.reject(new Error(idsOf(made).join())),
    );
    const { plan: _, ...before } = planned(model);
    await assert.rejects(handler(extend(call, { ...before, flightKey: undefined })), { message: 'acme/m' });
    assert.deepEqual(call.record.route, [{ deployment: 'acme/m', fit: true, detail: 'priority 1, weight 1' }]);
  });
});

describe('foreign state', () => {
  const deployments = [makeDeployment('a'), makeDeployment('b', { priority: 2 })];
  const withState = (
    onForeignState: 'PIN' | 'STRIP' | 'FAIL' | 'UNSPECIFIED',
    ...messages: readonly ReturnType<typeof stateOf>[]
  ) => ({
    messages: [...messages, userTurn('?')],
    options: { onForeignState: `FOREIGN_STATE_MODE_${onForeignState}` as const },
  });

  it('pins the call to its origin, which is the default', () => {
    for (const mode of ['PIN', 'UNSPECIFIED'] as const) {
      const made = plan(deployments, withState(mode, stateOf('b')));
      assert.deepEqual(idsOf(made), ['b/m']);
      assert.match(made.candidates[0]?.detail ?? '', /cannot read the conversation's state of b\/m/);
    }
  });

  it('of an origin that the model does not have fails a pinned call', () => {
    for (const state of [[stateOf('c')], [stateOf('a', 'older')], [stateOf('a'), stateOf('b')]]) {
      const error = refused(() => plan(deployments, withState('PIN', ...state)));
      assert.deepEqual([error.reason, error.row.code], ['FOREIGN_STATE', 'FAILED_PRECONDITION']);
    }
  });

  it('does not matter where it is stripped', () => {
    assert.deepEqual(idsOf(plan(deployments, withState('STRIP', stateOf('c')))), ['a/m', 'b/m']);
  });

  it('fails a call whose first choice is of another origin, where that is wanted', () => {
    assert.equal(refused(() => plan(deployments, withState('FAIL', stateOf('b')))).reason, 'FOREIGN_STATE');
    assert.deepEqual(idsOf(plan(deployments, withState('FAIL', stateOf('a')))), ['a/m']);
  });

  it('is that of opaque items too', () => {
    const part: Partial<Part> = {
      content: {
        $case: 'opaque',
        value: {
          origin: { dialect: 'openai.chat', upstreamModel: 'm', stateDomain: 'b' },
          itemType: 'x',
          data: new Uint8Array(1),
        },
      },
    };
    const message = { role: 'ROLE_ASSISTANT', parts: [part] } as Partial<ChatMessage>;
    assert.deepEqual(idsOf(plan(deployments, { messages: [message, userTurn('?')] })), ['b/m']);
  });

  it('says so in words that fit into a status', () => {
    const long = Array.from({ length: 20 }, (_, index) => stateOf(`domain${index}`.repeat(20), 'x'.repeat(300)));
    assert.match(refused(() => plan(deployments, withState('PIN', ...long))).message.slice(0, 512), /STRIP/);
  });
});

describe('a draw', () => {
  const two = [makeDeployment('a', { weight: 9 }), makeDeployment('b', { weight: 1 })];

  it('comes out the same for the same call under the same configuration', () => {
    assert.deepEqual(idsOf(plan(two, { id: 'x' })), idsOf(plan(two, { id: 'x' })));
    const draws = (digest: string) =>
      Array.from({ length: 64 }, (_, index) => idsOf(plan(two, { id: `${index}`, digest }))[0]).join();
    assert.notEqual(draws('one'), draws('two'));
  });

  it('follows the weights', () => {
    let first = 0;
    for (let index = 0; index < 4000; index += 1)
      if (idsOf(plan(two, { id: `call-${index}` }))[0] === 'a/m') first += 1;
    assert.ok(Math.abs(first / 4000 - 0.9) < 0.02, `${first} of 4000`); // Four standard deviations; the draws never change.
  });

  it('sticks to a session, within a team', () => {
    const equal = [makeDeployment('a'), makeDeployment('b'), makeDeployment('c')];
    const drawn = (id: string, team: string) => idsOf(plan(equal, { id, team, options: { sessionKey: 's' } })).join();
    assert.equal(new Set(Array.from({ length: 20 }, (_, index) => drawn(`call-${index}`, 'payments'))).size, 1);
    assert.ok(new Set(Array.from({ length: 20 }, (_, index) => drawn('call-1', `team-${index}`))).size > 1);
  });

  it('moves nobody but those who were on a deployment that goes', () => {
    const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,5}$/), { minLength: 3, maxLength: 8 });
    fc.assert(
      fc.property(names, fc.string(), fc.nat(), (all, key, index) => {
        const deployments = all.map((name, at) => makeDeployment(name, { weight: 1 + (at % 3) }));
        const gone = deployments[index % deployments.length];
        const before = drawOrder(deployments, key).filter((deployment) => deployment !== gone);
        const after = drawOrder(
          deployments.filter((deployment) => deployment !== gone),
          key,
        );
        assert.deepEqual(after, before);
      }),
    );
  });
});
