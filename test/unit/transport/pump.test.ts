import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import type { Entered } from '../../../server/config/snapshot.ts';
import type { BatchSource, Call, StreamAnswer } from '../../../server/model/call.ts';
import { GatewayError } from '../../../server/model/errors.ts';
import type { Deployment } from '../../../server/model/target.ts';
import { GatewayOptions, StreamEvent, StreamFold, StreamResponse } from '../../../server/model/wire.ts';
import { pump } from '../../../server/transport/grpc/pump.ts';
import { createSlowReaders } from '../../../server/transport/grpc/slow-readers.ts';
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts';

const START = event({ $case: 'textStart', value: { partIndex: 0 } });
const END = event({ $case: 'textEnd', value: { partIndex: 0, opaqueState: [] } });
const FINISHED = event({
  $case: 'finished',
  value: {
    finishReason: { kind: 'FINISH_KIND_STOP', raw: 'stop', stopSequence: undefined },
    usage: undefined,
    cost: undefined,
    cacheStatus: undefined,
    adaptations: [],
    receipt: undefined,
  },
});

describe('pump', () => {
  it('numbers events gapless from 0, begins with started and ends with finished', async () => {
    const clock = createFakeClock();
    const source = scripted([
      [delta('b'), delta('c')],
      [END, FINISHED],
    ]);
    const batches = await collect(run(clock, {}, answer([START, delta('a')], source)));
    deepStrictEqual(
      batches.map(({ sequence, events }) => [sequence, events.map((item) => item.event?.$case)]),
      [
        [0, ['started', 'textStart', 'textDelta']],
        [3, ['textDelta', 'textDelta']],
        [5, ['textEnd', 'finished']],
      ],
    );
    const fold = new StreamFold();
    for (const item of batches.flatMap(({ events }) => events)) fold.push(item);
    const content = fold.message().parts[0]?.content;
    strictEqual(content?.$case === 'text' && content.value.text, 'abc');
    strictEqual(fold.finished()?.cost?.pricingStatus, 'PRICING_STATUS_UNKNOWN');
    ok(source.cancelled);
  });

  it('joins neighbouring deltas where they may be held back, and never the first', async () => {
    const clock = createFakeClock();
    const source = scripted([
      [delta('b'), delta('c'), delta('d')],
      [END, FINISHED],
    ]);
    const messages = run(
      clock,
      { maxDeltaInterval: { seconds: 0, nanos: 20_000_000 } },
      answer([START, delta('a')], source),
    );
    strictEqual((await received(messages.next())).sequence, 0);
    const second = messages.next();
    await clock.advance(19);
    strictEqual(source.reads, 0);
    await clock.advance(1);
    deepStrictEqual(textsOf(await received(second)), ['bcd']);
    await messages.return(undefined);
  });

  it('sends empty batches through silence, before the answer begins too', async () => {
    const clock = createFakeClock();
    const gate = Promise.withResolvers<StreamAnswer>();
    const messages = run(clock, { heartbeatInterval: { seconds: 2, nanos: 0 } }, gate.promise);
    for (let beat = 0; beat < 2; beat += 1) {
      const next = messages.next();
      await clock.advance(2000);
      deepStrictEqual((await received(next)).events, []);
    }
    const next = messages.next();
    await clock.settle();
    gate.resolve(answer([START, delta('a')], scripted([[END, FINISHED]])));
    strictEqual((await received(next)).sequence, 0);
    strictEqual((await collect(messages)).length, 1);
  });

  it('gives up the source when its reader goes', async () => {
    const source = scripted([[delta('b')], [END, FINISHED]]);
    const messages = run(createFakeClock(), {}, answer([START, delta('a')], source));
    await messages.next();
    await messages.return(undefined);
    ok(source.cancelled);
  });

  it('passes on what the rest fails with, and counts what was delivered', async () => {
    const call = makeCall({});
    const source = scripted([[delta('b')]], new GatewayError('UPSTREAM_STREAM_RESET', 'broke'));
    const messages = pumpCall(call, createFakeClock(), answer([START, delta('a')], source));
    await rejects(collect(messages), { reason: 'UPSTREAM_STREAM_RESET' });
    deepStrictEqual([call.record.outputDelivered, call.record.lastSequence], [true, 3]);
  });

  it('row 20: notices a reader that does not read', async () => {
    const clock = createFakeClock();
    let tooSlow = 0;
    const messages = pumpCall(makeCall({}), clock, answer([START, delta('a')], scripted([[END, FINISHED]])), () => {
      tooSlow += 1;
    });
    await messages.next();
    await clock.advance(29_000);
    strictEqual(tooSlow, 0);
    await clock.advance(2000);
    strictEqual(tooSlow, 1);
    await messages.return(undefined);
    await clock.advance(1000);
    strictEqual(clock.pending(), 0);
  });

  it('cuts a batch that is larger than the caller takes, and refuses a single event that is', async () => {
    const source = scripted([
      [delta('x'.repeat(700)), delta('y'.repeat(700))],
      [END, FINISHED],
    ]);
    const batches = await collect(run(createFakeClock(), { maxReplyBytes: 1000 }, answer([START, delta('a')], source)));
    deepStrictEqual(
      batches.map(({ sequence }) => sequence),
      [0, 3, 4, 5],
    );
    const huge = scripted([[delta('x'.repeat(2000))]]);
    await rejects(collect(run(createFakeClock(), { maxReplyBytes: 1000 }, answer([START, delta('a')], huge))), {
      reason: 'RESPONSE_TOO_LARGE',
    });
    ok(huge.cancelled);
  });

  it('sends the data of a large part in pieces', async () => {
    const data = new Uint8Array(2.5 * 1024 * 1024).map((_, index) => index % 251);
    const content = {
      $case: 'image' as const,
      value: { source: { $case: 'data' as const, value: data }, mediaType: 'image/png' },
    };
    const part = StreamEvent.fromPartial({ event: { $case: 'part', value: { partIndex: 0, part: { content } } } });
    const batches = await collect(run(createFakeClock(), {}, answer([part], scripted([[FINISHED]]))));
    const fold = new StreamFold();
    for (const item of batches.flatMap(({ events }) => events)) fold.push(item);
    const folded = fold.message().parts[0]?.content;
    ok(folded?.$case === 'image' && folded.value.source?.$case === 'data');
    deepStrictEqual(Buffer.compare(folded.value.source.value, data), 0);
  });
});

