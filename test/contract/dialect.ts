/**
 * The laws that every dialect passes (design.md). Call `describeDialectLaws` in a test file of the dialect, with samples of
 * what its providers send: whole streams, whole replies, and pairs of a stream and a reply that mean the same.
 */
import assert from 'node:assert/strict';
import { StreamFold } from '@kanmon/client/fold';
import fc from 'fast-check';
import { GatewayError } from '../../server/model/errors.ts';
import { Generation, type Part, Role, type StreamEvent } from '../../server/model/wire.ts';
import type { Dialect, Frame, StreamDecoder, Target } from '../../server/providers/dialect.ts';
import { createSseFramer } from '../../server/upstream/framing/sse.ts';
import { anyGeneration } from '../support/generations.ts';
import { mutated } from '../support/mutations.ts';
import { deepFreeze, makeAllowances, makeTarget } from '../support/targets.ts';

/** What the laws are tried on. Names are for the tests' titles. */
export interface DialectSamples {
  readonly dialect: Dialect;
  /** Whole streams: every frame, the terminal one (for instance [DONE]) included. */
  readonly streams: Readonly<Record<string, readonly Frame[]>>;
  /** Whole replies. */
  readonly replies: Readonly<Record<string, unknown>>;
  /** The same answer, streamed and whole: names of a stream and a reply. */
  readonly twins: readonly (readonly [stream: string, reply: string])[];
  /** Members of a body that provider options must never change, whatever the configuration lists. */
  readonly owned: readonly string[];
  /** What differs from the target that lacks nothing and allows nothing. */
  readonly target?: Partial<Target>;
  /** Generations without what the dialect refuses in either mode. Default: any. */
  readonly generations?: fc.Arbitrary<Generation>;
}

/** Declares the suite. */
export function describeDialectLaws(samples: DialectSamples): void {
  const { dialect } = samples;
  describe(`laws of ${dialect.id}`, () => {
    const target = makeTarget(dialect.id, samples.target);
    describeEncoding(samples, target);
    describeStreams(samples, target);
    describeTotality(samples, target);
    describeOpaqueState(samples, target);
  });
}

function describeEncoding({ dialect, owned, generations = anyGeneration }: DialectSamples, target: Target): void {
  it('encodes without touching its input, to a body that JSON can carry, the same each time', () => {
    fc.assert(
      fc.property(generations, fc.boolean(), (generation, stream) => {
        deepFreeze(generation);
        const { body, path } = dialect.encodeComplete(generation, deepFreeze(target), stream);
        assert.ok(path.startsWith('/'));
        assert.deepEqual(JSON.parse(JSON.stringify(body)), JSON.parse(JSON.stringify(body)));
        assert.equal(JSON.stringify(dialect.encodeComplete(generation, target, stream).body), JSON.stringify(body));
      }),
    );
  });

  it('gives a fresh body each time', () => {
    const generation = helloGeneration();
    const { body } = dialect.encodeComplete(generation, target, false);
    const before = JSON.stringify(body);
    for (const member of Object.keys(body)) delete body[member];
    assert.equal(JSON.stringify(dialect.encodeComplete(generation, target, false).body), before);
  });

  it('refuses under STRICT nothing that it does not report under ADAPT', () => {
    const strict = { ...target, adaptation: 'strict' } as const;
    fc.assert(
      fc.property(generations, (generation) => {
        const { adaptations } = dialect.encodeComplete(generation, target, false);
        const violations = violationsOf(() => dialect.encodeComplete(generation, strict, false));
        const reported = new Set(adaptations.map(({ field }) => field));
        assert.deepEqual(
          violations.filter((field) => !reported.has(field)),
          [],
        );
        for (const { field, detail } of adaptations) {
          assert.match(field, /^generation\.\w/);
          assert.match(detail, /\.$/);
        }
      }),
    );
  });

  it('lets no provider option change who answers, how often, or what the contract owns', () => {
    const forbidden = ['model', 'stream', 'n', 'store', 'headers', '__proto__', ...owned];
    const open = {
      ...target,
      allowances: makeAllowances({ providerOptions: new Map([[dialect.id, new Set([...forbidden, 'free'])]]) }),
    };
    const option = fc.tuple(fc.constantFrom(...forbidden), fc.jsonValue({ maxDepth: 1 }));
    fc.assert(
      fc.property(option, fc.boolean(), ([member, value], stream) => {
        const json = `{"free": 1, ${JSON.stringify(member)}: ${JSON.stringify(value)}}`;
        assert.throws(
          () => dialect.encodeComplete(withOptions(dialect.id, json), open, stream),
          isError('OPTION_NOT_ALLOWED'),
        );
      }),
    );
    const { body } = dialect.encodeComplete(withOptions(dialect.id, '{"free": 1}'), open, false);
    assert.equal(body.free, 1);
    const { body: other } = dialect.encodeComplete(withOptions('another.dialect', '{"model": 1}'), open, false);
    assert.deepEqual(other, dialect.encodeComplete(helloGeneration(), open, false).body);
  });

  it('refuses provider options that are not listed, not JSON, or no object', () => {
    const encode = (json: string) => dialect.encodeComplete(withOptions(dialect.id, json), target, false);
    assert.throws(() => encode('{"free": 1}'), isError('OPTION_NOT_ALLOWED'));
    for (const json of ['', '{', '[]', '1', '1.0', 'null'])
      assert.throws(() => encode(json), isError('INVALID_REQUEST'));
  });
}

