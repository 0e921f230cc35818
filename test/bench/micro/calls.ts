/**
 * What a call costs on its way through the interceptors, and what its log line and metrics cost, without any provider.
 * `node --conditions=kanmon-source test/bench/micro/calls.ts > /dev/null`; results on standard error.
 */
import { attempts } from '../../../server/interceptors/attempts/attempts.ts';
import { auth } from '../../../server/interceptors/auth/auth.ts';
import { batches } from '../../../server/interceptors/batches/batches.ts';
import { onion } from '../../../server/interceptors/chain.ts';
import { joining } from '../../../server/interceptors/joining/joining.ts';
import { listing } from '../../../server/interceptors/listing.ts';
import { policy } from '../../../server/interceptors/policy.ts';
import { routing } from '../../../server/interceptors/routing/routing.ts';
import { tracing } from '../../../server/interceptors/tracing.ts';
import { systemClock } from '../../../server/model/clock.ts';
import { createTelemetry } from '../../../server/telemetry/telemetry.ts';
import { makeCall, makeClient, makeDeployment, makeModel, makeSnapshot, messageFrom } from '../../support/calls.ts';

const WINDOWS = 7;
const ROUNDS = 40;
const CALLS = 500; // At once: as many as a busy gateway holds.

const telemetry = createTelemetry(
  { otlpUrl: undefined, logLevel: 'info' },
  { clock: systemClock, version: '0', secrets: () => [] },
);
const model = makeModel([makeDeployment('a'), makeDeployment('b')]);
const client = makeClient('checkout', ['chat']);
const snapshot = makeSnapshot({ models: [model], clients: { s: client }, sampleRatio: 0.01 });
const gateway = onion()
  .use(tracing({ spans: telemetry.spans, random: Math.random }))
  .use(auth({ authenticate: () => ({ subject: 's', otherSubjects: [], via: 'bench' }) }))
  .use(listing())
  .use(policy())
  .use(joining({ nowMs: systemClock.nowMs, onListenerError: console.error }))
  .use(routing({ leastPromptTokens: () => undefined }))
  .use(batches({ maxEmbedInputs: () => undefined }))
  .use(attempts({ clock: systemClock, random: Math.random }))
  .around((call) => Promise.resolve(messageFrom(call) as never));

const options = { tags: { feature: 'search' } };
let id = 0;
const newCall = (requestId: string) =>
  makeCall('complete', { snapshot, id: `call-${id++}`, options: { ...options, requestId } });

async function runCalls(calls: ReturnType<typeof newCall>[]): Promise<void> {
  for (const { call } of calls) await gateway(call);
}

async function measure(
  name: string,
  work: (calls: ReturnType<typeof newCall>[]) => Promise<void> | void,
  requestId: () => string,
): Promise<void> {
  const perCallUs: number[] = [];
  for (let window = 0; window <= WINDOWS; window += 1) {
    let spentUs = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const calls = Array.from({ length: CALLS }, () => newCall(requestId()));
      const before = process.cpuUsage();
      await work(calls);
      const { user, system } = process.cpuUsage(before);
      spentUs += user + system;
    }
    if (window > 0) perCallUs.push(spentUs / (ROUNDS * CALLS));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  perCallUs.sort((a, b) => a - b);
  const [least = 0, median = 0, most = 0] = [perCallUs[0], perCallUs[WINDOWS >> 1], perCallUs.at(-1)];
  console.error(`${name}: ${median.toFixed(1)} µs a call (${least.toFixed(1)} to ${most.toFixed(1)})`);
}

function tell(calls: ReturnType<typeof newCall>[]): void {
  for (const { call } of calls) {
    call.record.client = 'checkout';
    call.record.model = 'chat';
    const listener = telemetry.settleListener(call);
    void listener({ error: undefined, endedAtMs: systemClock.nowMs() });
  }
}

await measure('interceptors', runCalls, () => '');
await measure('interceptors, with a request id', runCalls, () => `r${id}`);
await measure('log line and metrics', tell, () => 'r');
const quiet = createTelemetry(
  { otlpUrl: undefined, logLevel: 'warn' },
  { clock: systemClock, version: '0', secrets: () => [] },
);
await measure(
  'metrics alone',
  (calls) => {
    for (const { call } of calls) {
      quiet.metrics.callBegan(call.rpc);
      quiet.metrics.callEnded(call, { error: undefined, endedAtMs: systemClock.nowMs() });
    }
  },
  () => 'r',
);
console.error(`${telemetry.metrics.families.dropped.with({ kind: 'log' }).value} lines dropped`);
process.exit(0);
