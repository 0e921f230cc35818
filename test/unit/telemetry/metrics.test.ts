/** Metrics: what is counted, how it is shown, and what it costs. */
import assert from 'node:assert/strict';
import { GatewayError } from '../../../server/model/errors.ts';
import { UNKNOWN_PRICES } from '../../../server/model/prices.ts';
import { createMetrics, type Metrics } from '../../../server/telemetry/metrics.ts';
import { histogramFamily, numberFamily, observe } from '../../../server/telemetry/series.ts';
import { createTelemetry } from '../../../server/telemetry/telemetry.ts';
import { makeCall, usageOf } from '../../support/calls.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

function endedCall(changes: { readonly reason?: 'UPSTREAM_5XX'; readonly joined?: boolean } = {}) {
  const { call } = makeCall('stream', { clock: createFakeClock() });
  const error = changes.reason && new GatewayError(changes.reason, '');
  const attempt = {
    deployment: 'acme/m/x',
    provider: 'acme',
    prices: UNKNOWN_PRICES,
    billedUsage: undefined,
    startedAtMs: 10,
    endedAtMs: 1010,
    upstreamStatus: 200,
  };
  call.record.attempts.push({ ...attempt, error, usage: usageOf(100, 20) });
  Object.assign(call.record, {
    client: 'checkout',
    model: 'chat',
    usage: usageOf(100, 20, { reasoningTokens: 7 }),
    firstOutputAtMs: 60,
    joined: changes.joined ?? false,
  });
  return { call, outcome: { error, endedAtMs: 1020 } };
}

function note(metrics: Metrics, changes?: Parameters<typeof endedCall>[0]): void {
  const { call, outcome } = endedCall(changes);
  metrics.callBegan(call.rpc);
  metrics.callEnded(call, outcome);
}

describe('metrics', () => {
  it('count calls, tokens, attempts and times, and show them to Prometheus', async () => {
    const telemetry = createTelemetry(
      { otlpUrl: undefined, logLevel: 'error' },
      { clock: createFakeClock(), version: '1.2.3', secrets: () => [] },
    );
    const { metrics } = telemetry;
    note(metrics);
    note(metrics, { reason: 'UPSTREAM_5XX' });
    metrics.callBegan('embed');
    metrics.setConfigGeneration(3);
    metrics.setCertificateExpiry('grpc', 1_800_000_000_000);
    metrics.countRefused('tls', 'expired');
    metrics.countDropped('span', 4);
    const text = await telemetry.renderMetrics();
    const lines = text.split('\n');
    for (const expected of [
      'kanmon_calls_total{rpc="stream",model="chat",client="checkout",code="OK",reason=""} 1',
      'kanmon_calls_total{rpc="stream",model="chat",client="checkout",code="UNAVAILABLE",reason="UPSTREAM_5XX"} 1',
      'kanmon_call_duration_seconds_bucket{rpc="stream",model="chat",code="OK",le="1.28"} 1',
      'kanmon_call_duration_seconds_count{rpc="stream",model="chat",code="OK"} 1',
      'kanmon_call_first_output_seconds_bucket{rpc="stream",model="chat",le="0.04"} 0',
      'kanmon_call_first_output_seconds_bucket{rpc="stream",model="chat",le="0.08"} 2',
      'kanmon_tokens_total{model="chat",client="checkout",type="input"} 200',
      'kanmon_tokens_total{model="chat",client="checkout",type="reasoning"} 14',
      'kanmon_calls_in_flight{rpc="embed"} 1',
      'kanmon_calls_in_flight{rpc="stream"} 0',
      'kanmon_attempts_total{provider="acme",deployment="acme/m/x",reason="UPSTREAM_5XX"} 1',
      'gen_ai_client_operation_duration_sum{gen_ai_operation_name="chat",gen_ai_provider_name="acme",gen_ai_request_model="m/x",error_type=""} 1',
      'gen_ai_client_token_usage_sum{gen_ai_operation_name="chat",gen_ai_provider_name="acme",gen_ai_request_model="m/x",gen_ai_token_type="output"} 40',
      'kanmon_config_generation 3',
      'kanmon_certificate_not_after_timestamp_seconds{certificate="grpc"} 1800000000',
      'kanmon_edge_refused_total{stage="tls",cause="expired"} 1',
      'kanmon_telemetry_dropped_total{kind="span"} 4',
      '# TYPE kanmon_calls_total counter',
      '# TYPE kanmon_calls_in_flight gauge',
      '# TYPE gen_ai_client_operation_duration histogram',
    ]) {
      assert.ok(lines.includes(expected), `${expected}\nis not in\n${text}`);
    }
    assert.match(text, /^process_resident_memory_bytes \d{6,}$/m);
    await telemetry.shutdown(10);
  });

  it('count the tokens of joined calls once', () => {
    const metrics = createMetrics();
    note(metrics);
    note(metrics, { joined: true });
    assert.equal(metrics.families.tokens.with({ model: 'chat', client: 'checkout', type: 'input' }).value, 100);
    assert.equal(metrics.families.joined.with({ rpc: 'stream' }).value, 1);
  });

  it('keep series within bounds, whatever names come and go', () => {
    const family = numberFamily('counter', { name: 'x', description: '', unit: '' });
    for (let index = 0; index < 5000; index += 1) family.with({ model: `m${index}`, client: 'c' }).value += 1;
    const all = [...family.series()];
    assert.equal(all.length, 2001);
    assert.deepEqual(all.at(-1), { labels: { model: 'other', client: 'other' }, value: 3000 });
  });

  it('put a value into the bucket whose bound it does not pass', () => {
    const family = histogramFamily([1, 10], { name: 'x', description: '', unit: '' });
    const series = family.with({});
    for (const value of [0, 1, 1.5, 10, 11]) observe(series, family.bounds, value);
    assert.deepEqual([series.counts, series.sum, series.count], [[2, 2, 1], 23.5, 5]);
  });
});
