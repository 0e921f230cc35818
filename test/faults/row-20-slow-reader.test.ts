/** Row 20: a caller that does not read its stream: little is kept for it, the provider is stopped, and then the call ends. */
import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2';
import { KanmonError, StreamRequest, StreamResponse } from '@kanmon/client';
import { readStatusDetails } from '../../clients/typescript/src/status-details.ts';
import { STREAM_HEAD, textEvent } from '../support/chat-wire.ts';
import { eventually, type FaultRig, generation, startFaultRig } from '../support/fault-rig.ts';
import { frameMessage, requestHeaders } from '../support/grpc-rig.ts';
import { steps } from '../support/misbehaving-server.ts';

const MIB = 1024 * 1024;
const STREAM = '/kanmon.v1.GatewayService/Stream';
const LIMIT_MS = 1000;
const SWEEP_MS = 1000;
const WORDS = Buffer.from(textEvent('word '.repeat(200)).repeat(100));

describe('row 20: slow readers', () => {
  let rig: FaultRig;

  before(async () => {
    rig = await startFaultRig(
      { flood: { script: () => [steps.send(STREAM_HEAD), steps.flood(WORDS, 2000), steps.stall] } },
      { more: { times: { slowReader: '1s' }, drain: { announce: '0s', grace: '0s' } } },
    );
  });

  after(() => rig[Symbol.asyncDispose]());

  it('row 20: the provider is stopped, memory stays flat, and the caller is told once it reads again', async () => {
    const session = await rig.openSession();
    const startMs = performance.now();
    const stream = open(session, 'r-20');
    await rig.provider('flood').requested(1);
    const [connection] = rig.provider('flood').connections;
    const rss = process.memoryUsage().rss;
    await rig.assertServes();
    const closedAtMs = (await connection?.closed) ?? Number.NaN;
    const stalledMs = closedAtMs - startMs;
    ok(stalledMs > LIMIT_MS && stalledMs < LIMIT_MS + SWEEP_MS + 500, `given up after ${stalledMs} ms`);
    ok(
      (connection?.bytesTaken ?? 0) < 24 * MIB,
      `${connection?.bytesTaken} bytes of 200 MB were taken from the provider`,
    );
    ok(process.memoryUsage().rss - rss < 64 * MIB);
    const line = await rig.logLine('r-20');
    deepStrictEqual([line.status, line.reason, line.attempts], ['ABORTED', 'CLIENT_TOO_SLOW', 1]);

    const { events, trailers } = await readOn(stream);
    deepStrictEqual([trailers['grpc-status'], trailers['grpc-retry-pushback-ms']], ['10', '-1']);
    const details = Buffer.from(String(trailers['grpc-status-details-bin']), 'base64');
    const { reason, retryAfterMs, callFailure } = readStatusDetails(details);
    deepStrictEqual([reason, retryAfterMs], ['CLIENT_TOO_SLOW', undefined]);
    deepStrictEqual([callFailure?.outputDelivered, callFailure?.lastSequence], [true, events - 1]);
    await rig.assertQuiet();
    session.destroy();
  });

  it('row 20: one that never reads again is cut off: nothing stays open', async () => {
    const session = await rig.openSession();
    const stream = open(session, 'r-20-never');
    const reset = new Promise((resolve) => stream.once('close', resolve));
    await rig.logLine('r-20-never');
    await rig.assertQuiet();
    await reset;
    strictEqual(stream.rstCode, 8);
    session.destroy();
  });

  it("row 20: a client's loop that pauses too long ends with ABORTED", async () => {
    const reader = rig.client.stream(generation('flood'))[Symbol.asyncIterator]();
    await reader.next();
    const line = await eventually(() => rig.gateway.logs().filter(({ reason }) => reason === 'CLIENT_TOO_SLOW')[2]);
    let events = 1;
    const reading = (async () => {
      for (; ; events += 1) if ((await reader.next()).done) return;
    })();
    const error = await reading.catch((thrown: unknown) => thrown);
    ok(error instanceof KanmonError, String(error));
    deepStrictEqual([error.code, error.reason, error.pushbackMs], ['ABORTED', 'CLIENT_TOO_SLOW', -1]);
    strictEqual(error.callFailure?.lastSequence, events - 1);
    strictEqual(line.status, 'ABORTED');
  });
});

/** A stream of which nothing is read: its window of 64 KiB stays full. */
function open(session: ClientHttp2Session, requestId: string): ClientHttp2Stream {
  const stream = session.request(requestHeaders({ ':path': STREAM, 'grpc-timeout': '60S' }));
  stream.on('error', () => undefined);
  const request = StreamRequest.fromPartial({ ...generation('flood'), options: { requestId } });
  stream.end(frameMessage(Buffer.from(StreamRequest.encode(request).finish())));
  return stream;
}

/** Reads what had left for the connection, and the trailers behind it. */
async function readOn(
  stream: ClientHttp2Stream,
): Promise<{ readonly events: number; readonly trailers: IncomingHttpHeaders }> {
  const trailers = new Promise<IncomingHttpHeaders>((resolve) => stream.once('trailers', resolve));
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  const end = await trailers;
  const bytes = Buffer.concat(chunks);
  let events = 0;
  for (let at = 0; at < bytes.length; at += 5 + bytes.readUInt32BE(at + 1)) {
    events += StreamResponse.decode(bytes.subarray(at + 5, at + 5 + bytes.readUInt32BE(at + 1))).events.length;
  }
  return { events, trailers: end };
}
