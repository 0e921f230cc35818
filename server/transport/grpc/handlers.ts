/** The gateway's RPCs as nice-grpc takes them: open the call, check it, let the gateway answer, encode, settle. */
import type { CallContext } from 'nice-grpc';
import type { Entered } from '../../config/snapshot.ts';
import type { Gateway } from '../../gateway.ts';
import type { Call, Rpc, RpcTypes, StreamAnswer } from '../../model/call.ts';
import type { Clock } from '../../model/clock.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Received } from './codec.ts';
import type { OpenCalls, RunningCall } from './open-calls.ts';
import { pump } from './pump.ts';
import { encodeCount, encodeMessage, encodeModels, encodeVectors } from './reply.ts';
import type { SentEvents } from './sent-events.ts';
import type { SlowReaders } from './slow-readers.ts';

/** What the handlers need. */
export interface HandlerDeps {
  readonly gateway: Gateway;
  readonly clock: Clock;
  readonly openCalls: OpenCalls;
  readonly slowReaders: SlowReaders;
}

type Unary = Exclude<Rpc, 'stream'>;
type Encoders = {
  readonly [R in Unary]: (call: Call<R> & Entered, answer: RpcTypes[R]['answer'], nowMs: number) => Uint8Array;
};

const ENCODE: Encoders = {
  complete: encodeMessage,
  embed: encodeVectors,
  countTokens: encodeCount,
  listModels: encodeModels,
};

/** The implementation of GATEWAY_SERVICE. */
export function createGatewayService(deps: HandlerDeps) {
  return {
    complete: unaryHandler('complete', deps),
    stream: streamHandler(deps),
    embed: unaryHandler('embed', deps),
    listModels: unaryHandler('listModels', deps),
    countTokens: unaryHandler('countTokens', deps),
  };
}

/** The implementation of EXPLAIN_SERVICE: it says that it is not served yet. */
export function createExplainService({ openCalls }: Pick<HandlerDeps, 'openCalls'>) {
  return {
    explain(received: Received<unknown>, context: CallContext): Promise<never> {
      // As a listing of models, the call that asks least; it is refused before anything looks at it.
      const running = openCalls.begin('listModels', { ...received, message: { pageSize: 0, pageToken: '' } }, context);
      const error = new GatewayError('FIELD_NOT_SERVED', 'this version does not serve kanmon.v1alpha1.ExplainService');
      running.end(error);
      return Promise.reject(running.encodeError(error));
    },
  };
}

function unaryHandler<R extends Unary>(rpc: R, { openCalls, gateway, clock }: HandlerDeps) {
  return async (received: Received<RpcTypes[R]['request']>, context: CallContext): Promise<Uint8Array> => {
    const running = openCalls.begin(rpc, received, context);
    let error: GatewayError | undefined;
    try {
      running.check();
      const answer = await gateway(running.call);
      return ENCODE[rpc](running.call, answer, clock.nowMs());
    } catch (thrown) {
      error = running.errorOf(thrown);
      throw running.encodeError(error);
    } finally {
      running.end(error);
    }
  };
}

function streamHandler(deps: HandlerDeps) {
  return (received: Received<RpcTypes['stream']['request']>, context: CallContext): StreamReply => {
    const running = deps.openCalls.begin('stream', received, context);
    const { call } = running;
    const onTooSlow = (sent: SentEvents) => running.cutOff(tooSlow(call), (messages) => sent.lastOf(messages));
    return new StreamReply(pump(call, answerStream(running, deps.gateway), { ...deps, onTooSlow }), running);
  };
}

async function answerStream({ check, call }: RunningCall<'stream'>, gateway: Gateway): Promise<StreamAnswer> {
  check();
  return gateway(call);
}

/**
 * The messages of a stream, whose end ends the call. An iterator and not a generator around the pump's: that would cost
 * every message three more turns of the microtask queue.
 */
class StreamReply implements AsyncIterableIterator<Uint8Array> {
  readonly #messages: AsyncGenerator<Uint8Array>;
  readonly #running: RunningCall;

  constructor(messages: AsyncGenerator<Uint8Array>, running: RunningCall) {
    this.#messages = messages;
    this.#running = running;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    return this.#messages.next().then(this.#look, this.#fail);
  }

  /** Given up while it waits for its caller: the caller has gone. */
  async return(): Promise<IteratorResult<Uint8Array>> {
    const result = await this.#messages.return(undefined);
    this.#running.end(this.#running.errorOf(new GatewayError('CANCELLED', 'the caller cancelled')));
    return result;
  }

  throw(thrown: unknown): Promise<IteratorResult<Uint8Array>> {
    return this.#messages.throw(thrown).then(this.#look, this.#fail);
  }

  readonly #look = (result: IteratorResult<Uint8Array>): IteratorResult<Uint8Array> => {
    if (result.done) this.#running.end(undefined);
    return result;
  };

  readonly #fail = (thrown: unknown): never => {
    const error = this.#running.errorOf(thrown);
    const status = this.#running.encodeError(error);
    this.#running.end(error);
    throw status;
  };
}

function tooSlow({ snapshot }: Entered): GatewayError {
  const seconds = snapshot.times.slowReaderMs / 1000;
  return new GatewayError('CLIENT_TOO_SLOW', `the caller did not read its stream for ${seconds} s`);
}
