/** Rows 93 to 95: how a replica stops, with calls running, with sockets that say nothing, with new calls coming. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { type CallContext, ClientError, createClient, Status } from 'nice-grpc';
import { HealthDefinition } from 'nice-grpc-server-health';
import type { DrainConfig } from '../../server/config/snapshot.ts';
import { systemClock } from '../../server/model/clock.ts';
import type { GatewayError } from '../../server/model/errors.ts';
import type { ListModelsResponse } from '../../server/model/wire.ts';
import { type DrainReport, drain } from '../../server/transport/drain.ts';
import { encodeStatus, toServerError } from '../../server/transport/grpc/status.ts';
import { openClient, openTls, type Rig, startRig } from '../support/grpc-rig.ts';
import { until } from '../support/until.ts';

const SERVING = 1;
const NOT_SERVING = 2;
const PAGE: ListModelsResponse = { models: [], nextPageToken: '' };

describe('rows 93 to 95: drain', () => {
  let rig: Rig;
  let calls: Map<CallContext, { finish: () => void; abort: (error: GatewayError) => void }>;
  beforeEach(async () => {
    calls = new Map();
    rig = await startRig({
      listModels: (context) =>
        new Promise((resolve, reject) => {
          const abort = (error: GatewayError) =>
            reject(
              toServerError(encodeStatus(error, { callId: 'c', failure: undefined, attempts: 0 }), context.trailer),
            );
          calls.set(context, { finish: () => resolve(PAGE), abort });
        }),
    });
  });
  afterEach(() => rig.stop());

  function startDrain(config: DrainConfig): Promise<DrainReport> {
    return drain({
      clock: systemClock,
      config,
      announce: () => rig.health.setServing(false),
      listeners: [rig.listener],
      abortCalls: (reason) => {
        for (const call of calls.values()) call.abort(reason);
      },
    });
  }

  function finishAll(): void {
    for (const call of calls.values()) call.finish();
  }

  it('row 93: NOT_SERVING first, then GOAWAY; a running call finishes', async () => {
    const client = openClient(rig);
    const running = client.listModels({});
    await until(() => calls.size === 1);
    const statuses: number[] = [];
    const watching = (async () => {
      for await (const { status } of createClient(HealthDefinition, client.channel).watch({ service: '' }))
        statuses.push(status);
    })().catch((error: unknown) => error);
    await until(() => statuses.length === 1);

    const drained = startDrain({ announceMs: 80, graceMs: 2000 });
    await until(() => statuses.length === 2);
    assert.deepEqual(statuses, [SERVING, NOT_SERVING]);
    const second = openClient(rig);
    const late = second.listModels({});
    await until(() => calls.size === 2); // Announced, and yet everything is still served, new connections too.
    const ended = await watching;
    assert.ok(
      ended instanceof ClientError && ended.code === Status.UNAVAILABLE,
      'the watch does not hold up the drain',
    );
    finishAll();
    assert.deepEqual((await running).models, []);
    assert.deepEqual((await late).models, []);
    const { abortedStreams } = await drained;
    assert.equal(abortedStreams, 0);
    client.close();
    second.close();
  });

  it('row 93: at the drain deadline a call that still runs is UNAVAILABLE SERVER_DRAINING, to be retried at once', async () => {
    const client = openClient(rig);
    let pushback: string | undefined;
    const running = client.listModels(
      {},
      { onTrailer: (trailer) => (pushback = trailer.get('grpc-retry-pushback-ms')) },
    );
    const outcome = running.catch((error: unknown) => error);
    await until(() => calls.size === 1);
    const { abortedStreams, durationMs } = await startDrain({ announceMs: 10, graceMs: 100 });
    const error = await outcome;
    assert.ok(error instanceof ClientError && error.code === Status.UNAVAILABLE, String(error));
    assert.match(error.details, /this replica shuts down/);
    assert.equal(pushback, '0');
    assert.equal(abortedStreams, 1);
    assert.ok(durationMs < 1000, `${durationMs} ms`);
    client.close();
  });

  it('row 93: a call that does not even end when aborted is cut a second later', async () => {
    const client = openClient(rig);
    const outcome = client.listModels({}).catch((error: unknown) => error);
    await until(() => calls.size === 1);
    calls.clear(); // Nobody will end it.
    const { durationMs } = await startDrain({ announceMs: 0, graceMs: 20 });
    assert.ok(durationMs < 1500, `${durationMs} ms`);
    assert.ok((await outcome) instanceof ClientError);
    client.close();
  });

  it('row 94: ends at once with idle TCP sockets, TLS without HTTP/2 and idle sessions', async () => {
    const raw = connect(rig.port, '127.0.0.1').on('error', () => undefined);
    const silent = await openTls(rig);
    const closed = Promise.all([raw, silent].map((socket) => new Promise((resolve) => socket.once('close', resolve))));
    raw.resume();
    silent.resume();
    const client = openClient(rig);
    const reply = client.listModels({});
    await until(() => calls.size === 1);
    finishAll();
    await reply;
    assert.equal(rig.listener.counts().sockets, 3);
    const { durationMs } = await startDrain({ announceMs: 10, graceMs: 200 });
    assert.ok(durationMs < 400, `${durationMs} ms`);
    await closed;
    client.close();
  });

  it('row 95: a new call on the same channel is served while the drain is announced, and UNAVAILABLE after it', async () => {
    const client = openClient(rig);
    const drained = startDrain({ announceMs: 60, graceMs: 40 });
    const during = client.listModels({});
    await until(() => calls.size === 1);
    finishAll();
    assert.deepEqual((await during).models, []);
    await drained;
    await assert.rejects(
      client.listModels({}),
      (error) => error instanceof ClientError && error.code === Status.UNAVAILABLE,
    );
    client.close();
  });
});