function describeStreams({ dialect, streams, replies, twins }: DialectSamples, target: Target): void {
  for (const [name, frames] of Object.entries(streams)) {
    describe(`stream ${name}`, () => {
      const whole = decodeFrames(dialect, target, frames);

      it('has one finished event, the last', () => {
        const finished = whole.filter(({ event }) => event?.$case === 'finished');
        assert.equal(finished.length, 1);
        assert.equal(whole.at(-1), finished[0]);
      });

      it('opens every part once, in the order of their indexes, and closes it', () => {
        checkParts(whole);
      });

      it('gives the same events for every cut of its bytes', () => {
        const bytes = toSse(frames);
        fc.assert(
          fc.property(fc.array(fc.nat(bytes.length), { maxLength: 12 }), (cuts) => {
            assert.deepEqual(decodeFrames(dialect, target, cutSse(bytes, cuts)), whole);
          }),
          { numRuns: 20 },
        );
      });

      it('never ends well when it is cut before the provider has finished', () => {
        fc.assert(
          fc.property(fc.nat(frames.length - 1), (count) => {
            const decoder = dialect.openStream(target);
            pushAll(decoder, frames.slice(0, count));
            if (!decoder.finishing) assert.throws(() => decoder.end(), isError('UPSTREAM_TRUNCATED'));
          }),
          { numRuns: 50 },
        );
      });

      it('keeps streams apart that are decoded at the same time', () => {
        const [one, two] = [dialect.openStream(target), dialect.openStream(target)];
        const events: [StreamEvent[], StreamEvent[]] = [[], []];
        for (const frame of frames) {
          events[0].push(...one.push(frame));
          events[1].push(...two.push(frame));
        }
        assert.deepEqual([...events[0], ...one.end()], whole);
        assert.deepEqual([...events[1], ...two.end()], whole);
      });
    });
  }

  for (const [stream, reply] of twins) {
    it(`folds ${stream} into what ${reply} is decoded to`, () => {
      const decoded = dialect.decodeComplete(replies[reply], target);
      const fold = new StreamFold();
      fold.pushAll(decodeFrames(dialect, target, streams[stream] ?? []));
      assert.deepEqual(plain(fold.message()), plain(decoded.message));
      assert.deepEqual(fold.finished()?.finishReason, decoded.finishReason);
      assert.deepEqual({ ...fold.finished()?.usage, rawJson: '' }, { ...decoded.usage, rawJson: '' });
    });
  }
}

