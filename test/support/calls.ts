/** Calls, deployments and snapshots for tests of what lies between the door and the providers. */
import type { Client, Entered, Model, RetryConfig, Snapshot } from '../../server/config/snapshot.ts';
import type { Attempted, Batched, Identified, Permitted, Routed, Traced } from '../../server/interceptors/chain.ts';
import type {
  Call,
  CallRecord,
  MessageAnswer,
  Outcome,
  Peer,
  Rpc,
  RpcTypes,
  VectorsAnswer,
} from '../../server/model/call.ts';
import { UNKNOWN_PRICES } from '../../server/model/prices.ts';
import { createSettle, type Settle } from '../../server/model/settle.ts';
import type { Deployment, Provider } from '../../server/model/target.ts';
import { UNKNOWN_USAGE } from '../../server/model/usage.ts';
import {
  CompleteRequest,
  CountTokensRequest,
  EmbedRequest,
  GatewayOptions,
  ListModelsRequest,
  ModelInfo,
  StreamRequest,
  type Usage,
} from '../../server/model/wire.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';
import { makeAllowances, makeCapabilities } from './targets.ts';

/** What a test may change of a call. */
export interface CallOptions<R extends Rpc = Rpc> {
  readonly id?: string;
  readonly request?: RpcTypes[R]['request'];
  readonly options?: Parameters<typeof GatewayOptions.fromPartial>[0];
  readonly peer?: Partial<Peer>;
  readonly metadata?: Readonly<Record<string, string>>;
  /** From the clock's present. Default: 60 s. */
  readonly deadlineMs?: number;
  readonly snapshot?: Snapshot;
  readonly clock?: FakeClock;
}

/** A call and the means to end it. */
export interface TestCall<R extends Rpc = Rpc> {
  readonly call: Call<R> & Entered;
  readonly abort: (reason: Error) => void;
  readonly settle: (outcome?: Partial<Outcome>) => void;
  readonly ended: Settle['outcome'];
}

const REQUESTS: { readonly [R in Rpc]: () => RpcTypes[R]['request'] } = {
  complete: () => CompleteRequest.fromPartial({ generation: { model: 'chat', messages: [userTurn('Hello')] } }),
  stream: () => StreamRequest.fromPartial({ generation: { model: 'chat', messages: [userTurn('Hello')] } }),
  countTokens: () => CountTokensRequest.fromPartial({ generation: { model: 'chat', messages: [userTurn('Hello')] } }),
  embed: () =>
    EmbedRequest.fromPartial({ model: 'chat', inputs: [{ parts: [{ content: { $case: 'text', value: 'a' } }] }] }),
  listModels: () => ListModelsRequest.fromPartial({}),
};

/** A call that has just entered. */
export function makeCall<R extends Rpc>(rpc: R, changes: CallOptions<R> = {}): TestCall<R> {
  const clock = changes.clock ?? createFakeClock();
  const controller = new AbortController();
  const { onSettle, settle, outcome } = createSettle((error) => {
    throw error;
  });
  const call: Call<R> & Entered = {
    id: changes.id ?? 'call-1',
    rpc,
    request: changes.request ?? REQUESTS[rpc](),
    options: GatewayOptions.fromPartial(changes.options ?? {}),
    peer: { address: '192.0.2.1:5000', certificate: undefined, connection: {}, ...changes.peer },
    metadata: new Map(Object.entries(changes.metadata ?? {})),
    receivedAtWallMs: clock.wallMs(),
    receivedAtMs: clock.nowMs(),
    deadlineAtMs: clock.nowMs() + (changes.deadlineMs ?? 60_000),
    signal: controller.signal,
    record: makeRecord(),
    onSettle,
    snapshot: changes.snapshot ?? makeSnapshot(),
  };
  return {
    call,
    abort: (reason) => controller.abort(reason),
    settle: (end = {}) => settle({ error: undefined, endedAtMs: clock.nowMs(), ...end }),
    ended: outcome,
  };
}

/** A record of nothing. */
export function makeRecord(): CallRecord {
  return {
    client: '',
    team: '',
    model: '',
    attempts: [],
    route: [],
    admittedAtMs: undefined,
    firstOutputAtMs: undefined,
    outputDelivered: false,
    lastSequence: undefined,
    usage: undefined,
    cost: undefined,
    finishReason: undefined,
    upstreamModel: '',
    joined: false,
    traceId: '',
  };
}

/** A turn of the user. */
export function userTurn(text: string) {
  return { role: 'ROLE_USER', parts: [{ content: { $case: 'text', value: { text } } }] } as const;
}

/** An Embed of so many texts. */
export function embedOf(count: number, changes: Parameters<typeof EmbedRequest.fromPartial>[0] = {}): EmbedRequest {
  const inputs = Array.from({ length: count }, (_, index) => ({
    parts: [{ content: { $case: 'text', value: `${index}` } as const }],
  }));
  return EmbedRequest.fromPartial({ model: 'chat', inputs, ...changes });
}

/** What a test may change of a deployment. */
export type DeploymentChanges = Partial<Omit<Deployment, 'provider'>> & { readonly provider?: Partial<Provider> };

