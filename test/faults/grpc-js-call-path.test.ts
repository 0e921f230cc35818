/** What grpc-js and nice-grpc get wrong on a call's way (faults.md section 6), by the numbers there: each guard once. */
import assert from 'node:assert/strict';
import type { ClientHttp2Session } from 'node:http2';
import type { CallContext } from 'nice-grpc';
import { ClientError, Metadata, ServerError, Status } from 'nice-grpc';
import { systemClock } from '../../server/model/clock.ts';
import type { ListModelsResponse } from '../../server/model/wire.ts';
import { type CallInfo, callInfo } from '../../server/transport/grpc/call-info.ts';
import {
  EMPTY_MESSAGE,
  frameMessage,
  openClient,
  openSession,
  type Rig,
  requestHeaders,
  requestRaw,
  startRig,
} from '../support/grpc-rig.ts';
import { readStatusDetails } from '../support/status-details.ts';
import { until } from '../support/until.ts';

const PAGE: ListModelsResponse = { models: [], nextPageToken: '' };

describe('grpc-js: the way of a call', () => {
  let rig: Rig;
  let session: ClientHttp2Session;
  let answer: (context: CallContext) => Promise<ListModelsResponse>;
  before(async () => {
    rig = await startRig({
      listModels: (context) => answer(context),
      stream: (context) => ({ [Symbol.asyncIterator]: () => ({ next: () => answer(context).then(endOfStream) }) }),
      sizes: { requestBytes: 256 * 1024, requestBytesInFlight: 300 * 1024 },
    });
    session = await openSession(rig);
  });
  beforeEach(() => {
    answer = async () => PAGE;
    rig.seen.length = 0;
  });
  after(async () => {
    session.destroy();
    await rig.stop();
  });

  for (const path of ['ListModels', 'Stream']) {
    it(`item 1: a lone surrogate in a status text does not end the process (${path})`, async () => {
      answer = () =>
        Promise.reject(new ServerError(Status.INTERNAL, `cut inside an emoji: ${'\u{1F600}'.slice(0, 1)}`));
      const reply = await requestRaw(session, { ':path': `/kanmon.v1.GatewayService/${path}` });
      assert.deepEqual([reply.grpc, reply.message], ['13', 'cut inside an emoji: \u{FFFD}']);
    });
  }

  it('item 2: corrupt compressed messages do not end the process, one after another or at once', async () => {
    const corrupt = frameMessage(Buffer.from('neither gzip nor deflate'), true);
    for (const encoding of ['gzip', 'deflate']) {
      const replies = await Promise.all(
        Array.from({ length: 5 }, () =>
          requestRaw(session, { 'grpc-encoding': encoding }, Buffer.concat([corrupt, corrupt])),
        ),
      );
      assert.deepEqual(new Set(replies.map(({ grpc }) => grpc)), new Set(['13']));
    }
    assert.equal((await requestRaw(session)).grpc, '0');
  });

  it('item 3: grpc-js never sees a timeout, so it cannot fold it: the deadline is in CallInfo alone', async () => {
    let info: CallInfo | undefined;
    answer = async (context) => {
      info = callInfo(context);
      assert.equal(context.metadata.get('grpc-timeout'), undefined);
      return PAGE;
    };
    assert.equal((await requestRaw(session, { 'grpc-timeout': '99999999H' })).grpc, '0');
    assert.equal(Math.round(((info?.deadlineAtMs ?? 0) - (info?.receivedAtMs ?? 0)) / 3_600_000), 99_999_999);
  });

  it('item 12: a handler gets the certificate, the address and the connection, the same for every call of it', async () => {
    const infos: CallInfo[] = [];
    answer = async (context) => {
      infos.push(callInfo(context));
      return PAGE;
    };
    await requestRaw(session);
    await requestRaw(session);
    const [first, second] = infos;
    assert.deepEqual(new Uint8Array(first?.peer.certificate ?? []), rig.client.der);
    assert.match(first?.peer.address ?? '', /^127\.0\.0\.1:\d+$/);
    assert.equal(first?.peer, second?.peer);
    const client = openClient(rig);
    await client.listModels({});
    client.close();
    assert.notEqual(infos[2]?.peer.connection, first?.peer.connection);
  });

  it('item 12: a client cannot bring a CallInfo of its own', async () => {
    let info: CallInfo | undefined;
    answer = async (context) => {
      info = callInfo(context);
      return PAGE;
    };
    const reply = await requestRaw(session, { 'kanmon-call-bin': Buffer.from('forged').toString('base64') });
    assert.equal(reply.grpc, '0');
    assert.deepEqual(new Uint8Array(info?.peer.certificate ?? []), rig.client.der);
    assert.throws(() => callInfo({ ...contextOf(), metadata: Metadata({ 'kanmon-call-bin': Buffer.alloc(0) }) }), {
      reason: 'INTERNAL',
    });
  });

  it('item 9: what never reaches a handler is seen at the edge, and what reaches it is not', async () => {
    await requestRaw(session, { ':path': '/no.Such/Method' });
    await requestRaw(session, { 'content-type': 'text/html' });
    await requestRaw(session, { 'grpc-encoding': 'br' }, frameMessage(Buffer.alloc(1), true));
    answer = () => Promise.reject(new ServerError(Status.NOT_FOUND, 'by the handler'));
    await requestRaw(session);
    await until(() => rig.seen.length >= 3);
    assert.deepEqual(rig.seen, ['call:unknown_method', 'call:content_type', 'call:encoding']);
  });

  it('item 16: a status text can never be so long that a client hangs on its trailers', async () => {
    answer = () => Promise.reject(new ServerError(Status.INTERNAL, '\u{1F600}'.repeat(50_000)));
    const client = openClient(rig);
    await assert.rejects(client.listModels({}), (error) => {
      assert.ok(error instanceof ClientError);
      assert.equal(error.code, Status.INTERNAL);
      assert.ok(error.details.length <= 1024 && error.details.isWellFormed());
      return true;
    });
    client.close();
  });

  it('item 20: bytes of requests in flight are bounded for the process: OVERLOADED, and served again later', async () => {
    const finish = Promise.withResolvers<void>();
    let started = 0;
    answer = async () => {
      started += 1;
      await finish.promise;
      return PAGE;
    };
    const large = frameMessage(unknownField(200 * 1024));
    const first = requestRaw(session, {}, large);
    await until(() => started === 1);
    assert.equal(rig.requestBytes.held(), large.length);
    const second = await requestRaw(session, {}, large);
    assert.deepEqual([second.grpc, second.pushback], ['14', '1000']);
    const { reason, retryMs } = readStatusDetails(second.details);
    assert.deepEqual([reason, retryMs], ['OVERLOADED', 1000]);
    assert.deepEqual(rig.seen, ['call:overloaded']);
    const small = requestRaw(session);
    await until(() => started === 2);
    finish.resolve();
    assert.deepEqual([(await first).grpc, (await small).grpc], ['0', '0']);
    await until(() => rig.requestBytes.held() === 0);
    assert.equal((await requestRaw(session, {}, large)).grpc, '0');
  });

  it('item 20: a compressed request counts as the largest that it may become', async () => {
    const stream = session.request(requestHeaders({ 'grpc-encoding': 'gzip' }));
    stream.on('error', () => undefined);
    stream.write(Buffer.from([1, 0, 0, 0, 50, 1, 2, 3]));
    await until(() => rig.requestBytes.held() === 50 * 1032);
    stream.write(Buffer.from([4, 5]));
    await until(() => rig.requestBytes.held() === 50 * 1032 + 2);
    stream.close(8);
    await until(() => rig.requestBytes.held() === 0);
  });

  it('item 21: the deadline is monotonic, whatever the wall clock does', async () => {
    let info: CallInfo | undefined;
    answer = async (context) => {
      info = callInfo(context);
      return PAGE;
    };
    const beforeMs = systemClock.nowMs();
    await requestRaw(session, { 'grpc-timeout': '5S' });
    assert.ok((info?.receivedAtMs ?? 0) >= beforeMs && (info?.receivedAtMs ?? Infinity) <= systemClock.nowMs());
    assert.equal(Math.round((info?.deadlineAtMs ?? 0) - (info?.receivedAtMs ?? 0)), 5000);
  });

  it('a call that was answered before its message came never reaches its handler', async () => {
    let started = 0;
    answer = async () => {
      started += 1;
      return PAGE;
    };
    assert.equal((await requestRaw(session, { 'grpc-timeout': 'soon' }, EMPTY_MESSAGE)).grpc, '13');
    assert.equal((await requestRaw(session)).grpc, '0');
    assert.equal(started, 1);
  });
});

