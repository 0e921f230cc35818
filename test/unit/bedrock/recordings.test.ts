/** Every recording in the language of Bedrock's Converse, against an independent small reader of it. */
import assert from 'node:assert/strict';
import { StreamFold } from '@kanmon/client/fold';
import fc from 'fast-check';
import { type ChatMessage, EmbedRequest, Generation, type Part, Role } from '../../../server/model/wire.ts';
import { bedrockConverse, unwrapChunk } from '../../../server/providers/bedrock/index.ts';
import type { Frame } from '../../../server/providers/dialect.ts';
import { openFramer } from '../../../server/upstream/framing/framing.ts';
import { decodeFrames, isError } from '../../contract/dialect.ts';
import { describeRecordings, describeWires, firstJson, type Recording } from '../../support/recordings.ts';
import { makeTarget } from '../../support/targets.ts';
import { cutBytes, readFramesOfAws, writeEvent, writeException } from '../../support/wire/event-frames.ts';
import type { Expectation } from '../../support/wire/expectation.ts';
import { BEDROCK } from '../../support/wire/languages.ts';
import { type BedrockWire, readBedrockStream } from '../../support/wire/read-bedrock.ts';

const target = makeTarget('bedrock.converse', { upstreamModel: 'anthropic.claude-test-v1:0' });

describeWires('recordings of bedrock.converse: streams', isStream, (recordings) => {
  for (const recording of recordings) {
    describe(recording.name, () => {
      const bytes = Buffer.concat(eventsOf(recording).map(([event, payload]) => writeFrameOf(event, payload)));
      const kind = BEDROCK.kindOf(recording);
      if (kind === 'stream') declareStream(BEDROCK.read(recording), bytes);
      else {
        const expected = kind === 'cut stream' ? isError('UPSTREAM_TRUNCATED') : { name: 'GatewayError' };
        it('ends in the error that it reports, or in that of a cut', () => {
          assert.throws(() => decodeFrames(bedrockConverse, target, framesOf(bytes)), expected);
        });
      }
    });
  }
});

describeWires('recordings of bedrock.converse: replies', isReply, (recordings) => {
  for (const recording of recordings) {
    it(`${recording.name} says what the recording says, and can be sent back`, () => {
      const reply = JSON.parse(recording.text) as BedrockWire;
      const expected = BEDROCK.read(recording);
      const decoded = bedrockConverse.decodeComplete(reply, target);
      expected.checkMessage(decoded.message);
      expected.checkEnd(decoded.finishReason, decoded.usage);
      assert.deepEqual(JSON.parse(decoded.usage.rawJson), reply.usage);
      checkReplay(decoded.message.parts, expected);
    });
  }
});

describeRecordings(
  'recordings of bedrock.converse: bytes',
  ({ form }) => form === 'binary',
  (recordings) => {
    for (const { name, bytes } of recordings) {
      const events = readEvents(bytes);
      const unwrap = events?.some(({ isWrapped }) => isWrapped) ? unwrapChunk : undefined;
      const has = (name: string) => events?.some(({ wire }) => name in wire) === true;
      if (has('messageStop') && !has('exception')) {
        const expected = readBedrockStream(events?.map(({ wire }) => wire) ?? []);
        describe(name, () => declareStream(expected, bytes, unwrap));
      } else {
        const reason = events === undefined ? 'UPSTREAM_PROTOCOL' : 'UPSTREAM_TRUNCATED';
        it(`${name} is ${events === undefined ? 'broken' : 'not whole'}, and never ends well`, () => {
          const decode = () => decodeFrames(bedrockConverse, target, framesOf(bytes, unwrap));
          assert.throws(decode, has('exception') ? { name: 'GatewayError' } : isError(reason));
        });
      }
    }
  },
);

describeRecordings('recordings of vectors on Bedrock', isVectors, (recordings) => {
  for (const recording of recordings) {
    it(`${recording.name} gives the vectors that it holds`, () => {
      const reply = firstJson(recording) as VectorsWire;
      const expected = vectorsOf(reply);
      const inputs = expected.map((_, index) => ({
        parts: [{ content: { $case: 'text', value: `${index}` } as const }],
      }));
      const request = EmbedRequest.fromPartial({ model: 'embed', inputs });
      const wire = makeTarget('bedrock.converse', { upstreamModel: modelOf(reply) });
      const headers = new Map([['x-amzn-bedrock-input-token-count', '3']]);
      const decoded = bedrockConverse.embed?.decode(reply, request, wire, headers);
      assert.deepEqual(
        decoded?.embeddings.map(({ vector }) => vector?.$case === 'floats' && vector.value.values),
        expected,
      );
      assert.equal(decoded?.dimensions, expected[0]?.length);
      assert.deepEqual([decoded?.usage.inputTokens, decoded?.usage.outputTokens], [3, 0]);
    });
  }
});

