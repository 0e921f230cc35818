/** A whole gateway before providers that misbehave, and what every row of the fault table has to assert of a failed call. */
import { deepStrictEqual, match, ok, strictEqual } from 'node:assert/strict';
import type { ClientHttp2Session } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import { type GenerationStream, type KanmonClient, type KanmonError, textOf, userText } from '@kanmon/client';
import { failure } from './client-rig.ts';
import { openaiCompatible, PROVIDER_KEY, startTestGateway, type TestConfig, type TestGateway } from './gateway.ts';
import { openSession } from './grpc-rig.ts';
import { type MisbehavingServer, openMisbehavingServer, type Step, type WholeRequest } from './misbehaving-server.ts';

/** Words of every prompt in these tests; they must never be seen in a log, a metric or an error. */
export const PROMPT = 'canary-prompt-6d1f0c2b: what is a gateway?';

/** The model of the honest provider: the simulator, without delays. */
export const HONEST = 'honest';

/** What a provider does for each request, by its number from 0. */
export type Script = (request: WholeRequest, index: number) => readonly Step[];

/** A model with a provider of its own that plays a script. */
export interface FaultyModel {
  readonly script: Script;
  /** Requests for one call. Default: 1, so that a test sees the attempt's own error. */
  readonly attempts?: number;
  /** Whether the honest provider stands behind it, at a lower priority; then there are 2 attempts by default. */
  readonly fallback?: boolean;
  /** More members of the model, of its deployment and of its provider. */
  readonly model?: Readonly<Record<string, unknown>>;
  readonly deployment?: Readonly<Record<string, unknown>>;
  readonly provider?: Readonly<Record<string, unknown>>;
}

/** How a call shall fail. */
export interface ExpectedFault {
  readonly code: KanmonError['code'];
  readonly reason: string;
  /** Exactly, or from and to. */
  readonly pushbackMs: number | readonly [number, number];
  /** The same for RetryInfo; absent: there is none. */
  readonly retryAfterMs?: number | readonly [number, number];
  /** Each attempt as `REASON status`. Absent: the call was not admitted, and there is no CallFailure. */
  readonly attempts?: readonly string[];
  /** Number of the last event that was delivered; absent: nothing was. */
  readonly lastSequence?: number;
  /** Input and output tokens that are known to be spent; absent: nothing is. */
  readonly usage?: readonly [input: number | undefined, output: number | undefined];
  readonly message?: RegExp;
}

/** The gateway, its providers and what is asserted of them. */
export interface FaultRig extends AsyncDisposable {
  readonly gateway: TestGateway;
  readonly client: KanmonClient;
  /** The provider of a model. */
  readonly provider: (model: string) => MisbehavingServer;
  /** Asserts every cell of a row: the error, its log line and metric, and that an honest call beside it succeeds. */
  readonly assertFault: (call: Promise<unknown>, expected: ExpectedFault) => Promise<KanmonError>;
  /** Asserts that an honest call is answered. */
  readonly assertServes: () => Promise<void>;
  /** The line that the log has of a call, by its request id. */
  readonly logLine: (requestId: string) => Promise<Readonly<Record<string, unknown>>>;
  /** A raw HTTP/2 connection as CALLER. */
  readonly openSession: () => Promise<ClientHttp2Session>;
  /** Asserts that no call is in flight any more, and that neither key nor prompt are in the log or the metrics. */
  readonly assertQuiet: () => Promise<void>;
}

/** Starts providers, one a model, and a gateway before them. */
export async function startFaultRig(
  models: Readonly<Record<string, FaultyModel>>,
  more: Partial<TestConfig> = {},
): Promise<FaultRig> {
  const servers = new Map<string, MisbehavingServer>();
  for (const [name, { script }] of Object.entries(models)) servers.set(name, await openMisbehavingServer(script));
  const drain = { announce: '0s', grace: '0s' };
  const gateway = await startTestGateway({
    ...more,
    more: { drain, ...more.more },
    ...configure(models, servers, more),
  });
  return {
    gateway,
    client: gateway.client,
    provider: (model) => servers.get(model) ?? unknownModel(model),
    assertFault: (call, expected) => assertFault(gateway, call, expected),
    assertServes: () => assertServes(gateway),
    logLine: (id) => eventually(() => gateway.logs().find(({ requestId }) => requestId === id)),
    openSession: () => openSession(reachable(gateway)),
    assertQuiet: () => assertQuiet(gateway),
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      for (const server of servers.values()) await server[Symbol.asyncDispose]();
    },
  };
}

/** A request for a generation with the canary in it. */
export function generation(model: string) {
  return { generation: { model, messages: [userText(PROMPT)] } };
}

/** Reads a stream to its end or its failure; `text` is what came. */
export async function readText(stream: GenerationStream, onText: (text: string) => void): Promise<void> {
  for await (const text of stream.text()) onText(text);
}

/** Waits for something that takes a moment: a line of the log, a counter, a closed socket. Bounded by the test's own limit. */
export async function eventually<T>(look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await sleep(10);
  }
}

