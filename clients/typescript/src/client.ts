/** The client of a gateway. */
import { randomUUID } from 'node:crypto';
import { createClient as createStub, type Client as Stub } from 'nice-grpc';
import { Attempts, type CallDefaults, callStream, callUnary, type KanmonCallOptions } from './attempts.ts';
import { embedText } from './build.ts';
import { type ConnectionOptions, MAX_REPLY_BYTES, openChannel } from './channel.ts';
import {
  type CompleteRequest,
  type CompleteResponse,
  type CountTokensRequest,
  type CountTokensResponse,
  EmbedEncoding,
  type EmbedInput,
  type EmbedRequest,
  type EmbedResponse,
  type GatewayOptions,
  GatewayServiceDefinition,
  type ModelInfo,
  type StreamRequest,
} from './gen/index.ts';
import { GenerationStream } from './generation-stream.ts';
import { HealthDefinition, type ServingStatus } from './health.ts';
import { type RetryOptions, RetryThrottle } from './retry.ts';
import { toVectors } from './vectors.ts';

/** How to make a client. */
export interface ClientOptions extends ConnectionOptions {
  /** Deadline of calls that name none, in milliseconds. Default: 300,000. */
  readonly defaultTimeoutMs?: number;
  readonly retry?: RetryOptions;
}

/** A request of which only what matters needs to be written. */
export type CompleteInput = Partially<typeof CompleteRequest>;
/** As CompleteInput. */
export type StreamInput = Partially<typeof StreamRequest>;
/** As CompleteInput. */
export type CountTokensInput = Partially<typeof CountTokensRequest>;
/** As CompleteInput; an input that is one text can be written as a string. */
export type EmbedCallInput = Omit<Partially<typeof EmbedRequest>, 'inputs'> & {
  readonly inputs: readonly (string | Partially<typeof EmbedInput>)[];
};

/** An embedding reply, with its vectors as typed arrays. */
export interface EmbedResult extends EmbedResponse {
  /** [inputs][dimensions]; empty if the call asked for an encoding that is not of floats. They may share memory. */
  readonly vectors: readonly Float32Array[];
}

/** Calls to one gateway over one channel. Make one a process and share it: gRPC multiplexes. */
export interface KanmonClient {
  /** One generation, whole. @throws KanmonError */
  complete(request: CompleteInput, options?: KanmonCallOptions): Promise<CompleteResponse>;
  /** One generation, as it comes. Nothing is sent until the stream is read. */
  stream(request: StreamInput, options?: KanmonCallOptions): GenerationStream;
  /** A vector for each input. @throws KanmonError */
  embed(request: EmbedCallInput, options?: KanmonCallOptions): Promise<EmbedResult>;
  /** The models that this client may use, page by page behind the scenes. @throws KanmonError */
  models(options?: KanmonCallOptions & { readonly pageSize?: number }): AsyncGenerator<ModelInfo, void, undefined>;
  /** The size of a generation's input. @throws KanmonError */
  countTokens(request: CountTokensInput, options?: KanmonCallOptions): Promise<CountTokensResponse>;
  /** Whether the gateway serves; of one of its services by name, else of the whole. @throws KanmonError */
  health(service?: string, options?: KanmonCallOptions): Promise<ServingStatus>;
  /** Closes the channel. Calls under way end with CANCELLED or UNAVAILABLE. */
  close(): void;
}

/** What ts-proto lets one leave away. Its own type of that is not exported. */
type Partially<T extends { fromPartial(object: never): unknown }> = Parameters<T['fromPartial']>[0];

type OptionsInput = Partially<typeof GatewayOptions>;

const DEFAULT_TIMEOUT_MS = 300_000;

/** Makes a client; it connects at the first call. @throws Error if a certificate or key cannot be read. */
export function createClient(options: ClientOptions): KanmonClient {
  const { defaultTimeoutMs = DEFAULT_TIMEOUT_MS, retry = {} } = options;
  return new ChannelClient(options, { defaultTimeoutMs, retry, throttle: new RetryThrottle() });
}

class ChannelClient implements KanmonClient {
  readonly #channel: ReturnType<typeof openChannel>;
  readonly #gateway: Stub<typeof GatewayServiceDefinition>;
  readonly #health: Stub<typeof HealthDefinition>;
  readonly #defaults: CallDefaults;

  constructor(options: ConnectionOptions, defaults: CallDefaults) {
    this.#channel = openChannel(options);
    this.#gateway = createStub(GatewayServiceDefinition, this.#channel);
    this.#health = createStub(HealthDefinition, this.#channel);
    this.#defaults = defaults;
  }

  async complete(request: CompleteInput, options: KanmonCallOptions = {}): Promise<CompleteResponse> {
    const whole = { ...request, options: fillOptions(request.options) };
    return callUnary(this.#attempts(options), (call) => this.#gateway.complete(whole, call));
  }

  stream(request: StreamInput, options: KanmonCallOptions = {}): GenerationStream {
    const whole = { ...request, options: fillOptions(request.options) };
    return new GenerationStream(() =>
      callStream(
        this.#attempts(options),
        (call) => this.#gateway.stream(whole, call),
        ({ events }) => events.length > 0, // An empty batch is a heartbeat.
      ),
    );
  }

  async embed(request: EmbedCallInput, options: KanmonCallOptions = {}): Promise<EmbedResult> {
    const whole = {
      ...request,
      options: fillOptions(request.options),
      encoding: request.encoding ?? EmbedEncoding.FLOAT32_LE,
      inputs: request.inputs.map((input) => (typeof input === 'string' ? embedText(input) : input)),
    };
    const response = await callUnary(this.#attempts(options), (call) => this.#gateway.embed(whole, call));
    return { ...response, vectors: toVectors(response.embeddings) };
  }

  async *models(
    options: KanmonCallOptions & { readonly pageSize?: number } = {},
  ): AsyncGenerator<ModelInfo, void, undefined> {
    let pageToken = '';
    do {
      const request = { pageSize: options.pageSize ?? 0, pageToken };
      const page = await callUnary(this.#attempts(options), (call) => this.#gateway.listModels(request, call));
      yield* page.models;
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
  }

  async countTokens(request: CountTokensInput, options: KanmonCallOptions = {}): Promise<CountTokensResponse> {
    const whole = { ...request, options: fillOptions(request.options) };
    return callUnary(this.#attempts(options), (call) => this.#gateway.countTokens(whole, call));
  }

  async health(service = '', options: KanmonCallOptions = {}): Promise<ServingStatus> {
    const reply = await callUnary(this.#attempts(options), (call) => this.#health.check({ service }, call));
    return reply.status;
  }

  close(): void {
    this.#channel.close();
  }

  #attempts(options: KanmonCallOptions): Attempts {
    return new Attempts(options, this.#defaults);
  }
}

/** The request id is made here, once a call, so that its retries carry the same one. */
function fillOptions(options: OptionsInput = {}): OptionsInput {
  return {
    ...options,
    requestId: options.requestId || randomUUID(),
    maxReplyBytes: options.maxReplyBytes ?? MAX_REPLY_BYTES,
  };
}