/** A deployment of provider `<name>` with the upstream model m. */
export function makeDeployment(name: string, changes: DeploymentChanges = {}): Deployment {
  return {
    id: `${name}/m`,
    dialectId: 'openai.chat',
    upstreamModel: 'm',
    priority: 1,
    weight: 1,
    tags: new Map(),
    capabilities: makeCapabilities(),
    defaultMaxOutputTokens: undefined,
    allowances: makeAllowances(),
    timeouts: { connectMs: 2000, firstTokenMs: 120_000, idleMs: 60_000 },
    completeVia: 'unary',
    vectorSpaceId: 'space',
    maxEmbedInputs: undefined,
    prices: UNKNOWN_PRICES,
    ...changes,
    provider: makeProvider(name, changes.provider),
  };
}

function makeProvider(name: string, changes: Partial<Provider> = {}): Provider {
  return {
    name,
    hostId: 'openai',
    baseUrl: `https://${name}.example/v1`,
    apiKeys: [],
    headers: new Map(),
    proxyUrl: undefined,
    tls: { ca: undefined, cert: undefined, key: undefined, serverName: undefined },
    maxConnections: 16,
    stateDomain: name,
    settings: {},
    ...changes,
  };
}

/** A model of deployments. */
export function makeModel(deployments: readonly Deployment[], retry: Partial<RetryConfig> = {}, name = 'chat'): Model {
  return {
    name,
    info: ModelInfo.fromPartial({ name }),
    deployments,
    retry: { attempts: 3, budgetRatio: 0.2, baseDelayMs: 100, maxDelayMs: 2000, ...retry },
  };
}

/** A client that may use models. */
export function makeClient(name: string, models: readonly string[], team = 'payments'): Client {
  return { name, team, models: new Set(models), modelNames: models.toSorted() };
}

/** What a test may change of a snapshot. */
export interface SnapshotChanges {
  readonly digest?: string;
  readonly models?: readonly Model[];
  /** Clients by subject. */
  readonly clients?: Readonly<Record<string, Client>>;
  readonly sampleRatio?: number;
  readonly minDeadlineMs?: number;
}

/** A snapshot with models and clients; of the rest only what calls read. */
export function makeSnapshot(changes: SnapshotChanges = {}): Snapshot {
  const clients = Object.entries(changes.clients ?? {});
  const models = changes.models ?? [];
  const snapshot: Pick<
    Snapshot,
    'digest' | 'providers' | 'models' | 'clients' | 'clientsBySubject' | 'times' | 'telemetry'
  > = {
    digest: changes.digest ?? 'digest',
    providers: new Map(),
    models: new Map(models.map((model) => [model.name, model])),
    clients: new Map(clients.map(([, client]) => [client.name, client])),
    clientsBySubject: new Map(clients),
    times: {
      defaultDeadlineMs: 600_000,
      minDeadlineMs: changes.minDeadlineMs ?? 50,
      slowReaderMs: 30_000,
      slowProviderMs: 10_000,
    },
    telemetry: { otlpUrl: undefined, sampleRatio: changes.sampleRatio ?? 0, logLevel: 'info' },
  };
  return snapshot as Snapshot; // Listeners, sizes and drain are the transport's; nothing under test looks at them.
}

/** What the interceptors before attempts add. */
export function planned(
  model: Model,
  changes: Partial<Batched> = {},
): Traced & Identified & Permitted & Routed & Batched {
  return {
    traceHeaders: {},
    traceAttempt: undefined,
    client: makeClient('checkout', [model.name]),
    subject: 'spiffe://corp.example/checkout',
    via: 'mtls',
    model,
    plan: {
      deployments: model.deployments,
      candidates: model.deployments.map((deployment) => ({ deployment, fit: true, detail: '' })),
    },
    batch: { index: 0, count: 1 },
    retries: { used: 0 },
    boundTo: undefined,
    ...changes,
  };
}

/** Usage of so many tokens. */
export function usageOf(inputTokens: number, outputTokens: number, changes: Partial<Usage> = {}): Usage {
  return { ...UNKNOWN_USAGE, inputTokens, outputTokens, confidence: 'USAGE_CONFIDENCE_REPORTED', ...changes };
}

/** A whole answer of a deployment. */
export function messageFrom(
  { deployment }: Pick<Attempted, 'deployment'>,
  changes: Partial<MessageAnswer> = {},
): MessageAnswer {
  return {
    kind: 'message',
    deployment,
    upstreamModel: `${deployment.upstreamModel}-2026`,
    message: { role: 'ROLE_ASSISTANT', parts: [] },
    finishReason: { kind: 'FINISH_KIND_STOP', raw: 'stop', stopSequence: undefined },
    usage: usageOf(10, 5),
    adaptations: [],
    ...changes,
  };
}

/** One vector for each input: its text as a number, so that order can be seen. */
export function vectorsFrom(deployment: Deployment, request: EmbedRequest, dimensions = 3): VectorsAnswer {
  const embeddings = request.inputs.map(({ parts }) => {
    const content = parts[0]?.content;
    const first = content?.$case === 'text' ? Number(content.value) : 0;
    const values = Array.from({ length: dimensions }, (_, index) => (index === 0 ? first : 0));
    return { vector: { $case: 'floats', value: { values } } } as const;
  });
  const usage = usageOf(request.inputs.length, 0);
  return { kind: 'vectors', deployment, upstreamModel: 'm-2026', embeddings, dimensions, usage, adaptations: [] };
}
