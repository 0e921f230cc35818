/** Which models a client has: listing them, and using them (row 9). */
import assert from 'node:assert/strict';
import { extend } from '../../../server/interceptors/chain.ts';
import { listing, listModels } from '../../../server/interceptors/listing.ts';
import { policy } from '../../../server/interceptors/policy.ts';
import type { Rpc } from '../../../server/model/call.ts';
import { GatewayError } from '../../../server/model/errors.ts';
import { ListModelsRequest } from '../../../server/model/wire.ts';
import { makeCall, makeClient, makeDeployment, makeModel, makeSnapshot } from '../../support/calls.ts';

const names = ['a', 'b', 'c', 'd', 'e'];
const all = new Map(names.map((name) => [name, makeModel([makeDeployment('acme')], {}, name)]));
const models = { models: all, wallMs: 0 };

function page(pageSize: number, pageToken = '') {
  const answer = listModels(ListModelsRequest.fromPartial({ pageSize, pageToken }), names, models);
  return { names: answer.models.map(({ name }) => name).join(''), token: answer.nextPageToken };
}

describe('listing', () => {
  it('answers ListModels and lets nothing of it further in', async () => {
    const handler = listing()(() => assert.fail('went on'));
    const snapshot = makeSnapshot({ models: [...all.values()] });
    const { call } = makeCall('listModels', { snapshot });
    const identified = extend(call, { client: makeClient('checkout', ['b', 'd']), subject: '', via: '' });
    const answer = await handler<'listModels'>(identified);
    assert.deepEqual(
      answer.models.map(({ name }) => name),
      ['b', 'd'],
    );
    assert.equal(answer.nextPageToken, '');
  });

  for (const rpc of ['complete', 'stream', 'embed', 'countTokens'] satisfies Rpc[]) {
    it(`names the model of ${rpc}`, async () => {
      const seen: string[] = [];
      const handler = listing()((call) => {
        seen.push(call.modelName);
        return Promise.reject(new Error());
      });
      const { call } = makeCall<Rpc>(rpc);
      await handler(extend(call, { client: makeClient('checkout', []), subject: '', via: '' })).catch(() => undefined);
      assert.deepEqual(seen, ['chat']);
    });
  }

  it('pages by name, so that a model that goes in between is no matter', () => {
    const first = page(2);
    assert.equal(first.names, 'ab');
    assert.equal(page(2, first.token).names, 'cd');
    const without = listModels(
      ListModelsRequest.fromPartial({ pageSize: 2, pageToken: first.token }),
      ['a', 'c', 'd'],
      models,
    );
    assert.deepEqual([without.models.map(({ name }) => name), without.nextPageToken], [['c', 'd'], '']);
    assert.deepEqual(page(0), { names: 'abcde', token: '' });
  });

  it('refuses a token that it did not make', () => {
    for (const token of ['x', 'YQ', '!!', 'YWZ0ZXI6YQ==']) {
      assert.throws(
        () => page(2, token),
        (error) =>
          error instanceof GatewayError &&
          error.reason === 'INVALID_REQUEST' &&
          error.details.violations?.[0]?.field === 'page_token',
      );
    }
  });
});

describe('policy', () => {
  const snapshot = makeSnapshot({ models: [...all.values()] });

  async function enter(modelName: string, granted: readonly string[]) {
    const handler = policy()((call) => Promise.reject(new Error(`reached ${call.model.name}`)));
    const { call } = makeCall('complete', { snapshot });
    const client = makeClient('checkout', granted);
    const error: unknown = await handler(extend(call, { client, subject: '', via: '', modelName })).catch(
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof Error);
    return { error, record: call.record };
  }

  it('lets a client use what it was given', async () => {
    const { error, record } = await enter('b', ['b']);
    assert.equal(error.message, 'reached b');
    assert.equal(record.model, 'b');
  });

  it('says the same of a model that is not there and of one that was not given (row 9)', async () => {
    const absent = await enter('nope', ['b', 'c']);
    const foreign = await enter('a', ['b', 'c']);
    for (const { error, record } of [absent, foreign]) {
      assert.ok(error instanceof GatewayError);
      assert.equal(error.reason, 'MODEL_NOT_FOUND');
      assert.equal(record.model, '');
    }
    assert.equal(absent.error.message.replace('nope', 'a'), foreign.error.message);
    assert.match(foreign.error.message, /b, c/);
  });

  it('stays short and well-formed whatever the names', async () => {
    const many = Array.from({ length: 500 }, (_, index) => `model-${index}`);
    const { error } = await enter(`${'x'.repeat(63)}\u{1F600}`, many);
    assert.ok(error.message.length < 512 && error.message.isWellFormed());
    assert.match(error.message, /and \d+ more/);
    assert.match((await enter('x', [])).error.message, /no models/);
  });
});
