/**
 * Every recording in the languages of our dialects, over real HTTP from a replaying server into the gateway and out to a gRPC
 * client, cut at random byte offsets; what arrives is compared with what an independent reader finds in the recording.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { ChatMessage, type CompleteResponse, KanmonError, StreamFold, Usage } from '@kanmon/client';
import { seededRandom } from '../../server/providers/simulator/random.ts';
import { describeWires, type Recording, readFixtures, recordingsFolder } from '../support/recordings.ts';
import { type Cut, cutsOfReply, cutsOfStream } from '../support/wire/cuts.ts';
import type { Expectation } from '../support/wire/expectation.ts';
import { reasonOfReply, reasonsOfStream } from '../support/wire/expected-reason.ts';
import { ANTHROPIC, CHAT, jsonOf } from '../support/wire/languages.ts';
import {
  nextTurn,
  openRecordingsRig,
  type RecordingsRig,
  type StreamEnd,
  type Way,
} from '../support/wire/recordings-rig.ts';
import { type RecordingRow, renderRecordings, rowsByDigest } from '../support/wire/recordings-table.ts';

/** Into how many pieces bodies are cut, and by which draw. */
const CUTTINGS = [
  { pieces: 1, seed: 1 },
  { pieces: 40, seed: 2 },
  { pieces: 400, seed: 3 },
] as const;
const RANDOM_CUTS = 3;
const TABLE = 'docs/recordings.md';

describe('recordings over HTTP', () => {
  const rows: RecordingRow[] = [];

  for (const language of [CHAT, ANTHROPIC]) {
    describeWires(
      language.dialectId,
      (recording) => language.kindOf(recording) !== undefined,
      (recordings) => {
        let rig: RecordingsRig;
        before(async () => {
          rig = await openRecordingsRig(language, recordings);
        });
        after(() => rig[Symbol.asyncDispose]());
        for (const recording of recordings) {
          const kind = language.kindOf(recording) ?? assert.fail('it was selected by its kind');
          const expected = kind === 'stream' || kind === 'reply' ? language.read(recording) : undefined;
          const row = { recording, language, kind, expected };
          describe(`${recording.name} (${kind})`, () => declareRow(row, () => rig));
          if (!readFixtures().includes(recording)) rows.push(row);
        }
      },
    );
  }

  describe(TABLE, () => {
    it('says of each recording what is found here, as far as they are here', function () {
      if (recordingsFolder() === undefined) this.skip();
      if (process.env.KANMON_RECORDINGS === 'write') writeFileSync(TABLE, renderRecordings(rows));
      const here = rowsByDigest(renderRecordings(rows));
      const told = [...rowsByDigest(existsSync(TABLE) ? readFileSync(TABLE, 'utf8') : '')];
      assert.ok(told.length > 0, `${TABLE} has no rows`);
      for (const [digest, line] of told) if (here.has(digest)) assert.equal(line, here.get(digest));
    });
  });
});

function declareRow(row: RecordingRow, rig: () => RecordingsRig): void {
  switch (row.kind) {
    case 'stream':
      return declareStream(row, rig);
    case 'reply':
      return declareReply(row, rig);
    case 'cut stream':
      return declareEnd(row, rig, ['UPSTREAM_TRUNCATED'], ['UPSTREAM_TRUNCATED']);
    case 'failing stream':
      return declareEnd(row, rig, reasonsOfStream(row.recording), ['UPSTREAM_STREAM_ERROR']);
    case 'broken stream':
      return declareEnd(row, rig, ['UPSTREAM_PROTOCOL'], ['UPSTREAM_PROTOCOL']);
    case 'error':
      return declareError(row, rig);
    case 'embeddings':
      return declareEmbeddings(row, rig);
    default:
      throw new Error(`no such kind: ${String(row.kind satisfies never)}`);
  }
}

