/** Every recording of Google's, against an independent small reader of it. */
import assert from 'node:assert/strict';
import { StreamFold } from '@kanmon/client/fold';
import { EmbedRequest, FinishKind, type FinishReason, type Part, type Usage } from '../../../server/model/wire.ts';
import type { Frame } from '../../../server/providers/dialect.ts';
import { googleGemini } from '../../../server/providers/gemini/index.ts';
import { createJsonArrayFramer } from '../../../server/upstream/framing/json-array.ts';
import { decodeFrames, isError } from '../../contract/dialect.ts';
import { describeRecordings, firstJson, type Recording } from '../../support/recordings.ts';
import { assistant, bodyOf, encode, statesOf, TARGET, tool, toolResult, user } from './fixtures.ts';
import { finishOf, isGemini, isGoogleError, read, type Said } from './read-gemini.ts';

const isStream = (recording: Recording) => isGemini(recording) && recording.form === 'chunks';

describeRecordings('recordings of google.gemini: streams', isStream, (recordings) => {
  for (const recording of recordings) {
    describe(recording.name, () => {
      const said = read(recording);
      const frames = framesOf(recording);

      it('says what the recording says, with one finished event, the last', () => {
        const events = decodeFrames(googleGemini, TARGET, frames);
        const fold = new StreamFold();
        fold.pushAll(events);
        checkParts(fold.message().parts, said);
        checkEnd(fold.finished()?.finishReason, fold.finished()?.usage, said);
        const places = events.flatMap(({ event }, index) => (event?.$case === 'finished' ? [index] : []));
        assert.deepEqual(places, [events.length - 1]);
      });

      it('says the same as a JSON array, cut anywhere', () => {
        const bytes = Buffer.from(`[${recording.chunks.join('\r\n,\r\n')}]`);
        for (const size of [1, 7, 1000, bytes.length]) assert.deepEqual(framesOfArray(bytes, size), frames);
      });

      it('names the model, and finishes with its finish reason', () => {
        const decoder = googleGemini.openStream(TARGET);
        for (const [index, frame] of frames.entries()) {
          decoder.push(frame);
          assert.equal(decoder.finishing, index >= finishOf(recording));
        }
        assert.equal(decoder.upstreamModel, said.model);
        assert.equal(decoder.usage?.confidence, 'USAGE_CONFIDENCE_PARTIAL');
      });

      it('never ends well when it is cut short, wherever', () => {
        for (let count = 0; count <= finishOf(recording); count += 1) {
          const cut = () => decodeFrames(googleGemini, TARGET, frames.slice(0, count));
          assert.throws(cut, isError('UPSTREAM_TRUNCATED'), `after ${count} pieces`);
        }
      });

      it('can be sent back, every signature byte for byte on a part of its own', () => {
        const fold = new StreamFold();
        fold.pushAll(decodeFrames(googleGemini, TARGET, frames));
        checkReplay(fold.message().parts, said);
      });
    });
  }
});

const isReply = (recording: Recording) => isGemini(recording) && recording.form === 'reply';

describeRecordings('recordings of google.gemini: replies', isReply, (recordings) => {
  for (const recording of recordings) {
    it(`${recording.name} says what the recording says, and can be sent back`, () => {
      const said = read(recording);
      const decoded = googleGemini.decodeComplete(JSON.parse(recording.text), TARGET);
      checkParts(decoded.message.parts, said);
      checkEnd(decoded.finishReason, decoded.usage, said);
      assert.equal(decoded.upstreamModel, said.model);
      checkReplay(decoded.message.parts, said);
    });
  }
});

describeRecordings('recordings of google.gemini: errors', isGoogleError, (recordings) => {
  for (const recording of recordings) {
    it(`${recording.name} is what it says`, () => {
      const { error } = firstJson(recording) as { error: { code: number; status: string; message: string } };
      const decoded = googleGemini.decodeError(error.code, new Map(), 'application/json', recording.text);
      assert.deepEqual(decoded.details.upstream, { status: error.code, code: error.status });
      const delay = /"retryDelay":\s*"([\d.]+)s"/.exec(recording.text)?.[1];
      assert.equal(decoded.details.retryAfterMs, delay === undefined ? undefined : Number(delay) * 1000);
      if (error.code === 429) assert.equal(decoded.reason, 'UPSTREAM_RATE_LIMITED');
      assert.ok(decoded.message.includes(error.message));
    });
  }
});

const isPrediction = (recording: Recording) =>
  Array.isArray((firstJson(recording) as { predictions?: unknown } | undefined)?.predictions);