function configure(
  models: Readonly<Record<string, FaultyModel>>,
  servers: ReadonlyMap<string, MisbehavingServer>,
  more: Partial<TestConfig>,
): Pick<TestConfig, 'providers' | 'models'> {
  const simulator = { provider: 'simulator', model: 'sim-chat' };
  const made = Object.entries(models).map(([name, faulty]): [string, unknown] => {
    const own = { provider: name, model: `${name}-1`, ...faulty.deployment };
    const deployments = faulty.fallback ? [own, { ...simulator, priority: 2 }] : [own];
    const retry = { attempts: faulty.attempts ?? (faulty.fallback ? 2 : 1), baseDelay: '1ms', maxDelay: '2ms' };
    return [name, { timeouts: { firstToken: '200ms', idle: '200ms' }, retry, deployments, ...faulty.model }];
  });
  const providers = Object.entries(models).map(([name, { provider }]): [string, unknown] => [
    name,
    openaiCompatible(servers.get(name)?.port ?? 0, provider),
  ]);
  return {
    providers: {
      simulator: { host: 'simulator', firstTokenMs: 0, tokensPerSecond: 0 },
      ...Object.fromEntries(providers),
      ...more.providers,
    },
    models: { [HONEST]: { deployments: [simulator] }, ...Object.fromEntries(made), ...more.models },
  };
}

function reachable({ gateway, authority, caller }: TestGateway) {
  return { port: gateway.ports.grpc, ca: authority, client: caller };
}

function unknownModel(model: string): never {
  throw new Error(`no model ${model} in this rig`);
}

async function assertFault(
  gateway: TestGateway,
  call: Promise<unknown>,
  expected: ExpectedFault,
): Promise<KanmonError> {
  const [error] = await Promise.all([failure(call), assertServes(gateway)]);
  const told = JSON.stringify({ ...error, message: error.message });
  strictEqual(error.code, expected.code, told);
  strictEqual(error.reason, expected.reason, told);
  assertWithin(error.pushbackMs, expected.pushbackMs, 'pushback');
  assertWithin(error.retryAfterMs, expected.retryAfterMs, 'RetryInfo');
  if (expected.message !== undefined) match(error.message, expected.message);
  ok(error.message.isWellFormed() && error.message.length <= 512, error.message);
  ok(!told.includes(PROVIDER_KEY), 'the key is not told');
  ok(error.help?.url.endsWith(`#${expected.reason.toLowerCase()}`), 'Help leads to the reason');
  strictEqual(error.metadata.callId, error.callId);
  assertCallFailure(error, expected);
  await assertRecorded(gateway, error, expected);
  return error;
}

function assertCallFailure({ callFailure, callId }: KanmonError, expected: ExpectedFault): void {
  if (expected.attempts === undefined) {
    strictEqual(callFailure, undefined);
    return;
  }
  ok(callFailure, 'there is a CallFailure');
  strictEqual(callFailure.callId, callId);
  deepStrictEqual(
    callFailure.attempts.map(
      ({ reason, upstreamStatus }) => `${reason.replace('ERROR_REASON_', '')} ${upstreamStatus}`,
    ),
    expected.attempts,
  );
  strictEqual(callFailure.outputDelivered, expected.lastSequence !== undefined);
  strictEqual(callFailure.lastSequence, expected.lastSequence);
  const { inputTokens, outputTokens } = callFailure.usage ?? {};
  deepStrictEqual([inputTokens, outputTokens], expected.usage ?? [undefined, undefined]);
  strictEqual(callFailure.usage?.rawJson ?? '', '', 'raw usage stays out of details');
}

/** One line in the log and one call in the metrics, both with the reason. */
async function assertRecorded(gateway: TestGateway, error: KanmonError, expected: ExpectedFault): Promise<void> {
  const line = await eventually(() => gateway.logs().find(({ callId }) => callId === error.callId));
  deepStrictEqual(
    [line.status, line.reason, line.attempts],
    [expected.code, expected.reason, expected.attempts?.length ?? 0],
  );
  const [inputTokens, outputTokens] = expected.usage ?? [];
  deepStrictEqual([line.inputTokens, line.outputTokens], [inputTokens, outputTokens]);
  const counted = new RegExp(`^kanmon_calls_total\\{[^}]*reason="${expected.reason}"\\} [1-9]`, 'm');
  match(await gateway.metrics(), counted);
}

function assertWithin(
  actual: number | undefined,
  expected: number | readonly [number, number] | undefined,
  what: string,
): void {
  if (typeof expected !== 'object') strictEqual(actual, expected, what);
  else ok(actual !== undefined && actual >= expected[0] && actual <= expected[1], `${what}: ${actual}`);
}

async function assertServes({ client }: TestGateway): Promise<void> {
  const reply = await client.complete(generation(HONEST));
  ok(textOf(reply.message).length > 0);
}

const IN_FLIGHT = /^kanmon_calls_in_flight\{[^}]*\} [^0]/m;

async function assertQuiet(gateway: TestGateway): Promise<void> {
  await eventually(async () => !IN_FLIGHT.test(await gateway.metrics()));
  const seen = gateway.logText() + (await gateway.metrics());
  const canaries = [PROVIDER_KEY, 'canary-prompt', ...keyLines(gateway)];
  for (const canary of canaries) ok(!seen.includes(canary), `${canary.slice(0, 16)}… is in the log or the metrics`);
}

/** Lines of the private keys that take part. */
function keyLines({ caller, authority }: TestGateway): readonly string[] {
  return [caller.key, authority.key].map((pem) => pem.split('\n')[1] ?? '');
}