function declareStream({ recording, language, expected }: RecordingRow, rig: () => RecordingsRig): void {
  if (expected === undefined) return;

  for (const cutting of CUTTINGS) {
    it(`arrives as it was recorded, in ${cutting.pieces} pieces`, async () => {
      rig().play(recording, cutting);
      const batches = await rig().streamBatches();
      let next = 0;
      for (const { sequence, events } of batches) {
        assert.equal(sequence, next, 'numbers have no gap');
        next += events.length;
      }
      const events = batches.flatMap((batch) => batch.events);
      const places = (name: string) => events.flatMap(({ event }, at) => (event?.$case === name ? [at] : []));
      assert.deepEqual([places('started'), places('finished')], [[0], [events.length - 1]]);
      const fold = new StreamFold();
      fold.pushAll(events);
      checkAnswer(fold.toResponse(), expected);
    });
  }

  it('gives the same by fold here and by fold in the gateway', async () => {
    rig().play(recording);
    const { fold, error } = await rig().stream();
    assert.equal(error, undefined);
    const folded = await rig().complete('folded');
    checkAnswer(folded, expected);
    assert.deepEqual(comparable(fold.toResponse()), comparable(folded));
  });

  it('survives being sent back', () => checkSentBack(rig(), recording, { expected, way: 'folded' }));

  const random = seededRandom(recording.bytes.length);
  for (const [index, cut] of cutsOfStream(recording, language.lastWord(recording), random, RANDOM_CUTS).entries()) {
    const ending = index % 2 === 0 ? 'orderly' : 'reset';
    it(`never ends well when it is cut ${cut.where} (${ending})`, async () => {
      rig().play(recording, { ...cut, ending, pieces: 8, seed: index });
      const end = await rig().stream();
      checkFailure(end, ending === 'orderly' ? ['UPSTREAM_TRUNCATED'] : ['UPSTREAM_STREAM_RESET', 'UPSTREAM_RESET']);
      checkPrefix(end, expected);
      if (index > 1) return;
      const thrown = await fails(rig().complete('folded'));
      assert.equal(
        thrown.callFailure?.outputDelivered,
        false,
        'nothing of a Complete reaches the caller before its end',
      );
    });
  }
}

function declareReply({ recording, expected }: RecordingRow, rig: () => RecordingsRig): void {
  if (expected === undefined) return;

  it('arrives as it was recorded, in any pieces', async () => {
    for (const cutting of CUTTINGS) {
      rig().play(recording, cutting);
      checkAnswer(await rig().complete('whole'), expected);
    }
  });

  it('is taken where a stream was asked for', async () => {
    rig().play(recording);
    const { events, fold, error } = await rig().stream();
    assert.equal(error, undefined);
    assert.equal(events.at(-1)?.event?.$case, 'finished');
    checkAnswer(fold.toResponse(), expected);
  });

  it('survives being sent back', () => checkSentBack(rig(), recording, { expected, way: 'whole' }));

  it('never ends well when it is cut short', async () => {
    const cuts: readonly Cut[] = cutsOfReply(recording, seededRandom(recording.bytes.length), RANDOM_CUTS);
    for (const [index, { keepBytes, where }] of cuts.entries()) {
      rig().play(recording, { keepBytes, pieces: 4, seed: index, ending: index % 2 === 0 ? 'orderly' : 'reset' });
      const { reason, callFailure } = await fails(rig().complete('whole'));
      assert.ok(/^UPSTREAM_(?:PROTOCOL|RESET)$/.test(reason), `${reason} ${where}`);
      assert.deepEqual([callFailure?.outputDelivered, callFailure?.attempts.length], [false, 1]);
    }
  });
}

/** A stream that cannot end well: the reasons before and after output. */
function declareEnd(
  { recording }: RecordingRow,
  rig: () => RecordingsRig,
  early: readonly string[],
  late: readonly string[],
): void {
  for (const cutting of CUTTINGS) {
    it(`ends in its error, in ${cutting.pieces} pieces`, async () => {
      rig().play(recording, cutting);
      const end = await rig().stream();
      checkFailure(end, end.events.length > 0 ? late : early);
    });
  }

  it('ends so too where a Complete is folded', async () => {
    rig().play(recording);
    assert.ok(early.includes((await fails(rig().complete('folded'))).reason));
  });
}

function declareError({ recording }: RecordingRow, rig: () => RecordingsRig): void {
  it('becomes the right reason, whole and streamed', async () => {
    const reason = reasonOfReply(recording);
    rig().play(recording);
    const error = await fails(rig().complete('whole'));
    assert.equal(error.reason, reason);
    assert.ok(error.message.length <= 512 && error.message.isWellFormed());
    checkFailure(await rig().stream(), [reason]);
  });
}