describeRecordings('recordings of google.gemini: embeddings of predict', isPrediction, (recordings) => {
  for (const recording of recordings) {
    it(`${recording.name} gives its vectors and counts`, () => {
      const { predictions } = firstJson(recording) as {
        predictions: { embeddings: { values: number[]; statistics: { token_count: number } } }[];
      };
      const inputs = predictions.map(() => ({ parts: [{ content: { $case: 'text', value: 'x' } as const }] }));
      const request = EmbedRequest.fromPartial({ model: 'embed', inputs });
      const decoded = googleGemini.embed?.decode(JSON.parse(recording.text), request, TARGET);
      assert.deepEqual(
        decoded?.embeddings.map(({ vector }) => vector),
        predictions.map(({ embeddings: { values } }) => ({ $case: 'floats', value: { values } })),
      );
      const tokens = predictions.reduce((sum, { embeddings }) => sum + embeddings.statistics.token_count, 0);
      assert.deepEqual([decoded?.usage.inputTokens, decoded?.usage.outputTokens], [tokens, 0]);
    });
  }
});

function framesOf({ chunks }: Recording): readonly Frame[] {
  return chunks.map((data) => ({ event: '', data }));
}

function framesOfArray(bytes: Uint8Array, size: number): readonly Frame[] {
  const framer = createJsonArrayFramer({ maxFrameBytes: 1 << 24 });
  const frames: Frame[] = [];
  for (let from = 0; from < bytes.length; from += size) {
    framer.push(bytes.subarray(from, from + size), (frame) => frames.push(frame));
  }
  framer.end((frame) => frames.push(frame));
  return frames;
}

function checkParts(parts: readonly Part[], said: Said): void {
  const texts = (kind: 'text' | 'reasoning') =>
    parts.map(({ content }) => (content?.$case === kind ? content.value.text : '')).join('');
  assert.equal(texts('text'), said.text);
  assert.equal(texts('reasoning'), said.thoughts);
  const calls = parts.flatMap(({ content }) => (content?.$case === 'toolCall' ? content.value : []));
  assert.deepEqual(
    calls.map(({ name, input }) => ({ name, args: JSON.parse(input?.value ?? '') as unknown })),
    said.calls,
  );
  assert.equal(new Set(calls.map(({ id }) => id)).size, calls.length, 'two calls have one id');
  assert.deepEqual(parts.flatMap(statesOf), said.signatures);
}

function checkEnd(finish: FinishReason | undefined, usage: Usage | undefined, said: Said): void {
  assert.equal(finish?.raw, said.finish);
  assert.equal(said.finish, 'STOP', 'a recording that ends otherwise needs a row here');
  assert.equal(finish.kind, said.calls.length > 0 ? FinishKind.TOOL_CALLS : FinishKind.STOP);
  const { promptTokenCount, candidatesTokenCount = 0, thoughtsTokenCount, cachedContentTokenCount } = said.usage;
  assert.equal(usage?.inputTokens, promptTokenCount);
  assert.equal(usage?.outputTokens, candidatesTokenCount + (thoughtsTokenCount ?? 0));
  assert.equal(usage?.reasoningTokens, thoughtsTokenCount);
  assert.equal(usage?.cacheReadTokens, cachedContentTokenCount);
  assert.equal((usage?.inputTokens ?? 0) + (usage?.outputTokens ?? 0), said.usage.totalTokenCount);
  assert.equal(usage?.serviceTier, said.usage.trafficType ?? '');
  assert.equal(usage?.confidence, 'USAGE_CONFIDENCE_REPORTED');
  assert.deepEqual(JSON.parse(usage?.rawJson ?? ''), said.usage);
}

interface SentPart {
  readonly text?: string;
  readonly functionCall?: { readonly name: string; readonly args: unknown };
  readonly functionResponse?: { readonly name: string };
  readonly thoughtSignature?: string;
}

/** The next turn has the texts, the calls and the signatures as they came; results stand in the order of the calls. */
function checkReplay(parts: readonly Part[], said: Said): void {
  const ids = parts.flatMap(({ content }) => (content?.$case === 'toolCall' ? content.value.id : []));
  const results = ids.toReversed().map((id) => toolResult(id, 'Done.'));
  const messages = [user('Go on.'), assistant(...parts), results.length > 0 ? tool(...results) : user('More.')];
  const { contents } = bodyOf(encode({ messages })) as { contents: { role: string; parts: SentPart[] }[] };
  const [, model, next] = contents;
  assert.equal(model?.role, 'model');
  assert.equal(model.parts.map(({ text }) => text ?? '').join(''), said.text);
  assert.deepEqual(
    model.parts.flatMap(({ functionCall }) => functionCall ?? []),
    said.calls,
  );
  assert.deepEqual(
    model.parts.flatMap(({ thoughtSignature }) => thoughtSignature ?? []),
    said.signatures,
  );
  assert.deepEqual(
    next?.parts.flatMap(({ functionResponse }) => functionResponse?.name ?? []),
    said.calls.map(({ name }) => name),
  );
}
