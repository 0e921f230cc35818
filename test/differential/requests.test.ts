/**
 * Each golden's call made through the provider's official SDK: what it sends is the golden, and what it is given is what its
 * own types say, up to the differences that explained.ts lists.
 */
import assert from 'node:assert/strict';
import { HOSTS } from '../../server/providers/catalog.ts';
import { GOLDEN_FOLDERS } from '../golden/goldens.ts';
import { openReplayServer, type ReplayServer } from '../support/replay-server.ts';
import { Agreement } from './agreement.ts';
import { captureCall } from './capture.ts';
import { EXPLAINED_BODIES, EXPLAINED_TYPES } from './explained.ts';
import { type GoldenCall, readGoldenCalls } from './golden-calls.ts';
import { jsonDifferences } from './json-difference.ts';
import { BODIES_PAGE, checkPage, renderBodies } from './page.ts';
import type { Sdk } from './sdk.ts';
import { SDKS } from './sdks.ts';
import { type TypedArgument, typeErrors } from './type-check.ts';

/** Those that make calls, not only read answers. */
const CALLERS = SDKS.filter(({ folder }) => folder !== undefined);

describe('goldens through official SDKs', function () {
  this.timeout(20_000); // The first call of an SDK reads the whole package.
  const bodies = new Agreement(EXPLAINED_BODIES);
  const types = new Agreement(EXPLAINED_TYPES);
  let server: ReplayServer;
  before(async () => {
    server = await openReplayServer();
  });
  after(() => server[Symbol.asyncDispose]());

  for (const sdk of CALLERS) {
    describe(`${sdk.package}, ${sdk.call}, ${sdk.folder}`, () => {
      for (const { name, path, body, stream } of readGoldenCalls(sdk.folder)) {
        it(`sends ${name}`, async () => {
          const argument = sdk.toArgument(body, stream);
          const sent = await captureCall(server, (baseUrl) => sdk.send(baseUrl, argument, stream)).catch(asRefusal);
          if (typeof sent === 'string')
            return bodies.note({ sdk, where: name }, [{ path: 'outcome', ours: 'sent', theirs: sent }]);
          assert.equal(sent.method, 'POST');
          assert.equal(sent.path, basePathOf(sdk) + path);
          bodies.note({ sdk, where: name }, jsonDifferences(body, JSON.parse(sent.body)));
        });
      }
    });
  }

  describe('the SDKs’ types, by the compiler', () => {
    const typed = CALLERS.flatMap((sdk) => readGoldenCalls(sdk.folder).map((call) => typedCall(sdk, call)));
    const wrong = CALLERS.flatMap(makeWrong);
    let errors: ReadonlyMap<string, string>;
    before(async () => {
      errors = await typeErrors([...typed, ...wrong]);
    });

    it('are those of the goldens', () => {
      for (const { sdk, where, name } of typed) {
        const words = errors.get(name);
        types.note({ sdk, where }, words === undefined ? [] : [{ path: 'type', ours: name, theirs: words }]);
      }
    });

    it('are not those of a body with a member misspelt or of another type', () => {
      assert.deepEqual(
        wrong.filter(({ name }) => !errors.has(name)),
        [],
      );
    });
  });

  describe('the differences', () => {
    it('fail where no row explains them', () => {
      const [sdk] = SDKS;
      assert.ok(sdk);
      const found = jsonDifferences({ a: [{ b: 1 }], c: null }, { a: [{ b: 2 }], d: {} });
      assert.deepEqual(
        found.map(({ path }) => path),
        ['a[0].b', 'c', 'd'],
      );
      assert.throws(() => new Agreement([]).note({ sdk, where: 'none' }, found), /a\[0\]\.b/);
    });

    it('have no row without need', () => {
      assert.deepEqual([...bodies.idleRows, ...types.idleRows], []);
    });

    it('are on the page', () => checkPage(BODIES_PAGE, renderBodies(bodies.findings, types.findings)));
  });
});

function typedCall(sdk: Sdk, { name, body, stream }: GoldenCall) {
  const argument = sdk.toArgument(body, stream);
  return { sdk, where: name, name: `${sdk.folder}.${name}`, type: sdk.argumentType(stream), argument };
}

/** What the compiler has to refuse, for what it takes to mean something. */
function makeWrong(sdk: Sdk): readonly TypedArgument[] {
  const { type, argument } = typedCall(sdk, readGoldenCalls(sdk.folder)[0] ?? assert.fail('no goldens'));
  const model = 'modelId' in argument ? 'modelId' : 'model';
  return [
    { name: `${sdk.folder}.misspelt`, type, argument: { ...argument, misspelt: 1 } },
    { name: `${sdk.folder}.mistyped`, type, argument: { ...argument, [model]: 1 } },
  ];
}

/** An SDK that refuses to send tells so before; anything else is an error of the test. */
function asRefusal(thrown: unknown): string {
  assert.ok(thrown instanceof Error);
  assert.match(thrown.name, /Validation|Parse/);
  return thrown.name;
}

/** What the base URL of the provider's row has as path: the SDKs add it by themselves. */
function basePathOf(sdk: Sdk): string {
  const hostId = GOLDEN_FOLDERS.find(({ name }) => name === sdk.folder)?.hostId ?? '';
  const baseUrl = HOSTS.get(hostId)?.baseUrl ?? assert.fail(`no host ${hostId}`);
  return new URL(baseUrl.replace(/\{\w+\}/g, 'x')).pathname.replace(/\/$/, '');
}
