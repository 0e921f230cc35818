/** Row 102: a collector of traces that is down, silent, or refuses: calls notice nothing, and what is lost is counted. */
import { ok, strictEqual } from 'node:assert/strict';
import { errorReply } from '../support/chat-wire.ts';
import { failure } from '../support/client-rig.ts';
import {
  eventually,
  type FaultRig,
  type FaultyModel,
  generation,
  HONEST,
  PROMPT,
  startFaultRig,
} from '../support/fault-rig.ts';
import { PROVIDER_KEY } from '../support/gateway.ts';
import { type MisbehavingServer, openMisbehavingServer, type Step, steps } from '../support/misbehaving-server.ts';
import { httpReply, openRawServer } from '../support/raw-server.ts';

const CALLS = 50;
const NO_ANSWER_MS = 5000;

describe('row 102: collectors of traces', function () {
  this.timeout(20_000);
  const opened: AsyncDisposable[] = [];

  afterEach(async () => {
    for (const one of opened.splice(0).reverse()) await one[Symbol.asyncDispose]();
  });

  function start(port: number): Promise<FaultRig> {
    const telemetry = { otlp: `http://127.0.0.1:${port}`, sample: '100%' };
    return startFaultRig(
      { 401: echoing(401), 400: echoing(400), 500: echoing(500) },
      { more: { telemetry, drain: { announce: '0s', grace: '0s' } } },
    );
  }

  /** An error that repeats everything that must not be repeated. */
  function echoing(status: number): FaultyModel {
    return {
      script: ({ headers, body }) => [
        steps.send(errorReply(status, { error: { message: `${headers.get('authorization')} ${body}` } })),
      ],
    };
  }

  async function collector(script: readonly Step[]): Promise<MisbehavingServer> {
    const server = await openMisbehavingServer(() => script);
    opened.push(server);
    return server;
  }

  /** All calls succeed at once, and the gateway ends in time whatever the collector does. */
  async function assertUnaffected(rig: FaultRig): Promise<void> {
    const startMs = performance.now();
    await Promise.all(Array.from({ length: CALLS }, () => rig.client.complete(generation(HONEST))));
    ok(performance.now() - startMs < NO_ANSWER_MS, 'no call waits for the collector');
    await rig.assertQuiet();
    const stopMs = performance.now();
    await rig[Symbol.asyncDispose]();
    ok(performance.now() - stopMs < 3500, 'nor does the end, for more than two seconds');
  }

  async function assertCounted(rig: FaultRig): Promise<void> {
    const dropped = /^kanmon_telemetry_dropped_total\{kind="span"\} [1-9]/m;
    await eventually(async () => dropped.test(await rig.gateway.metrics()));
  }

  it('row 102: one that is down costs nothing', async () => {
    const closed = await openRawServer(() => undefined);
    await closed[Symbol.asyncDispose]();
    await assertUnaffected(await start(closed.port));
  });

  it('row 102: one that takes everything and says nothing costs nothing', async () => {
    const silent = await collector([steps.stall]);
    await assertUnaffected(await start(silent.port));
  });

  it('row 102: one that refuses costs nothing, and its spans are counted as lost', async () => {
    const refusing = await collector([steps.send(httpReply('', '', '400 Bad Request'))]);
    const rig = await start(refusing.port);
    await assertUnaffected(rig);
    await assertCounted(rig);
  });

  it('row 102: what a good one gets holds neither key nor prompt', async () => {
    const good = await openRawServer((socket, { text }) => {
      if (text.endsWith('0\r\n\r\n')) socket.write(httpReply('', 'content-type: application/x-protobuf\r\n'));
    });
    opened.push(good);
    const rig = await start(good.port);
    for (const model of ['401', '400', '500']) {
      const { reason } = await failure(rig.client.complete(generation(model)));
      ok(reason.startsWith('UPSTREAM_'), reason);
    }
    await assertUnaffected(rig);
    const sent = good.received.join('');
    ok(sent.includes('gen_ai.provider.name') && sent.includes('UPSTREAM_CREDENTIALS'), 'spans have come');
    for (const canary of [PROVIDER_KEY, PROMPT, 'canary']) strictEqual(sent.includes(canary), false);
  });
});