interface Scripted extends BatchSource {
  readonly reads: number;
  readonly cancelled: boolean;
}

function scripted(batches: readonly (readonly StreamEvent[])[], error?: GatewayError): Scripted {
  let reads = 0;
  let cancelled = false;
  return {
    get reads() {
      return reads;
    },
    get cancelled() {
      return cancelled;
    },
    read() {
      const batch = batches[reads];
      reads += 1;
      return batch === undefined && error ? Promise.reject(error) : Promise.resolve(batch);
    },
    cancel() {
      cancelled = true;
    },
  };
}

function answer(first: readonly StreamEvent[], rest: BatchSource): StreamAnswer {
  const deployment = { provider: { name: 'p' } } as Deployment; // All that the pump looks at.
  return { kind: 'stream', deployment, upstreamModel: 'm-1', adaptations: [], first, rest };
}

type Options = Parameters<typeof GatewayOptions.fromPartial>[0];

function makeCall(options: Options): Call<'stream'> & Entered {
  const record = { model: 'chat', outputDelivered: false, lastSequence: undefined, attempts: [], route: [] };
  const call = {
    id: 'call-1',
    options: GatewayOptions.fromPartial(options),
    signal: new AbortController().signal,
    receivedAtWallMs: 0,
    snapshot: { digest: 'd', times: { slowReaderMs: 30_000 } },
    record,
  };
  return call as unknown as Call<'stream'> & Entered; // All that the pump looks at.
}

function pumpCall(
  call: Call<'stream'> & Entered,
  clock: FakeClock,
  given: StreamAnswer | Promise<StreamAnswer>,
  onTooSlow: () => void = () => undefined,
): AsyncGenerator<Uint8Array> {
  return pump(call, Promise.resolve(given), { clock, slowReaders: createSlowReaders(clock), onTooSlow });
}

function run(
  clock: FakeClock,
  options: Options,
  given: StreamAnswer | Promise<StreamAnswer>,
): AsyncGenerator<Uint8Array> {
  return pumpCall(makeCall(options), clock, given);
}

async function collect(messages: AsyncIterable<Uint8Array>): Promise<StreamResponse[]> {
  const all: StreamResponse[] = [];
  for await (const message of messages) all.push(StreamResponse.decode(message));
  return all;
}

async function received(next: Promise<IteratorResult<Uint8Array, unknown>>): Promise<StreamResponse> {
  const { value } = await next;
  ok(value instanceof Uint8Array);
  return StreamResponse.decode(value);
}

function event(value: StreamEvent['event']): StreamEvent {
  return { event: value };
}

function delta(text: string): StreamEvent {
  return event({ $case: 'textDelta', value: { partIndex: 0, text, logprobs: [] } });
}

function textsOf({ events }: StreamResponse): readonly string[] {
  return events.flatMap((item) => (item.event?.$case === 'textDelta' ? [item.event.value.text] : []));
}
