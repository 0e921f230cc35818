/** Traces: contexts in and out, spans by the conventions, and a collector that is not there. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Attributes } from '@opentelemetry/api';
import * as conventions from '@opentelemetry/semantic-conventions/incubating';
import fc from 'fast-check';
import { attempts } from '../../../server/interceptors/attempts/attempts.ts';
import { extend } from '../../../server/interceptors/chain.ts';
import { tracing } from '../../../server/interceptors/tracing.ts';
import { systemClock } from '../../../server/model/clock.ts';
import { GatewayError } from '../../../server/model/errors.ts';
import { CompleteRequest } from '../../../server/model/wire.ts';
import { startTracingSdk, type TracingSdk } from '../../../server/telemetry/sdk.ts';
import type { SpanStarter } from '../../../server/telemetry/spans.ts';
import { createTelemetry } from '../../../server/telemetry/telemetry.ts';
import { formatTraceParent, parseTraceParent, type TraceParent } from '../../../server/telemetry/traceparent.ts';
import {
  type CallOptions,
  makeCall,
  makeDeployment,
  makeModel,
  makeSnapshot,
  messageFrom,
  planned,
  userTurn,
} from '../../support/calls.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = `00-${TRACE}-b7ad6b7169203331-01`;

interface Recorded {
  readonly name: string;
  readonly kind: string;
  readonly parent: TraceParent | undefined;
  readonly traceId: string;
  readonly spanId: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Attributes;
  readonly error: string | undefined;
}

/** Spans as they end. */
function recorder(): { readonly spans: SpanStarter; readonly ended: Recorded[] } {
  const ended: Recorded[] = [];
  let count = 0;
  const spans: SpanStarter = {
    start({ name, kind, atWallMs, parent, attributes }) {
      count += 1;
      const ids = { traceId: parent?.traceId ?? 'f'.repeat(32), spanId: String(count).padStart(16, '0') };
      return {
        ...ids,
        end: (endMs, more, error) =>
          ended.push({
            name,
            kind,
            parent,
            ...ids,
            startMs: atWallMs,
            endMs,
            attributes: { ...attributes, ...more },
            error,
          }),
      };
    },
  };
  return { spans, ended };
}

interface TracedRun extends CallOptions<'complete'> {
  readonly sampleRatio?: number;
  readonly error?: GatewayError;
  readonly spans?: SpanStarter | undefined;
}

/** A call through tracing and attempts that takes 20 ms in and 100 ms at the provider. */
async function run({ sampleRatio = 0, error, spans, ...changes }: TracedRun) {
  const clock = createFakeClock();
  const model = makeModel([makeDeployment('acme')]);
  const seen: Readonly<Record<string, string>>[] = [];
  const inner = attempts({ clock, random: () => 0 })(async (call) => {
    seen.push(call.traceHeaders);
    await clock.advance(100);
    if (error) throw error;
    return messageFrom(call);
  });
  const handler = tracing({ spans: () => spans, random: () => 0.5 })(async (call) => {
    await clock.advance(20);
    const { traceHeaders, traceAttempt } = call;
    return inner(extend(call, { ...planned(model), traceHeaders, traceAttempt }));
  });
  const test = makeCall('complete', { clock, snapshot: makeSnapshot({ sampleRatio }), ...changes });
  await handler<'complete'>(test.call).catch(() => undefined);
  test.settle({ error });
  return { seen, call: test.call };
}