function declareStream(expected: Expectation, bytes: Uint8Array, unwrap?: typeof unwrapChunk): void {
  const whole = framesOf(bytes, unwrap);

  it('says what the recording says, for every cut of its bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 20 }), (cuts) => {
        const decoded = decodeFrames(bedrockConverse, target, framesOf(bytes, unwrap, cuts));
        const fold = new StreamFold();
        fold.pushAll(decoded);
        expected.checkMessage(fold.message());
        expected.checkEnd(fold.finished()?.finishReason, fold.finished()?.usage);
        const places = decoded.flatMap(({ event }, index) => (event?.$case === 'finished' ? [index] : []));
        assert.deepEqual(places, [decoded.length - 1]);
      }),
      { numRuns: 20 },
    );
  });

  it('never ends well when it is cut short, wherever', () => {
    const stop = whole.findIndex(({ event, data }) => event === 'messageStop' || data.startsWith('{"messageStop"'));
    for (let count = 0; count <= stop; count++) {
      const cut = () => decodeFrames(bedrockConverse, target, whole.slice(0, count));
      assert.throws(cut, isError('UPSTREAM_TRUNCATED'), `after ${count} frames`);
    }
  });

  it('can be sent back, opaque state byte for byte', () => {
    const fold = new StreamFold();
    fold.pushAll(decodeFrames(bedrockConverse, target, whole));
    checkReplay(fold.message().parts, expected);
  });
}

function isStream(recording: Recording): boolean {
  return BEDROCK.kindOf(recording)?.endsWith('stream') === true;
}

function isReply(recording: Recording): boolean {
  return BEDROCK.kindOf(recording) === 'reply';
}

/** Events of a recording: their names, and their payloads as they stand in it. */
function eventsOf({ chunks }: Recording): readonly (readonly [event: string, payload: string])[] {
  return chunks.map((chunk) => {
    const [[event, payload] = ['', {}]] = Object.entries(JSON.parse(chunk) as object);
    return [event, JSON.stringify(payload)];
  });
}

function writeFrameOf(event: string, payload: string): Uint8Array {
  return event.endsWith('Exception') ? writeException(event, payload) : writeEvent(event, payload);
}

function framesOf(bytes: Uint8Array, unwrap?: typeof unwrapChunk, cuts: readonly number[] = []): readonly Frame[] {
  const framer = openFramer('aws-event-stream', { maxFrameBytes: 1 << 24, unwrap });
  const frames: Frame[] = [];
  for (const piece of cutBytes(bytes, cuts)) framer.push(piece, (frame) => frames.push(frame));
  framer.end((frame) => frames.push(frame));
  return frames;
}

interface RawEvent {
  readonly wire: BedrockWire & { readonly exception?: string };
  readonly isWrapped: boolean;
}

/** Events of raw bytes by AWS's own codec; undefined: it refuses a frame. InvokeModel has them in base64. */
function readEvents(bytes: Uint8Array): readonly RawEvent[] | undefined {
  return readFramesOfAws(bytes)?.map(({ event, data }) => {
    const json = JSON.parse(data) as { readonly bytes?: string };
    if (event.startsWith('exception:')) return { wire: { exception: event }, isWrapped: false };
    if (json.bytes === undefined) return { wire: { [event]: json }, isWrapped: false };
    return { wire: JSON.parse(Buffer.from(json.bytes, 'base64').toString()) as BedrockWire, isWrapped: true };
  });
}

function checkReplay(parts: readonly Part[], expected: Expectation): void {
  if (!expected.isReplayable) return;
  const results = expected.facts.calls.map(({ id: toolCallId }) => ({
    content: { $case: 'toolResult', value: { toolCallId, content: [{ content: { $case: 'text', value: 'Done.' } }] } },
  }));
  const messages = [
    { role: Role.USER, parts: [text('Go on.')] },
    { role: Role.ASSISTANT, parts },
    ...(results.length > 0 ? [{ role: Role.TOOL, parts: results }] : [{ role: Role.USER, parts: [text('More.')] }]),
  ] as readonly Partial<ChatMessage>[];
  const generation = Generation.fromPartial({ model: 'chat', messages });
  expected.checkReplay(JSON.parse(JSON.stringify(bedrockConverse.encodeComplete(generation, target, false).body)));
}

function text(value: string) {
  return { content: { $case: 'text', value: { text: value, citations: [], logprobs: [] } } as const };
}

interface VectorsWire {
  readonly embedding?: readonly number[];
  readonly inputTextTokenCount?: number;
  readonly embeddings?: readonly (readonly number[] | { readonly embedding: readonly number[] })[];
}

/** Titan: {embedding, inputTextTokenCount}; Nova: {embeddings: [{embedding, embeddingType}]}; Cohere: {embeddings, id, texts}. */
function isVectors(recording: Recording): boolean {
  const json = recording.form === 'reply' ? (firstJson(recording) as (VectorsWire & object) | undefined) : undefined;
  if (json === undefined || typeof json !== 'object' || json === null) return false;
  if (Array.isArray(json.embedding)) return json.inputTextTokenCount !== undefined;
  const [first] = (Array.isArray(json.embeddings) ? json.embeddings : []) as readonly unknown[];
  return Array.isArray(first)
    ? 'texts' in json
    : typeof first === 'object' && first !== null && 'embeddingType' in first;
}

function vectorsOf({ embedding, embeddings = [] }: VectorsWire): readonly (readonly number[])[] {
  if (embedding !== undefined) return [embedding];
  return embeddings.map((one) => ('embedding' in one ? one.embedding : one));
}

function modelOf({ embedding, embeddings = [] }: VectorsWire): string {
  if (embedding !== undefined) return 'amazon.titan-embed-text-v2:0';
  return Array.isArray(embeddings[0]) ? 'cohere.embed-english-v3' : 'amazon.nova-2-multimodal-embeddings-v1:0';
}