function describeTotality({ dialect, streams, replies }: DialectSamples, target: Target): void {
  it('decodes whatever an error reply is into an error, without throwing', () => {
    // Not fc.string({ unit: 'binary' }): its table of all code points takes seconds to build.
    const anyText = fc.array(fc.integer({ min: 0, max: 0x10_ff_ff })).map((points) => String.fromCodePoint(...points));
    const body = fc.oneof(anyText, fc.json(), fc.constantFrom('', '[]', '{"error":[]}', '<html>'));
    const header = fc.constantFrom(
      'retry-after',
      'retry-after-ms',
      'x-should-retry',
      'x-ratelimit-reset-requests',
      'date',
    );
    const headers = fc.array(fc.tuple(header, fc.string()), { maxLength: 3 });
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 999 }), headers, body, (status, entries, text) => {
        const error = dialect.decodeError(status, new Map(entries), 'application/json', text);
        assert.ok(error instanceof GatewayError);
        assert.ok(error.message.isWellFormed());
        assert.equal(error.details.upstream?.status, status);
        const afterMs = error.details.retryAfterMs ?? 100;
        assert.ok(afterMs >= 100 && afterMs <= 300_000);
      }),
    );
  });

  it('throws nothing but gateway errors, whatever a reply is', () => {
    const reply = fc.oneof(fc.jsonValue(), mutated(Object.values(replies)));
    fc.assert(fc.property(reply, (value) => onlyGatewayErrors(() => dialect.decodeComplete(value, target))));
  });

  it('throws nothing but gateway errors, whatever the frames of a stream are, and gives well-formed text', () => {
    const samples = Object.values(streams).map((frames) => frames.slice(0, 30));
    const data = fc.oneof(
      fc.json(),
      fc.string(),
      mutated(samples.flat().map(parseFrame)).map((v) => JSON.stringify(v)),
    );
    const frame = fc.record({ event: fc.constantFrom('', 'message', 'ping', 'error', 'unheard_of'), data });
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 8 }), (frames) =>
        onlyGatewayErrors(() => {
          for (const { event } of decodeFrames(dialect, target, frames)) assertWellFormed(event);
        }),
      ),
    );
  });

  it('passes over events and members that it does not know', () => {
    for (const frames of Object.values(streams)) {
      const expected = decodeFrames(dialect, target, frames);
      const more = frames.map(({ event, data }) => ({ event, data: withUnknownMember(data) }));
      assert.deepEqual(decodeFrames(dialect, target, more), expected);
    }
  });
}

function describeOpaqueState({ dialect, streams, replies }: DialectSamples, target: Target): void {
  const messages = [
    ...Object.values(replies).map((reply) => dialect.decodeComplete(reply, target).message.parts),
    ...Object.values(streams).map((frames) => foldParts(decodeFrames(dialect, target, frames))),
  ].filter((parts) => parts.some(({ opaqueState }) => opaqueState.length > 0));

  it('sends state back to its origin byte for byte', () => {
    for (const parts of messages) {
      const json = JSON.stringify(dialect.encodeComplete(withHistory(parts), target, false).body);
      for (const text of stateTexts(parts)) {
        assert.ok(
          json.includes(text) || json.includes(JSON.stringify(text).slice(1, -1)),
          'the state is not in the body',
        );
      }
    }
  });

  it('keeps state from every other origin, and says so or fails as the call demands', () => {
    const others = [
      { ...target, upstreamModel: 'another-model' },
      { ...target, stateDomain: 'another-domain' },
    ];
    for (const parts of messages) {
      for (const other of others) {
        for (const onForeignState of ['pin', 'fail'] as const) {
          const refuse = { ...other, onForeignState };
          assert.throws(() => dialect.encodeComplete(withHistory(parts), refuse, false), isError('FOREIGN_STATE'));
        }
        const strip = { ...other, onForeignState: 'strip', adaptation: 'strict' } as const;
        const { body, adaptations } = dialect.encodeComplete(withHistory(parts), strip, false);
        assert.ok(adaptations.some(({ field }) => field.includes('.opaque_state[')));
        const json = JSON.stringify(body);
        for (const text of stateTexts(parts)) assert.ok(!json.includes(JSON.stringify(text).slice(1, -1)));
      }
    }
  });
}

/** Decodes frames to the end. */
export function decodeFrames(dialect: Dialect, target: Target, frames: readonly Frame[]): readonly StreamEvent[] {
  const decoder = dialect.openStream(target);
  return [...pushAll(decoder, frames), ...decoder.end()];
}

/** Whether something thrown is a GatewayError of a reason. */
export function isError(reason: GatewayError['reason']): (thrown: unknown) => boolean {
  return (thrown) => {
    assert.ok(thrown instanceof GatewayError, String(thrown));
    assert.equal(thrown.reason, reason);
    return true;
  };
}

function pushAll(decoder: StreamDecoder, frames: readonly Frame[]): readonly StreamEvent[] {
  return frames.flatMap((frame) => (decoder.done ? [] : decoder.push(frame)));
}

function foldParts(events: readonly StreamEvent[]): readonly Part[] {
  const fold = new StreamFold();
  fold.pushAll(events);
  return fold.message().parts;
}