describe('tracing', () => {
  it('records what its caller records, and hands the attempt on as parent', async () => {
    const { spans, ended } = recorder();
    const { seen, call } = await run({ spans, metadata: { traceparent: PARENT, tracestate: 'a=b' } });
    const [attempt, server] = ended;
    assert.deepEqual(server?.parent, { traceId: TRACE, spanId: 'b7ad6b7169203331', sampled: true, state: 'a=b' });
    assert.deepEqual([attempt?.parent?.spanId, attempt?.traceId], [server?.spanId, TRACE]);
    assert.deepEqual(seen, [{ traceparent: `00-${TRACE}-${attempt?.spanId}-01` }]);
    assert.equal(call.record.traceId, TRACE);
  });

  it('chooses its share of the calls that bring no trace', async () => {
    for (const [sampleRatio, count] of [
      [0.51, 2],
      [0.49, 0],
    ] as const) {
      const { spans, ended } = recorder();
      const { call } = await run({ spans, sampleRatio });
      assert.deepEqual([ended.length, call.record.traceId === ''], [count, count === 0]);
    }
  });

  it('passes on the context of a call that it does not record, and nothing else of it', async () => {
    const { spans, ended } = recorder();
    const unsampled = `00-${TRACE}-b7ad6b7169203331-00`;
    const { seen, call } = await run({
      spans,
      sampleRatio: 1,
      metadata: { traceparent: unsampled, tracestate: 'a=b' },
    });
    assert.deepEqual([seen, ended.length, call.record.traceId], [[{ traceparent: unsampled }], 0, TRACE]);
    const off = await run({ spans: undefined, sampleRatio: 1, metadata: { traceparent: PARENT } });
    assert.deepEqual(off.seen, [{ traceparent: PARENT }]);
    assert.deepEqual((await run({ spans: undefined, sampleRatio: 1 })).seen, [{}]);
  });

  it('makes spans by the conventions, at the times of the call', async () => {
    const { spans, ended } = recorder();
    const generation = { model: 'chat', messages: [userTurn('hush')], temperature: 0, maxOutputTokens: 9, topP: 0.5 };
    const { call } = await run({ spans, sampleRatio: 1, request: CompleteRequest.fromPartial({ generation }) });
    const [attempt, server] = ended;
    assert.deepEqual(
      [
        server?.name,
        server?.kind,
        server && server.startMs - call.receivedAtWallMs,
        server && server.endMs - call.receivedAtWallMs,
      ],
      ['kanmon.v1.GatewayService/Complete', 'server', 0, 120],
    );
    assert.deepEqual(
      [
        attempt?.name,
        attempt?.kind,
        attempt && attempt.startMs - call.receivedAtWallMs,
        attempt && attempt.endMs - call.receivedAtWallMs,
      ],
      ['chat m', 'client', 20, 120],
    );
    assert.deepEqual(attempt?.attributes, {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'acme',
      'gen_ai.request.model': 'm',
      'gen_ai.request.max_tokens': 9,
      'gen_ai.request.temperature': 0,
      'gen_ai.request.top_p': 0.5,
      'gen_ai.response.model': 'm-2026',
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.usage.input_tokens': 10,
      'gen_ai.usage.output_tokens': 5,
      'kanmon.deployment': 'acme/m',
      'kanmon.host': 'openai',
      'server.address': 'acme.example',
      'server.port': 443,
    });
    assert.equal(server?.attributes['rpc.response.status_code'], 'OK');
    assert.ok(!JSON.stringify(ended).includes('hush'));
  });

  it('names failures by their reasons', async () => {
    const { spans, ended } = recorder();
    const error = new GatewayError('UPSTREAM_REJECTED', 'hush', { upstream: { status: 400, code: '' } });
    await run({ spans, sampleRatio: 1, error });
    assert.deepEqual(
      ended.map(({ error: reason }) => reason),
      ['UPSTREAM_REJECTED', 'UPSTREAM_REJECTED'],
    );
    assert.equal(ended[0]?.attributes['http.response.status_code'], 400);
    assert.equal(ended[1]?.attributes['rpc.response.status_code'], 'INVALID_ARGUMENT');
    assert.ok(!JSON.stringify(ended).includes('hush'));
  });

  it('uses the names that the conventions have', async () => {
    const known = new Set<unknown>(Object.values(conventions));
    const { spans, ended } = recorder();
    await run({
      spans,
      sampleRatio: 1,
      error: new GatewayError('UPSTREAM_REJECTED', '', { upstream: { status: 400, code: '' } }),
    });
    const names = ended
      .flatMap(({ attributes }) => Object.keys(attributes))
      .filter((name) => !name.startsWith('kanmon.'));
    assert.deepEqual(
      names.filter((name) => !known.has(name)),
      [],
    );
  });
});