interface VectorsWire {
  readonly data: readonly { readonly index: number; readonly embedding: readonly number[] }[];
  readonly usage: { readonly prompt_tokens: number };
}

function declareEmbeddings({ recording }: RecordingRow, rig: () => RecordingsRig): void {
  it('gives every vector in order, as floats and as bytes', async () => {
    const [wire] = jsonOf<VectorsWire>(recording);
    assert.ok(wire);
    const vectors = wire.data
      .toSorted((a, b) => a.index - b.index)
      .map(({ embedding }) => Float32Array.from(embedding));
    const inputs = vectors.map((_, index) => `input ${index}`);
    for (const encoding of ['EMBED_ENCODING_FLOATS', 'EMBED_ENCODING_FLOAT32_LE'] as const) {
      rig().play(recording, { pieces: 20 });
      const reply = await rig().client.embed({ model: 'embed', inputs, encoding });
      assert.deepEqual(reply.vectors, vectors);
      assert.equal(reply.dimensions, vectors[0]?.length);
      assert.equal(reply.usage?.inputTokens, wire.usage.prompt_tokens);
    }
  });
}

function checkAnswer({ message, finishReason, usage, upstreamModel }: CompleteResponse, expected: Expectation): void {
  expected.checkMessage(message);
  expected.checkEnd(finishReason, usage);
  assert.equal(upstreamModel, expected.model || 'recorded-1');
}

/** What two calls of the same recording have in common: all but ids, times and the model's alias. */
function comparable({ message, finishReason, usage, upstreamModel, provider }: CompleteResponse): unknown {
  assert.ok(message && usage);
  return [ChatMessage.toJSON(message), finishReason, Usage.toJSON(usage), upstreamModel, provider];
}

interface Sending {
  readonly expected: Expectation;
  readonly way: Way;
}

async function checkSentBack(rig: RecordingsRig, recording: Recording, { expected, way }: Sending): Promise<void> {
  rig.play(recording);
  const first = await rig.complete(way);
  const callIds = (first.message?.parts ?? []).flatMap(({ content }) =>
    content?.$case === 'toolCall' ? content.value.id : [],
  );
  if (!expected.isReplayable) return;
  const { adaptations } = await rig.complete(way, nextTurn(first, callIds));
  const body = rig.requests.at(-1)?.body ?? '';
  expected.checkReplay(JSON.parse(body));
  const lost = adaptations.filter(({ field }) => field.includes('opaque_state'));
  assert.deepEqual(lost, []);
}

/** What came of a stream that failed: its CallFailure says exactly what reached the caller. */
function checkFailure({ events, fold, error }: StreamEnd, reasons: readonly string[]): void {
  assert.ok(error, 'it ended well');
  assert.ok(reasons.includes(error.reason), `${error.reason} is none of ${reasons.join(', ')}`);
  assert.ok(events.every(({ event }) => event?.$case !== 'finished'));
  const failure = error.callFailure;
  assert.deepEqual(
    [failure?.outputDelivered, failure?.lastSequence],
    events.length > 0 ? [true, events.length - 1] : [false, undefined],
  );
  assert.equal(failure?.attempts.length, 1);
  if (events.length === 0) return;
  assert.equal(failure?.callId, fold.started()?.callId);
  assert.equal(error.pushbackMs, -1, 'what was delivered is not to be asked for again');
}

function checkPrefix({ fold }: StreamEnd, { facts }: Expectation): void {
  const join = (kind: 'text' | 'reasoning') =>
    fold
      .message()
      .parts.map(({ content }) => (content?.$case === kind ? content.value.text : ''))
      .join('');
  assert.ok(facts.text.startsWith(join('text')));
  assert.ok(facts.reasoning.startsWith(join('reasoning')));
}

async function fails(call: Promise<unknown>): Promise<KanmonError> {
  const thrown = await call.then(
    () => assert.fail('it ended well'),
    (error: unknown) => error,
  );
  assert.ok(thrown instanceof KanmonError, String(thrown));
  return thrown;
}
