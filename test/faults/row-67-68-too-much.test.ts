/** Rows 67 and 68: providers that send more than anybody can take, plain and compressed. */
import { ok, strictEqual } from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { event, STREAM_HEAD, textEvent } from '../support/chat-wire.ts';
import { type ExpectedFault, type FaultRig, generation, startFaultRig } from '../support/fault-rig.ts';
import { steps } from '../support/misbehaving-server.ts';

const PATIENT = { timeouts: { firstToken: '10s', idle: '10s' } };
const MIB = 1024 * 1024;
/** How often a mebibyte is sent: a gibibyte in all. */
const TIMES = 1024;
const CHUNK = Buffer.from(`100000\r\n${'a'.repeat(MIB)}\r\n`);
/** A hundred thousand events that say nothing, a mebibyte at a time. */
const PINGS = Buffer.from(event({ choices: [] }).repeat(30_000));
const WORDS = Buffer.from(textEvent('word '.repeat(200)).repeat(800));
const BOMB = gzipSync(Buffer.alloc(256 * MIB, ' '));
const GZIP = 'HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\nconnection: close\r\n';

describe('rows 67 and 68: providers that send too much', () => {
  let rig: FaultRig;

  before(async () => {
    rig = await startFaultRig(
      {
        line: {
          script: () => [steps.send(STREAM_HEAD), steps.flood(CHUNK, TIMES), steps.stall],
          model: PATIENT,
        },
        events: { script: () => [steps.send(STREAM_HEAD), steps.flood(WORDS, TIMES), steps.stall] },
        pings: { script: () => [steps.send(STREAM_HEAD), steps.flood(PINGS, TIMES), steps.stall], model: PATIENT },
        whole: { script: () => [steps.send(STREAM_HEAD.replace('event-stream', 'plain')), steps.flood(CHUNK, TIMES)] },
        bomb: {
          script: () => [steps.send(`${GZIP}content-type: application/json\r\n\r\n`), steps.send(BOMB), steps.end],
        },
        'bomb-stream': {
          script: () => [steps.send(`${GZIP}content-type: text/event-stream\r\n\r\n`), steps.send(BOMB), steps.end],
          model: PATIENT,
        },
      },
      { more: { sizes: { upstreamFrame: '1MiB', upstreamBody: '16MiB' }, drain: { announce: '0s', grace: '0s' } } },
    );
  });

  after(() => rig[Symbol.asyncDispose]());

  afterEach(() => rig.assertQuiet());

  const TOO_LARGE: ExpectedFault = {
    code: 'UNAVAILABLE',
    reason: 'UPSTREAM_RESPONSE_TOO_LARGE',
    pushbackMs: -1,
    attempts: ['UPSTREAM_RESPONSE_TOO_LARGE 200'],
  };

  /** Calls with the smallest reply cap, and asserts that memory grows by no more than the caps allow. */
  async function assertBounded(model: string, rpc: 'complete' | 'stream', expected = TOO_LARGE): Promise<void> {
    const before = process.memoryUsage().rss;
    const request = { ...generation(model), options: { maxReplyBytes: MIB } };
    const call = rpc === 'complete' ? rig.client.complete(request) : drainEvents(request);
    await rig.assertFault(call, expected);
    await rig.provider(model).connections[0]?.closed;
    const grownMiB = (process.memoryUsage().rss - before) / MIB;
    ok(grownMiB < 160, `${grownMiB} MiB more`);
    ok((rig.provider(model).connections[0]?.bytesTaken ?? 0) < 64 * MIB, 'the rest was never read');
  }

  async function drainEvents(request: ReturnType<typeof generation>): Promise<void> {
    for await (const _ of rig.client.stream(request)) delivered += 1;
  }

  let delivered = 0;

  it('row 67: a line of a gibibyte is UPSTREAM_RESPONSE_TOO_LARGE once it is over its cap', () =>
    assertBounded('line', 'stream'));

  it('row 67: so is a whole reply of a gibibyte', () => assertBounded('whole', 'complete'));

  it('row 67: and a stream of a million events, after what was within the cap', async () => {
    const expected = {
      ...TOO_LARGE,
      get lastSequence() {
        return delivered - 1;
      },
    };
    await assertBounded('events', 'stream', expected);
    ok(delivered > 10_000);
  });

  it('row 67: events without output are not kept, and count all the same', () => assertBounded('pings', 'stream'));

  it('row 68: a compressed bomb is stopped at the cap of what it decompresses to', () =>
    assertBounded('bomb', 'complete'));

  it('row 68: streams ask for no compression, and one that is compressed all the same is stopped as well', async () => {
    await assertBounded('bomb-stream', 'stream');
    const [request] = rig.provider('bomb-stream').requests;
    strictEqual(request?.headers.get('accept-encoding') ?? 'identity', 'identity');
  });
});