describe('traceparent', () => {
  it('is read as the standard says', () => {
    assert.deepEqual(parseTraceParent(PARENT), { traceId: TRACE, spanId: 'b7ad6b7169203331', sampled: true });
    assert.equal(parseTraceParent(`cc-${TRACE}-b7ad6b7169203331-02-more`)?.sampled, false);
    for (const wrong of [
      undefined,
      '',
      'x',
      `ff-${TRACE}-b7ad6b7169203331-01`,
      `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
      `00-${TRACE}-${'0'.repeat(16)}-01`,
      `${PARENT}-more`,
      PARENT.toUpperCase(),
      `${PARENT}\n`,
    ]) {
      assert.equal(parseTraceParent(wrong), undefined, wrong ?? 'none');
    }
  });

  it('never lets anything but itself through', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const parsed = parseTraceParent(text);
        assert.ok(parsed === undefined || /^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/.test(formatTraceParent(parsed)));
      }),
    );
  });
});

describe('the tracing SDK', function () {
  this.timeout(20_000);
  let server: Server;
  let sdk: TracingSdk | undefined;

  const listen = async (respond: boolean): Promise<{ url: string; received: Buffer[] }> => {
    const received: Buffer[] = [];
    server = createServer((request, response) => {
      request.on('data', (chunk: Buffer) => received.push(chunk));
      request.on('end', () => respond && response.writeHead(200).end());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
  };

  afterEach(() => {
    server.closeAllConnections();
    server.close();
    sdk = undefined;
  });

  const start = (url: string, onDropped: (spans: number) => void = () => assert.fail('spans were dropped')) => {
    sdk = startTracingSdk({ otlpUrl: url, version: '0', onDropped });
    return sdk;
  };

  it('sends spans to a collector when it is shut down', async () => {
    const { url, received } = await listen(true);
    const { spans, shutdown } = start(url);
    const span = spans.start({
      name: 'hello-span',
      kind: 'server',
      atWallMs: 1,
      parent: parseTraceParent(PARENT),
      attributes: {},
    });
    assert.equal(span.traceId, TRACE);
    span.end(2, { 'kanmon.model': 'chat-model' }, 'UPSTREAM_5XX');
    await shutdown();
    const body = Buffer.concat(received).toString('latin1');
    for (const part of ['hello-span', 'chat-model', 'UPSTREAM_5XX', 'kanmon']) assert.ok(body.includes(part), part);
  });

  it('drops and counts what a collector does not take, and shuts down in time (row 102)', async () => {
    const { url } = await listen(false);
    const telemetry = createTelemetry(
      { otlpUrl: url, logLevel: 'error' },
      { clock: systemClock, version: '0', secrets: () => [] },
    );
    await telemetry.startTracing();
    const spans = telemetry.spans() ?? assert.fail();
    const began = performance.now();
    for (let index = 0; index < 20_000; index += 1) {
      spans.start({ name: 'x', kind: 'server', atWallMs: 1, parent: undefined, attributes: {} }).end(2, {}, undefined);
    }
    const perSpanUs = ((performance.now() - began) * 1000) / 20_000;
    assert.ok(perSpanUs < 200, `${perSpanUs} µs a span`);
    const dropped = telemetry.metrics.families.dropped.with({ kind: 'span' }).value;
    assert.ok(dropped >= 20_000 - 8192 - 512 && dropped < 20_000, `${dropped} dropped`);
    const ending = performance.now();
    await telemetry.shutdown(300);
    assert.ok(performance.now() - ending < 2000);
  });
});
