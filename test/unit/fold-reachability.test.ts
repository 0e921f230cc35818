/** Whatever a CompleteResponse can say, a stream can say too: held against the descriptors, not against a list. */
import assert from 'node:assert/strict';
import { fromBinary, fromJson, type JsonObject, toBinary, toJson } from '@bufbuild/protobuf';
import { StreamFold } from '@kanmon/client/fold';
import {
  CompleteResponse,
  type Part,
  StreamEvent,
  StreamFinished,
  StreamStarted,
  ToolInputKind,
} from '../../server/model/wire.ts';
import { describeMessage, leafPaths, sampleMessages, setLeafPaths } from '../support/sample-messages.ts';

type Event = NonNullable<StreamEvent['event']>;

const RESPONSE = describeMessage('kanmon.v1.CompleteResponse');

describe('a folded stream', () => {
  const sampled = sampleMessages(RESPONSE).map(asAnswer);

  it('is compared with responses that set every leaf field', () => {
    const covered = new Set(sampled.flatMap((sample) => setLeafPaths(RESPONSE, sample)));
    assert.deepEqual([...covered].sort(), [...leafPaths(RESPONSE)].sort());
  });

  it('reaches every leaf field of CompleteResponse', () => {
    const folded = sampled.map((sample) => encodeJson(foldOf(streamOf(decodeJson(sample)))));
    assert.deepEqual(folded, sampled);
  });

  it('reaches every kind of streamed part by its own events', () => {
    const [sample] = sampled;
    assert.ok(sample !== undefined);
    const unmarked = (decodeJson(sample).message?.parts ?? []).map((part) => ({ ...part, cacheBreakpoint: undefined }));
    const kinds = new Set(unmarked.flatMap(partEvents).map(({ $case }) => $case));
    const started = ['textStart', 'refusalStart', 'reasoningStart', 'toolCallStart', 'part'] as const;
    assert.deepEqual(
      started.filter((kind) => !kinds.has(kind)),
      [],
    );
    const response = { ...decodeJson(sample), message: { role: 'ROLE_ASSISTANT', parts: unmarked } as const };
    assert.deepEqual(encodeJson(foldOf(streamOf(response))), encodeJson(response));
  });
});

/** A sample as an answer: an assistant's. */
function asAnswer(sample: JsonObject): JsonObject {
  const message = sample.message;
  assert.ok(typeof message === 'object' && message !== null && !Array.isArray(message));
  return { ...sample, message: { ...message, role: 'ROLE_ASSISTANT' } };
}

function decodeJson(json: JsonObject): CompleteResponse {
  return CompleteResponse.decode(toBinary(RESPONSE, fromJson(RESPONSE, json)));
}

function encodeJson(response: CompleteResponse): unknown {
  return toJson(RESPONSE, fromBinary(RESPONSE, CompleteResponse.encode(response).finish()));
}

/** Over the wire, as a client gets them. */
function foldOf(events: readonly Event[]): CompleteResponse {
  const fold = new StreamFold();
  for (const event of events) fold.push(StreamEvent.decode(StreamEvent.encode({ event }).finish()));
  return fold.toResponse();
}

function streamOf(response: CompleteResponse): readonly Event[] {
  return [
    { $case: 'started', value: { ...StreamStarted.fromPartial({}), ...pick(response, STARTED) } },
    ...(response.message?.parts ?? []).flatMap(partEvents),
    { $case: 'finished', value: { ...StreamFinished.fromPartial({}), ...pick(response, FINISHED) } },
  ];
}

const STARTED = ['callId', 'model', 'upstreamModel', 'provider', 'createTime'] as const;
const FINISHED = ['finishReason', 'usage', 'cost', 'cacheStatus', 'adaptations', 'receipt'] as const;

function pick<T extends object, K extends keyof T>(from: T, keys: readonly K[]): Pick<T, K> {
  return Object.fromEntries(keys.map((key) => [key, from[key]])) as Pick<T, K>; // Object.fromEntries forgets the keys.
}

/** The events of one part. Deltas are cut in two; what has no events of its own, or is more than they say, comes whole. */
function partEvents(part: Part, partIndex: number): readonly Event[] {
  const { content, opaqueState } = part;
  if (part.cacheBreakpoint !== undefined) return wholePartEvents(part, partIndex);
  switch (content?.$case) {
    case 'text': {
      const { text, citations, logprobs } = content.value;
      return [
        { $case: 'textStart', value: { partIndex } },
        { $case: 'textDelta', value: { partIndex, text: text.slice(0, 2), logprobs } },
        ...citations.map((citation): Event => ({ $case: 'citation', value: { partIndex, citation } })),
        { $case: 'textDelta', value: { partIndex, text: text.slice(2), logprobs: [] } },
        { $case: 'textEnd', value: { partIndex, opaqueState } },
      ];
    }
    case 'refusal':
      return [
        { $case: 'refusalStart', value: { partIndex } },
        { $case: 'refusalDelta', value: { partIndex, text: content.value.text } },
        { $case: 'refusalEnd', value: { partIndex, opaqueState } },
      ];
    case 'reasoning':
      return [
        { $case: 'reasoningStart', value: { partIndex } },
        { $case: 'reasoningDelta', value: { partIndex, text: content.value.text } },
        { $case: 'reasoningEnd', value: { partIndex, opaqueState } },
      ];
    case 'toolCall': {
      const { id, name, input } = content.value;
      const kind = input?.$case === 'text' ? ToolInputKind.TEXT : ToolInputKind.JSON;
      return [
        { $case: 'toolCallStart', value: { partIndex, id, name, kind } },
        { $case: 'toolCallDelta', value: { partIndex, fragment: input?.value ?? '' } },
        { $case: 'toolCallEnd', value: { partIndex, opaqueState } },
      ];
    }
    default:
      return wholePartEvents(part, partIndex);
  }
}

function wholePartEvents(part: Part, partIndex: number): readonly Event[] {
  return [{ $case: 'part', value: { partIndex, part, dataFollows: false } }];
}