describe('grpc-js: uploads that do not end', () => {
  it('a message that does not arrive in time is DEADLINE_EXCEEDED, and its bytes are given back', async () => {
    let fire: (() => void)[] = [];
    let skipMs = 0;
    const clock = {
      ...systemClock,
      nowMs: () => systemClock.nowMs() + skipMs,
      setTimer: (callback: () => void) => {
        fire.push(callback);
        return () => undefined;
      },
    };
    const rig = await startRig({ clock });
    const session = await openSession(rig);
    const stream = session.request(requestHeaders());
    const status = new Promise((resolve) => stream.once('response', (headers) => resolve(headers['grpc-status'])));
    stream.on('error', () => undefined);
    stream.write(Buffer.from([0, 0, 0, 1, 0, 1, 2, 3]));
    await until(() => rig.requestBytes.held() === 8);
    skipMs = 61_000;
    const timers = fire;
    fire = [];
    for (const callback of timers) callback();
    assert.equal(await status, '4');
    assert.deepEqual(rig.seen, ['call:too_slow']);
    stream.close(8);
    await until(() => rig.requestBytes.held() === 0);
    session.destroy();
    await rig.stop();
  });
});

function endOfStream(): IteratorReturnResult<undefined> {
  return { done: true, value: undefined };
}

function contextOf(): CallContext {
  return {
    metadata: Metadata(),
    peer: '',
    header: Metadata(),
    trailer: Metadata(),
    sendHeader: () => undefined,
    signal: new AbortController().signal,
  };
}

/** A message of about so many bytes that holds one unknown field. */
function unknownField(bytes: number): Buffer {
  const head = Buffer.from([0x9a, 0x06, 0, 0, 0]); // Field 99, length-delimited, three bytes of length.
  const length = bytes - head.length;
  head[2] = (length & 0x7f) | 0x80;
  head[3] = ((length >> 7) & 0x7f) | 0x80;
  head[4] = length >> 14;
  return Buffer.concat([head, Buffer.alloc(length)]);
}
