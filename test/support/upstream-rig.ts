/** What tests of upstream share: a tiny dialect, providers and calls, and an exchange that a test plays by hand. */
import type { Rpc, StreamAnswer } from '../../server/model/call.ts';
import { GatewayError } from '../../server/model/errors.ts';
import { UNKNOWN_PRICES } from '../../server/model/prices.ts';
import { Secret } from '../../server/model/secret.ts';
import type { Deployment, Provider } from '../../server/model/target.ts';
import { UNKNOWN_USAGE } from '../../server/model/usage.ts';
import {
  CompleteRequest,
  CountTokensRequest,
  EmbedRequest,
  FinishKind,
  GatewayOptions,
  Role,
  type StreamEvent,
  StreamRequest,
  type Usage,
} from '../../server/model/wire.ts';
import type { Decoded, Dialect, StreamDecoder } from '../../server/providers/dialect.ts';
import type { Host } from '../../server/providers/host.ts';
import { finished, textDelta, textEnd, textStart } from '../../server/providers/shared/events.ts';
import type { Exchange, ResponseSink, UpstreamRequest } from '../../server/upstream/exchange.ts';
import type { Invocation, InvokeDeps } from '../../server/upstream/invocation.ts';
import { createInvoke } from '../../server/upstream/invoke.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';
import { makeAllowances, makeCapabilities } from './targets.ts';

/** The key of the provider of these tests. */
export const API_KEY = 'k-canary-0123456789';

/** A provider with what differs. */
export function makeProvider(changes: Partial<Provider> = {}): Provider {
  return {
    name: 'acme',
    hostId: 'acme',
    baseUrl: 'https://api.acme.example/v1',
    apiKeys: [new Secret(API_KEY)],
    headers: new Map([['x-title', 'tests']]),
    proxyUrl: undefined,
    tls: { ca: undefined, cert: undefined, key: undefined, serverName: undefined },
    maxConnections: 10,
    stateDomain: 'acme',
    settings: {},
    ...changes,
  };
}

/** A deployment with what differs. */
export function makeDeployment(changes: Partial<Deployment> = {}): Deployment {
  return {
    id: 'acme/model-1',
    provider: makeProvider(),
    dialectId: 'acme.lines',
    upstreamModel: 'model-1',
    priority: 1,
    weight: 1,
    tags: new Map(),
    capabilities: makeCapabilities(),
    defaultMaxOutputTokens: undefined,
    allowances: makeAllowances(),
    timeouts: { connectMs: 2_000, firstTokenMs: 30_000, idleMs: 10_000 },
    completeVia: 'unary',
    vectorSpaceId: 'space',
    maxEmbedInputs: undefined,
    prices: UNKNOWN_PRICES,
    ...changes,
  };
}

/** The host of these tests. */
export const ACME: Host = {
  id: 'acme',
  title: 'Acme',
  dialectId: 'acme.lines',
  baseUrl: undefined,
  settings: [],
  defaults: {},
  framing: 'sse',
  sign: 'bearer',
  keyHeader: undefined,
  keyRequired: true,
  headers: { 'acme-version': '1' },
  quirks: {},
  lacks: [],
  place: 'network',
  shape: (encoded) => encoded,
  source: 'made up',
  proof: 'memory',
};

const GENERATION = {
  model: 'chat',
  messages: [
    { role: Role.USER, parts: [{ content: { $case: 'text', value: { text: 'Hello', citations: [], logprobs: [] } } }] },
  ],
} as const;

/** A request of each RPC. */
const REQUESTS = {
  complete: () => CompleteRequest.fromPartial({ generation: GENERATION }),
  stream: () => StreamRequest.fromPartial({ generation: GENERATION }),
  embed: () => EmbedRequest.fromPartial({ model: 'embed', inputs: [{ parts: [] }] }),
  countTokens: () => CountTokensRequest.fromPartial({ generation: GENERATION }),
} as const;

/** A call, and the means to end it. */
export interface TestCall<R extends keyof typeof REQUESTS> {
  readonly call: Invocation<R>;
  readonly abort: (reason: GatewayError) => void;
}