function checkParts(events: readonly StreamEvent[]): void {
  const open = new Set<number>();
  let next = 0;
  for (const { event } of events) {
    if (event === undefined || event.$case === 'finished') continue;
    assert.notEqual(event.$case, 'started');
    if (!('partIndex' in event.value)) continue;
    const { partIndex } = event.value;
    if (event.$case === 'part' || event.$case.endsWith('Start')) assert.equal(partIndex, next++);
    else if (event.$case !== 'partData') assert.ok(open.has(partIndex), `${event.$case} of a part that is not open`);
    if (event.$case.endsWith('Start')) open.add(partIndex);
    if (event.$case.endsWith('End')) open.delete(partIndex);
  }
  assert.equal(open.size, 0, 'a part stays open');
}

/** Frames as server-sent events. */
export function toSse(frames: readonly Frame[]): Uint8Array {
  const text = frames.map(({ event, data }) => `${event === '' ? '' : `event: ${event}\n`}data: ${data}\n\n`).join('');
  return new TextEncoder().encode(text);
}

/** The frames of server-sent events whose bytes come cut at some places. */
export function cutSse(bytes: Uint8Array, cuts: readonly number[]): readonly Frame[] {
  const framer = createSseFramer({ maxFrameBytes: 1 << 24 });
  const frames: Frame[] = [];
  const bounds = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
  for (const [index, start] of bounds.slice(0, -1).entries()) {
    framer.push(bytes.subarray(start, bounds[index + 1]), (frame) => frames.push(frame));
  }
  framer.end((frame) => frames.push(frame));
  return frames;
}

function onlyGatewayErrors(decode: () => void): void {
  try {
    decode();
  } catch (thrown) {
    if (!(thrown instanceof GatewayError)) throw thrown;
    assert.notEqual(thrown.reason, 'INTERNAL');
    assert.ok(thrown.message.isWellFormed());
  }
}

function violationsOf(encode: () => void): readonly string[] {
  try {
    encode();
    return [];
  } catch (thrown) {
    if (!(thrown instanceof GatewayError) || thrown.reason !== 'PARAMETER_UNSUPPORTED') throw thrown;
    const { violations = [] } = thrown.details;
    assert.ok(violations.length > 0);
    return violations.map(({ field }) => field);
  }
}

function parseFrame({ data }: Frame): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return data; // [DONE] is no JSON.
  }
}

function withUnknownMember(data: string): string {
  return data.startsWith('{') ? `{"unheard_of":{"a":[1]},${data.slice(1)}` : data;
}

function assertWellFormed(value: unknown): void {
  if (typeof value === 'string') assert.ok(value.isWellFormed());
  else if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)) {
    for (const member of Object.values(value)) assertWellFormed(member);
  }
}

function stateTexts(parts: readonly Part[]): readonly string[] {
  return parts.flatMap(({ opaqueState }) => opaqueState.map(({ data }) => new TextDecoder().decode(data)));
}

/** Without what generated code adds to messages that it has decoded. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, member: unknown) => (key === '_unknownFields' ? undefined : member)));
}

function helloGeneration(): Generation {
  return Generation.fromPartial({ model: 'chat', messages: [userTurn()] });
}

function withOptions(dialectId: string, json: string): Generation {
  return { ...helloGeneration(), providerOptionsJson: { [dialectId]: json } };
}

/** A conversation that goes on after an answer; its tool calls have their results. */
function withHistory(parts: readonly Part[]): Generation {
  const results = parts.flatMap(({ content }) =>
    content?.$case === 'toolCall' ? { content: toolResult(content.value.id) } : [],
  );
  const tools = results.length === 0 ? [] : [{ role: Role.TOOL, parts: results }];
  return Generation.fromPartial({
    model: 'chat',
    messages: [userTurn(), { role: Role.ASSISTANT, parts }, ...tools, userTurn()],
  });
}

function toolResult(toolCallId: string) {
  const content = [{ content: { $case: 'text', value: 'Done.' } as const }];
  return { $case: 'toolResult', value: { toolCallId, content, isError: false } } as const;
}

function userTurn() {
  const content = { $case: 'text', value: { text: 'Hello', citations: [], logprobs: [] } } as const;
  return { role: Role.USER, parts: [{ content, opaqueState: [] }] };
}
