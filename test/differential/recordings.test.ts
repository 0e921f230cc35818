/**
 * Every recording, and every fixture, read through the official SDK of its language too, over HTTP: text, tool calls, finish
 * and usage are what the gateway's own decoders read, up to the differences that explained.ts lists.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type Recording, readFixtures, readRecordings, recordingsFolder } from '../support/recordings.ts';
import { openReplayServer, type ReplayServer } from '../support/replay-server.ts';
import { Agreement } from './agreement.ts';
import { EXPLAINED_ANSWERS, explain } from './explained.ts';
import { type JsonDifference, jsonDifferences } from './json-difference.ts';
import { readOurs } from './ours.ts';
import { ANSWERS_PAGE, checkPage, renderAnswers } from './page.ts';
import type { Outcome, Said, Sdk } from './sdk.ts';
import { SDKS } from './sdks.ts';

describe('recordings through official SDKs', function () {
  this.timeout(20_000); // The first call of an SDK reads the whole package.
  const answers = new Agreement(EXPLAINED_ANSWERS);
  const folder = recordingsFolder();
  const recordings = [...readFixtures(), ...(folder === undefined ? [] : readRecordings(folder))];
  let server: ReplayServer;
  before(async () => {
    server = await openReplayServer();
  });
  after(() => server[Symbol.asyncDispose]());

  for (const sdk of SDKS) {
    describe(`${sdk.package}, ${sdk.call}`, () => {
      for (const recording of recordings) {
        const served = sdk.served(recording);
        if (served === undefined) continue;
        const where = `${recording.name} (${served.form === 'reply' ? 'reply' : 'stream'})`;
        it(where, async function () {
          const ours = outcomeOf(() => readOurs(sdk, served));
          const theirs = await readTheirs(server, sdk, served);
          const found = differencesOf(ours, theirs);
          if (ours !== 'fails' && theirs === 'fails' && isNews(recording, found, { call: sdk.call, where }))
            this.skip();
          const bothFail = ours === 'fails' && theirs === 'fails';
          answers.note({ sdk, where, digest: digestOf(recording), bothFail }, found);
        });
      }
    });
  }

  describe('the differences', () => {
    it('have no row without need', function () {
      if (folder === undefined) this.skip();
      assert.deepEqual(answers.idleRows, []);
    });

    it('are on the page, as far as they are here', function () {
      if (folder === undefined) this.skip();
      checkPage(ANSWERS_PAGE, renderAnswers(answers.findings));
    });
  });
});

/**
 * Whether nobody has looked at a recording yet: an SDK that cannot read it says nothing about the gateway. It is pending until
 * a row explains it; what an SDK does read has to agree from the first.
 */
function isNews(
  recording: Recording,
  found: readonly JsonDifference[],
  about: { readonly call: string; readonly where: string },
): boolean {
  const isExplained = found.every((difference) => explain(EXPLAINED_ANSWERS, about, difference) !== undefined);
  return !isExplained && !readFixtures().includes(recording);
}

function outcomeOf(read: () => Said): Outcome {
  try {
    return read();
  } catch {
    return 'fails';
  }
}

async function readTheirs(server: ReplayServer, sdk: Sdk, served: Recording): Promise<Outcome> {
  const { baseUrl, requests } = server.serve(served, { status: 200 });
  const outcome = await sdk.read(baseUrl, served.form !== 'reply').catch((): Outcome => 'fails');
  assert.equal(requests.length, 1, 'the SDK asked once');
  return outcome;
}

function differencesOf(ours: Outcome, theirs: Outcome): readonly JsonDifference[] {
  if (ours !== 'fails' && theirs !== 'fails') return jsonDifferences(ours, theirs);
  return ours === theirs ? [] : [{ path: 'outcome', ours, theirs }];
}

function digestOf({ bytes }: Recording): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 8);
}