/** A call of an RPC to a deployment. */
export function makeCall<R extends keyof typeof REQUESTS & Rpc>(
  rpc: R,
  deployment = makeDeployment(),
  options: Partial<GatewayOptions> = {},
): TestCall<R> {
  const controller = new AbortController();
  const call = {
    id: 'call-1',
    rpc,
    request: REQUESTS[rpc](),
    options: { ...GatewayOptions.fromPartial({}), maxReplyBytes: 100_000, ...options },
    peer: { address: '127.0.0.1:1', certificate: undefined, connection: {} },
    metadata: new Map(),
    receivedAtWallMs: 0,
    receivedAtMs: 0,
    deadlineAtMs: 600_000,
    signal: controller.signal,
    record: {
      client: 'shop',
      team: 'payments',
      model: 'chat',
      attempts: [],
      admittedAtMs: undefined,
      firstOutputAtMs: undefined,
      outputDelivered: false,
      lastSequence: undefined,
      usage: undefined,
      finishReason: undefined,
      upstreamModel: '',
      joined: false,
      traceId: '',
    },
    onSettle: () => undefined,
    snapshot: {
      sizes: { upstreamFrameBytes: 65_536, upstreamBodyBytes: 1_000_000, heldBytes: 4_096, heldFrames: 8 },
      times: { slowProviderMs: 10_000 },
    },
    deployment,
    attempt: {
      deployment: deployment.id,
      provider: deployment.provider.name,
      prices: deployment.prices,
      startedAtMs: 0,
      endedAtMs: undefined,
      upstreamStatus: 0,
      error: undefined,
      usage: undefined,
      billedUsage: undefined,
    },
    traceHeaders: { traceparent: '00-trace-span-01' },
  };
  // Holds: request and RPC come from the same key.
  return { call: call as unknown as Invocation<R>, abort: (reason) => controller.abort(reason) };
}

/**
 * The dialect acme.lines. Frames: `{"t": text}`, `{"e": error}`, `{"f": finish reason}`, `{"u": tokens}`, `[DONE]`; whole:
 * `{"text": …, "tokens": …}`.
 */
export const ACME_LINES: Dialect = {
  id: 'acme.lines',
  encodeComplete: (generation, target, stream) => ({
    path: '/chat',
    headers: { 'acme-mode': 'test' },
    body: { model: target.upstreamModel, messages: generation.messages.length, stream },
    adaptations: [],
  }),
  decodeComplete: (reply) => decodeWhole(asRecord(reply)),
  openStream: () => new LinesDecoder(),
  decodeError: (status, headers, _contentType, body) =>
    new GatewayError(status === 429 ? 'UPSTREAM_RATE_LIMITED' : 'UPSTREAM_REJECTED', `refused: ${body}`, {
      upstream: { status, code: headers.get('x-code') ?? '' },
    }),
  embed: {
    encode: () => ({ path: '/embed', headers: {}, body: {}, adaptations: [] }),
    decode: () => ({ embeddings: [], dimensions: 3, usage: usageOf(7), upstreamModel: '' }),
    maxInputs: 10,
  },
};

function decodeWhole(reply: Record<string, unknown>): Decoded {
  if (typeof reply.text !== 'string') throw new GatewayError('UPSTREAM_PROTOCOL', 'no text');
  const text = { $case: 'text', value: { text: reply.text, citations: [], logprobs: [] } } as const;
  return {
    message: { role: Role.ASSISTANT, parts: [{ content: text, cacheBreakpoint: undefined, opaqueState: [] }] },
    finishReason: { kind: FinishKind.STOP, raw: 'stop', stopSequence: '' },
    usage: usageOf(Number(reply.tokens)),
    upstreamModel: 'model-1-2026',
  };
}

function usageOf(outputTokens: number): Usage {
  return { ...UNKNOWN_USAGE, outputTokens };
}

function asRecord(json: unknown): Record<string, unknown> {
  if (typeof json !== 'object' || json === null) throw new GatewayError('UPSTREAM_PROTOCOL', 'no object');
  return { ...json };
}

class LinesDecoder implements StreamDecoder {
  done = false;
  finishing = false;
  upstreamModel = '';
  usage: Usage | undefined;
  #open = false;
  #finish = '';

  push({ data }: { readonly data: string }): readonly StreamEvent[] {
    if (data === '[DONE]') {
      this.done = true;
      return [];
    }
    const frame = parse(data);
    if (typeof frame.e === 'string') {
      const details = { upstream: { status: 200, code: 'overloaded' } };
      throw new GatewayError('UPSTREAM_OVERLOADED', `said: ${frame.e}`, details);
    }
    if (typeof frame.u === 'number') this.usage = usageOf(frame.u);
    if (typeof frame.f === 'string') {
      this.finishing = true;
      this.#finish = frame.f;
    }
    if (typeof frame.t !== 'string') return [];
    const start = this.#open ? [] : [textStart(0)];
    this.#open = true;
    return [...start, textDelta(0, frame.t)];
  }

