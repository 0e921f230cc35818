/** The order of the interceptors is a matter of types: every swapped pair of neighbours fails to compile. */
import assert from 'node:assert/strict';
import type { Entered } from '../../../server/config/snapshot.ts';
import { attempts } from '../../../server/interceptors/attempts/attempts.ts';
import { auth } from '../../../server/interceptors/auth/auth.ts';
import { batches } from '../../../server/interceptors/batches/batches.ts';
import {
  type Asking,
  type Attempted,
  type Batched,
  extend,
  type Handler,
  type Identified,
  type Interceptor,
  type Joinable,
  onion,
  type Permitted,
  type Routed,
  type Traced,
} from '../../../server/interceptors/chain.ts';
import { joining } from '../../../server/interceptors/joining/joining.ts';
import { listing } from '../../../server/interceptors/listing.ts';
import { policy } from '../../../server/interceptors/policy.ts';
import { routing } from '../../../server/interceptors/routing/routing.ts';
import { tracing } from '../../../server/interceptors/tracing.ts';
import { makeCall, makeClient, makeDeployment, makeModel, makeSnapshot, messageFrom } from '../../support/calls.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

const clock = createFakeClock();
const identity = { subject: 'spiffe://corp.example/checkout', otherSubjects: [], via: 'test' };

const step = {
  tracing: tracing({ spans: () => undefined, random: () => 0 }),
  auth: auth({ authenticate: () => identity }),
  listing: listing(),
  policy: policy(),
  joining: joining({ nowMs: clock.nowMs, onListenerError: assert.ifError }),
  routing: routing({ leastPromptTokens: () => undefined }),
  batches: batches({ maxEmbedInputs: () => undefined }),
  attempts: attempts({ clock, random: () => 0 }),
};

type Everything = Entered & Traced & Identified & Asking & Permitted & Joinable & Routed & Batched & Attempted;
type Core = Handler<Everything>;

/** Never run: it is here to be compiled. Each `@ts-expect-error` is itself an error if the line below it compiles. */
function swappedNeighbours(): void {
  // @ts-expect-error auth before tracing
  onion().use(step.auth).use(step.tracing);

  const traced = onion().use(step.tracing);
  // @ts-expect-error listing before auth
  traced.use(step.listing).use(step.auth);

  const identified = traced.use(step.auth);
  // @ts-expect-error policy before listing
  identified.use(step.policy).use(step.listing);

  const asking = identified.use(step.listing);
  // @ts-expect-error joining before policy
  asking.use(step.joining).use(step.policy);

  const permitted = asking.use(step.policy);
  // @ts-expect-error routing before joining
  permitted.use(step.routing).use(step.joining);

  const joinable = permitted.use(step.joining);
  // @ts-expect-error batches before routing
  joinable.use(step.batches).use(step.routing);

  const routed = joinable.use(step.routing);
  // @ts-expect-error attempts before batches
  routed.use(step.attempts).use(step.batches);

  // @ts-expect-error the core before attempts
  routed.use(step.batches).around((call: Parameters<Core>[0]) => Promise.reject(new Error(call.attempt.deployment)));
}

/** One more between two others touches neither: it needs what is further out, and what is further in need not know it. */
function oneMore(limits: Interceptor<{ readonly reserved: true }, Entered & Permitted>) {
  const { tracing, auth, listing, policy, joining } = step;
  return onion().use(tracing).use(auth).use(listing).use(policy).use(limits).use(joining);
}

describe('the order of the interceptors', () => {
  it('compiles as it stands, and a call passes it from the door to the core', async () => {
    const model = makeModel([makeDeployment('acme')]);
    const client = makeClient('checkout', ['chat']);
    const snapshot = makeSnapshot({ models: [model], clients: { [identity.subject]: client } });
    const core: Core = async (call) => messageFrom(call);
    const gateway = onion()
      .use(step.tracing)
      .use(step.auth)
      .use(step.listing)
      .use(step.policy)
      .use(step.joining)
      .use(step.routing)
      .use(step.batches)
      .use(step.attempts)
      .around(core);
    const { call } = makeCall('complete', { snapshot, clock });
    const answer = await gateway(call);
    assert.equal(answer.deployment.id, 'acme/m');
    const { record } = call;
    assert.deepEqual(
      [record.client, record.team, record.model, record.route.length, record.attempts.length],
      ['checkout', 'payments', 'chat', 1, 1],
    );
  });

  it('is held by the compiler', () => {
    assert.deepEqual([typeof swappedNeighbours, typeof oneMore], ['function', 'function']); // What they say was checked when they were compiled.
  });

  it('gives a call what its interceptors add, and keeps it the same object', () => {
    const { call } = makeCall('complete');
    assert.equal(extend(call, { modelName: 'chat' }), call);
    assert.equal(extend(call, { modelName: 'chat' }).modelName, 'chat');
  });
});
