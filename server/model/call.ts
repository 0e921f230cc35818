/** One call on its way through the gateway, and what comes of it. */

import type { GatewayError } from './errors.ts';
import type { Prices } from './prices.ts';
import type { Deployment } from './target.ts';
import type {
  Adaptation,
  ChatMessage,
  CompleteRequest,
  Cost,
  CountTokensRequest,
  Embedding,
  EmbedRequest,
  FinishReason,
  GatewayOptions,
  ListModelsRequest,
  ModelInfo,
  StreamEvent,
  StreamRequest,
  Usage,
  UsageConfidence,
} from './wire.ts';

/** The RPCs that are calls. */
export type Rpc = 'complete' | 'stream' | 'embed' | 'countTokens' | 'listModels';

/** Request and answer of each RPC. */
export interface RpcTypes {
  readonly complete: { readonly request: CompleteRequest; readonly answer: MessageAnswer };
  readonly stream: { readonly request: StreamRequest; readonly answer: StreamAnswer };
  readonly embed: { readonly request: EmbedRequest; readonly answer: VectorsAnswer };
  readonly countTokens: { readonly request: CountTokensRequest; readonly answer: CountAnswer };
  readonly listModels: { readonly request: ListModelsRequest; readonly answer: ModelsAnswer };
}

/** Any request. */
export type AnyRequest = RpcTypes[Rpc]['request'];

/** Any answer. */
export type AnyAnswer = RpcTypes[Rpc]['answer'];

/** Who is at the other end of the connection, before anybody believes it. */
export interface Peer {
  /** Address and port, for logs. */
  readonly address: string;
  /** The verified client certificate as DER; undefined: the connection has none. */
  readonly certificate: Uint8Array | undefined;
  /** The certificate's identity is parsed once a connection; this is where it is kept. */
  readonly connection: object;
}

/** A whole answer of a provider. */
export interface MessageAnswer {
  readonly kind: 'message';
  readonly deployment: Deployment;
  readonly upstreamModel: string;
  readonly message: ChatMessage;
  readonly finishReason: FinishReason;
  readonly usage: Usage;
  readonly adaptations: readonly Adaptation[];
}

/**
 * The rest of a stream. `read` gives everything that has arrived since the last time, waits if nothing has, and gives
 * undefined after the finished event; it rejects with a GatewayError if the provider's stream ends in any other way. One
 * reader, one read at a time. Not reading stops the provider.
 */
export interface BatchSource {
  readonly read: () => Promise<readonly StreamEvent[] | undefined>;
  /** Gives the stream up; the provider's connection is closed at once. Harmless when it has ended. */
  readonly cancel: () => void;
}

/** An answer that has begun. */
export interface StreamAnswer {
  readonly kind: 'stream';
  readonly deployment: Deployment;
  readonly upstreamModel: string;
  readonly adaptations: readonly Adaptation[];
  /**
   * Events up to the first output and what came with it, perhaps to the very end; empty if the provider named its finish
   * reason without any output. Neither these nor the rest hold `started`.
   */
  readonly first: readonly StreamEvent[];
  /** What follows. The `finished` event, here or there, has finish_reason and usage only: transport adds what the gateway knows. */
  readonly rest: BatchSource;
}

/** Vectors for all inputs, in their order. */
export interface VectorsAnswer {
  readonly kind: 'vectors';
  readonly deployment: Deployment;
  readonly upstreamModel: string;
  readonly embeddings: readonly Embedding[];
  readonly dimensions: number;
  readonly usage: Usage;
  readonly adaptations: readonly Adaptation[];
}

/** The size of a prompt. */
export interface CountAnswer {
  readonly kind: 'count';
  readonly deployment: Deployment;
  readonly inputTokens: number;
  readonly confidence: UsageConfidence;
  readonly counter: string;
}

/** A page of models. */
export interface ModelsAnswer {
  readonly kind: 'models';
  readonly models: readonly ModelInfo[];
  readonly nextPageToken: string;
}

/** One request to a provider, as it is remembered. */
export interface AttemptRecord {
  readonly deployment: string;
  readonly provider: string;
  /** What it is charged by. */
  readonly prices: Prices;
  readonly startedAtMs: number;
  /** Undefined while it runs. */
  endedAtMs: number | undefined;
  /** HTTP status; 0 before one came. */
  upstreamStatus: number;
  /** What went wrong; undefined if nothing did. */
  error: GatewayError | undefined;
  usage: Usage | undefined;
  /** What the provider charges for, where that is another measure than usage; undefined: it is usage. */
  billedUsage: Usage | undefined;
}

/** What routing thought of one deployment. */
export interface RouteNote {
  readonly deployment: string;
  readonly fit: boolean;
  /** Why it stands where it stands, or why it is unfit. */
  readonly detail: string;
}

/** What has happened to a call so far. The only mutable thing of a call; whoever does something writes it down here. */
export interface CallRecord {
  /** Name of the client; empty before it is known. */
  client: string;
  team: string;
  /** Alias of the model; empty before it is known to exist. */
  model: string;
  readonly attempts: AttemptRecord[];
  /** What routing thought of each deployment of the model, in the order of the plan; empty before routing. */
  route: readonly RouteNote[];
  /** Monotonic time at which the first attempt began. */
  admittedAtMs: number | undefined;
  /** Monotonic time at which the first output came. */
  firstOutputAtMs: number | undefined;
  /** Whether any output reached the caller. */
  outputDelivered: boolean;
  /** Number of the last event sent; undefined if none was. */
  lastSequence: number | undefined;
  usage: Usage | undefined;
  /** What the usage costs; undefined: it is not reckoned yet, or another call pays for it. */
  cost: Cost | undefined;
  finishReason: FinishReason | undefined;
  upstreamModel: string;
  /** Whether the call was served by another one in flight with the same request id. */
  joined: boolean;
  /** W3C trace id; empty if the call is not traced. */
  traceId: string;
}

/** How a call ended. */
export interface Outcome {
  /** Undefined: it ended well. */
  readonly error: GatewayError | undefined;
  /** Monotonic time of the end. */
  readonly endedAtMs: number;
}

/** Called once when the call has ended. It must not throw; what it throws is logged and goes nowhere. */
export type SettleListener = (outcome: Outcome) => void | Promise<void>;

/** One call. What interceptors learn of it they add to it (chain.ts). */
export interface Call<R extends Rpc = Rpc> {
  /** UUIDv7, made by the gateway; the one id of the call everywhere. */
  readonly id: string;
  readonly rpc: R;
  readonly request: RpcTypes[R]['request'];
  /** The request's options, or their defaults where it has none. */
  readonly options: GatewayOptions;
  readonly peer: Peer;
  /** Metadata of the request by lower-case key; of binary keys, nothing. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Wall-clock time of its arrival, in milliseconds. */
  readonly receivedAtWallMs: number;
  /** Monotonic time of its arrival, in milliseconds. */
  readonly receivedAtMs: number;
  /** Monotonic time of its deadline, in milliseconds: the caller's, or the configured default. */
  readonly deadlineAtMs: number;
  /** Aborted with a GatewayError as its reason: CANCELLED, DEADLINE_EXCEEDED, SERVER_DRAINING or CLIENT_TOO_SLOW. */
  readonly signal: AbortSignal;
  readonly record: CallRecord;
  /** Registers what is to happen when the call has ended. */
  readonly onSettle: (listener: SettleListener) => void;
}