  end(): readonly StreamEvent[] {
    if (!this.finishing) throw new GatewayError('UPSTREAM_TRUNCATED', 'no finish');
    const reason = { kind: FinishKind.STOP, raw: this.#finish, stopSequence: '' };
    return [...(this.#open ? [textEnd(0)] : []), finished(reason, this.usage ?? UNKNOWN_USAGE)];
  }
}

function parse(data: string): Record<string, unknown> {
  try {
    return asRecord(JSON.parse(data));
  } catch {
    throw new GatewayError('UPSTREAM_PROTOCOL', 'not JSON');
  }
}

/** An exchange whose replies a test plays by hand. */
export interface PlayedExchange extends Exchange {
  /** Requests sent so far. */
  readonly requests: UpstreamRequest[];
  /** The sink of the last request. */
  readonly sink: () => ResponseSink;
  /** What was done to the last flow. */
  readonly flow: { paused: boolean; aborted: boolean };
  /** Headers of a success, then pieces of its body. */
  readonly reply: (contentType: string, ...pieces: readonly string[]) => void;
}

/** Makes such an exchange. */
export function createPlayedExchange(): PlayedExchange {
  const requests: UpstreamRequest[] = [];
  const flow = { paused: false, aborted: false };
  let sink: ResponseSink | undefined;
  const current = (): ResponseSink => {
    if (sink === undefined) throw new Error('nothing was sent');
    return sink;
  };
  return {
    requests,
    flow,
    sink: current,
    send(request, to) {
      requests.push(request);
      sink = to;
      Object.assign(flow, { paused: false, aborted: false });
      return {
        pause: () => void Object.assign(flow, { paused: true }),
        resume: () => void Object.assign(flow, { paused: false }),
        abort: () => void Object.assign(flow, { aborted: true }),
      };
    },
    reply(contentType, ...pieces) {
      current().onHeaders(200, new Map([['content-type', contentType]]));
      for (const piece of pieces) current().onData(Buffer.from(piece));
    },
    close: () => Promise.resolve(),
  };
}

/** The ports of invoke, with a clock that stands still. */
export function makeInvokeDeps(
  network: Exchange,
  changes: Partial<InvokeDeps> = {},
): InvokeDeps & { clock: FakeClock } {
  return {
    dialects: new Map([[ACME_LINES.id, ACME_LINES]]),
    hosts: new Map([[ACME.id, ACME]]),
    network,
    inProcess: network,
    estimateTokens: () => Promise.resolve({ tokens: 5, counter: 'rule of thumb' }),
    ...changes,
    clock: createFakeClock(),
  };
}

/** The text of events, and how they end. */
export function textOf(events: readonly StreamEvent[]): string {
  return events
    .map(({ event }) => (event?.$case === 'textDelta' ? event.value.text : event?.$case === 'finished' ? '.' : ''))
    .join('');
}

/** Reads a stream to its end. */
export async function readAll({ first, rest }: StreamAnswer): Promise<readonly StreamEvent[]> {
  const events = [...first];
  for (let batch = await rest.read(); batch !== undefined; batch = await rest.read()) events.push(...batch);
  return events;
}

/** What a promise is rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<GatewayError> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof GatewayError) return outcome;
  throw new Error(`not rejected with a GatewayError: ${String(outcome)}`);
}

/** Bytes of frames. */
export function frames(...data: readonly unknown[]): string {
  return data.map((frame) => `data: ${frame === '[DONE]' ? frame : JSON.stringify(frame)}\n\n`).join('');
}

/** Content type of streams. */
export const SSE = 'text/event-stream';

/** A Stream call under way, over an exchange that a test plays. */
export function openStreamRig(deployment = makeDeployment()) {
  const exchange = createPlayedExchange();
  const deps = makeInvokeDeps(exchange);
  const { call, abort } = makeCall('stream', deployment);
  const answer = createInvoke(deps)(call);
  answer.catch(() => undefined); // Looked at later.
  return { exchange, clock: deps.clock, call, abort, answer };
}

/** Whether a promise has not settled after everything that can has. */
export async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  const settled = promise.catch(() => undefined);
  return (await Promise.race([settled, new Promise((resolve) => setImmediate(resolve, pending))])) === pending;
}
