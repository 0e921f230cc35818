/** Large embeddings in pieces. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { attempts } from '../../../server/interceptors/attempts/attempts.ts';
import { batches } from '../../../server/interceptors/batches/batches.ts';
import { vectorBytes } from '../../../server/interceptors/batches/reply-size.ts';
import { type Attempted, type Batched, extend } from '../../../server/interceptors/chain.ts';
import type { Call, VectorsAnswer } from '../../../server/model/call.ts';
import { GatewayError } from '../../../server/model/errors.ts';
import type { Deployment } from '../../../server/model/target.ts';
import { EmbedEncoding, EmbedRequest, EmbedResponse } from '../../../server/model/wire.ts';
import { embedOf, makeCall, makeDeployment, makeModel, planned, vectorsFrom } from '../../support/calls.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { makeCapabilities } from '../../support/targets.ts';

type EmbedCall = Call<'embed'> & Attempted & Batched;

interface Piece {
  readonly id: string;
  readonly size: number;
  readonly call: EmbedCall;
  readonly answer: (dimensions?: number) => void;
  readonly fail: (error: Error) => void;
}

function makeRig(deployments: readonly Deployment[], maxAttempts = 3) {
  const clock = createFakeClock();
  const pieces: Piece[] = [];
  const inner = attempts({ clock, random: () => 0 })((call) => {
    const embed = call as EmbedCall; // The rig embeds only.
    return new Promise((resolve, reject) => {
      const answer = (dimensions = 3) => resolve(vectorsFrom(embed.deployment, embed.request, dimensions));
      pieces.push({ id: embed.deployment.id, size: embed.request.inputs.length, call: embed, answer, fail: reject });
      call.signal.addEventListener('abort', () => reject(GatewayError.from(call.signal.reason)));
    });
  });
  const outer = batches({ maxEmbedInputs: () => undefined })(inner);
  const run = (request: EmbedRequest) => {
    const test = makeCall('embed', { clock, request, ...(request.options && { options: request.options }) });
    const {
      batch: _,
      retries: __,
      boundTo: ___,
      ...before
    } = planned(makeModel(deployments, { attempts: maxAttempts }));
    const result = outer<'embed'>(extend(test.call, before));
    result.catch(() => undefined);
    return { ...test, result };
  };
  return { clock, pieces, run };
}

const limited = (name: string, maxEmbedInputs: number) => makeDeployment(name, { maxEmbedInputs });
const firstValues = ({ embeddings }: VectorsAnswer) =>
  embeddings.map(({ vector }) => (vector?.$case === 'floats' ? vector.value.values[0] : undefined));

describe('batches', () => {
  it('leaves a request alone that the target takes at once', async () => {
    const { pieces, run, clock } = makeRig([limited('a', 10)]);
    const { result, call } = run(embedOf(10));
    await clock.settle();
    assert.deepEqual(
      pieces.map(({ size }) => size),
      [10],
    );
    assert.equal(pieces[0]?.call.request, call.request);
    pieces[0]?.answer();
    assert.equal((await result).embeddings.length, 10);
    assert.equal(call.record.usage?.inputTokens, 10);
  });

  it('splits, runs a few at a time, and puts the vectors together in order', async () => {
    const { pieces, run, clock } = makeRig([limited('a', 2)]);
    const { result, call } = run(embedOf(15));
    await clock.settle();
    assert.equal(pieces.length, 1);
    pieces[0]?.answer();
    await clock.settle();
    assert.equal(pieces.length, 1 + 4);
    for (let done = 4; done > 0; done -= 1) pieces[done]?.answer(); // The later ones first.
    await clock.settle();
    assert.deepEqual(
      pieces.map(({ size }) => size),
      [2, 2, 2, 2, 2, 2, 2, 1],
    );
    for (const piece of pieces) piece.answer();
    const answer = await result;
    assert.deepEqual(
      firstValues(answer),
      Array.from({ length: 15 }, (_, index) => index),
    );
    assert.equal(answer.usage.inputTokens, 15);
    assert.equal(call.record.usage, answer.usage);
    assert.deepEqual(
      pieces.map(({ call: { batch } }) => batch.index),
      [0, 1, 2, 3, 4, 5, 6, 7],
    );
  });

  it('sends a first piece that every deployment takes, and binds the rest to the one that answered', async () => {
    const { pieces, run, clock } = makeRig([limited('a', 2), limited('b', 3)]);
    const { result } = run(embedOf(8));
    await clock.settle();
    pieces[0]?.fail(new GatewayError('UPSTREAM_5XX', ''));
    await clock.settle();
    pieces[1]?.answer();
    await clock.settle();
    for (const piece of pieces) piece.answer();
    assert.equal((await result).deployment.id, 'b/m');
    assert.deepEqual(
      pieces.map(({ id, size }) => `${id} ${size}`),
      ['a/m 2', 'b/m 2', 'b/m 3', 'b/m 3'],
    );
  });

  it('fails with the first piece that fails, cancels the others, and keeps what was spent', async () => {
    const { pieces, run, clock } = makeRig([limited('a', 2)]);
    const { result, call } = run(embedOf(20));
    await clock.settle();
    pieces[0]?.answer();
    await clock.settle();
    pieces[1]?.answer();
    await clock.settle();
    pieces[3]?.fail(new GatewayError('UPSTREAM_REJECTED', 'no'));
    await assert.rejects(result, { reason: 'UPSTREAM_REJECTED' });
    assert.ok(pieces.slice(4).every(({ call: { signal } }) => signal.aborted));
    assert.equal(pieces.length, 6);
    assert.equal(call.record.usage?.inputTokens, 4);
    assert.ok(call.record.attempts.every(({ endedAtMs }) => endedAtMs !== undefined));
  });

  it('shares one allowance of retries', async () => {
    const { pieces, run, clock } = makeRig([limited('a', 1)], 3);
    const { result } = run(embedOf(4));
    await clock.settle();
    pieces[0]?.fail(new GatewayError('UPSTREAM_5XX', ''));
    await clock.advance(5000);
    pieces[1]?.answer();
    await clock.settle();
    pieces[2]?.fail(new GatewayError('UPSTREAM_5XX', ''));
    await clock.advance(5000);
    assert.equal(pieces.length, 4 + 2);
    pieces[5]?.fail(new GatewayError('UPSTREAM_5XX', ''));
    await clock.advance(5000);
    await assert.rejects(result, { reason: 'UPSTREAM_5XX' });
    assert.equal(pieces.length, 4 + 2);
  });

  it('is cancelled as a whole', async () => {
    const { pieces, run, clock } = makeRig([limited('a', 2)]);
    const { result, abort } = run(embedOf(8));
    await clock.settle();
    pieces[0]?.answer();
    await clock.settle();
    abort(new GatewayError('CANCELLED', 'gone'));
    await assert.rejects(result, { reason: 'CANCELLED' });
    assert.ok(pieces.slice(1).every(({ call: { signal } }) => signal.aborted));
    assert.equal(pieces.length, 4);
  });

  it('does not take vectors of two lengths for one space', async () => {
    const { pieces, run, clock } = makeRig([limited('a', 2)]);
    const { result } = run(embedOf(4));
    await clock.settle();
    pieces[0]?.answer(3);
    await clock.settle();
    pieces[1]?.answer(4);
    await assert.rejects(result, { reason: 'UPSTREAM_PROTOCOL' });
  });

  it('refuses a reply that cannot fit before anything is sent (row 70)', async () => {
    const known = makeDeployment('a', { capabilities: makeCapabilities({ dimensions: [1536] }) });
    const { pieces, run, clock } = makeRig([known]);
    const fits = run(embedOf(600));
    const asked = run(embedOf(5000, { dimensions: 256 }));
    const implied = run(embedOf(1000));
    const smaller = run(embedOf(600, { options: { maxReplyBytes: 1_000_000 } }));
    for (const { result } of [asked, implied, smaller]) await assert.rejects(result, { reason: 'RESPONSE_TOO_LARGE' });
    await clock.settle();
    assert.equal(pieces.length, 1);
    pieces[0]?.answer();
    await fits.result;
  });

  it('does not guess where the length is not known', async () => {
    const several = makeDeployment('a', { capabilities: makeCapabilities({ dimensions: [64, 3072] }) });
    const { pieces, run, clock } = makeRig([makeDeployment('b'), several]);
    run(embedOf(5000));
    await clock.settle();
    assert.equal(pieces.length, 1);
  });
});

describe('the size of a reply of vectors', () => {
  const encodings = fc.constantFrom(
    EmbedEncoding.UNSPECIFIED,
    EmbedEncoding.FLOATS,
    EmbedEncoding.FLOAT32_LE,
    EmbedEncoding.INT8,
    EmbedEncoding.BINARY,
  );

  it('is what protobuf makes of it, to the byte', () => {
    fc.assert(
      fc.property(
        encodings,
        fc.integer({ min: 1, max: 5000 }),
        fc.integer({ min: 1, max: 4 }),
        (encoding, dimensions, count) => {
          const embeddings = Array.from({ length: count }, () => ({ vector: vectorOf(encoding, dimensions) }));
          const reply = EmbedResponse.encode(EmbedResponse.fromPartial({ embeddings })).finish();
          assert.equal(
            vectorBytes(EmbedRequest.fromPartial({ inputs: embedOf(count).inputs, encoding }), dimensions),
            reply.length,
          );
        },
      ),
      { numRuns: 60 },
    );
  });
});

function vectorOf(encoding: EmbedEncoding, dimensions: number) {
  switch (encoding) {
    case EmbedEncoding.FLOAT32_LE:
      return { $case: 'float32Le', value: new Uint8Array(4 * dimensions) } as const;
    case EmbedEncoding.INT8:
      return { $case: 'int8Values', value: new Uint8Array(dimensions) } as const;
    case EmbedEncoding.BINARY:
      return { $case: 'bits', value: new Uint8Array(Math.ceil(dimensions / 8)) } as const;
    default:
      return { $case: 'floats', value: { values: new Array<number>(dimensions).fill(1) } } as const;
  }
}
