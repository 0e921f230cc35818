/** Embeddings, held against the official SDKs: what is asked for, and what is read. */
import assert from 'node:assert/strict';
import { EmbedInputType, EmbedRequest } from '../../server/model/wire.ts';
import { type Recording, readFixtures, readRecordings, recordingsFolder } from '../support/recordings.ts';
import { openReplayServer, type ReplayServer } from '../support/replay-server.ts';
import { captureCall } from './capture.ts';
import { ASKED, EMBEDDERS, type Embedder, type SaidVectors } from './embedders.ts';

describe('embeddings through official SDKs', function () {
  this.timeout(20_000); // The first call of an SDK reads the whole package.
  const folder = recordingsFolder();
  const recordings = [...readFixtures(), ...(folder === undefined ? [] : readRecordings(folder))];
  let server: ReplayServer;
  before(async () => {
    server = await openReplayServer();
  });
  after(() => server[Symbol.asyncDispose]());

  for (const embedder of EMBEDDERS) {
    it(`asks as ${embedder.package} does`, async () => {
      const { dialect, target, basePath } = embedder;
      const ours = dialect.embed?.encode(requestOf(ASKED.texts), target) ?? assert.fail('the dialect embeds nothing');
      const theirs = await captureCall(server, (baseUrl) => embedder.embed(baseUrl));
      assert.equal(theirs.path, basePath + ours.path);
      assert.deepEqual(JSON.parse(JSON.stringify(ours.body)), JSON.parse(theirs.body));
    });

    for (const recording of recordings.filter(embedder.reads)) {
      it(`reads ${recording.name} as ${embedder.package} does`, async () => {
        const theirs = await embedder.embed(server.serve(recording).baseUrl);
        assert.ok(theirs.vectors.length > 0);
        assert.deepEqual(readOurs(embedder, recording, theirs.vectors.length), theirs);
      });
    }
  }
});

function requestOf(texts: readonly string[]): EmbedRequest {
  return EmbedRequest.fromPartial({
    model: 'embed',
    inputs: texts.map((text) => ({ parts: [{ content: { $case: 'text', value: text } as const }] })),
    inputType: EmbedInputType.QUERY,
    dimensions: ASKED.dimensions,
  });
}

function readOurs({ dialect, target }: Embedder, recording: Recording, count: number): SaidVectors {
  const request = { ...requestOf(Array.from({ length: count }, () => 'x')), dimensions: undefined };
  const decoded = dialect.embed?.decode(JSON.parse(recording.text), request, target);
  return {
    vectors: decoded?.embeddings.map(({ vector }) => (vector?.$case === 'floats' ? vector.value.values : [])) ?? [],
    inputTokens: decoded?.usage.inputTokens,
  };
}
