/** Complete and Stream: a generation, encoded for its dialect and answered whole or as events. */
import type { MessageAnswer, StreamAnswer } from '../model/call.ts';
import { GatewayError } from '../model/errors.ts';
import { spentUsage } from '../model/usage.ts';
import { type Generation, StreamFold } from '../model/wire.ts';
import type { Decoded, Dialect, Target } from '../providers/dialect.ts';
import { type Attempt, requestOf } from './attempt.ts';
import { BatchQueue } from './batch-queue.ts';
import { parseReply } from './body.ts';
import { openFramer } from './framing/framing.ts';
import { modelName } from './model-name.ts';
import { Passage } from './passage.ts';
import type { PreparedRequest } from './request.ts';
import { type StreamConsumer, StreamReader } from './stream.ts';
import { exchangeWhole } from './unary.ts';

/** Answers Complete, by a whole reply or by a stream that is folded, as the deployment says. */
export function invokeComplete(attempt: Attempt<'complete'>): Promise<MessageAnswer> {
  const { deployment, request } = attempt.call;
  const generation = generationOf(request.generation);
  return deployment.completeVia === 'stream' ? completeFolded(attempt, generation) : completeWhole(attempt, generation);
}

/** Answers Stream; resolves at the commit point. */
export function invokeStream(attempt: Attempt<'stream'>): Promise<StreamAnswer> {
  const { call, passage: passageDeps } = attempt;
  const { deployment, record } = call;
  const prepared = encode(attempt, generationOf(call.request.generation), true);
  return new Promise((resolve, reject) => {
    const passage = new Passage(passageDeps);
    let queue: BatchQueue | undefined;
    const reader = readStream(attempt, {
      passage,
      delivers: true,
      consumer: {
        take(events, bytes) {
          if (queue !== undefined) {
            queue.push(events, bytes);
            return;
          }
          queue = new BatchQueue({
            pause: reader.pause,
            resume: reader.resume,
            cancel: (error) => passage.fail(error),
          });
          record.firstOutputAtMs ??= passageDeps.clock.nowMs();
          const upstreamModel = modelName(reader.upstreamModel, deployment);
          const { adaptations } = prepared;
          resolve({ kind: 'stream', deployment, upstreamModel, adaptations, first: events, rest: queue });
        },
        end(finished) {
          record.usage = finished.usage;
          record.finishReason = finished.finishReason;
          queue?.end();
        },
        fail(error) {
          if (queue === undefined) reject(error);
          else {
            record.usage = spentUsage(record.attempts) ?? reader.usage;
            queue.fail(error);
          }
        },
      },
    });
    passage.send(prepared.request, reader);
  });
}

function completeWhole(attempt: Attempt<'complete'>, generation: Generation): Promise<MessageAnswer> {
  const { dialect, target, passage } = attempt;
  const prepared = encode(attempt, generation, false);
  return exchangeWhole(passage, prepared.request, (text, contentType) => {
    const decoded = dialect.decodeComplete(parseReply(text, contentType, dialect.parseReply), target);
    return { value: answerOf(attempt, decoded, prepared), usage: decoded.usage };
  });
}

function completeFolded(attempt: Attempt<'complete'>, generation: Generation): Promise<MessageAnswer> {
  const prepared = encode(attempt, generation, true);
  return new Promise((resolve, reject) => {
    const passage = new Passage(attempt.passage);
    const fold = new StreamFold();
    const reader = readStream(attempt, {
      passage,
      delivers: false,
      consumer: {
        take: (events) => fold.pushAll(events),
        end({ finishReason, usage }) {
          if (finishReason === undefined || usage === undefined) {
            reject(new GatewayError('INTERNAL', 'the decoder finished a stream without finish reason or usage'));
            return;
          }
          const { upstreamModel } = reader;
          resolve(answerOf(attempt, { message: fold.message(), finishReason, usage, upstreamModel }, prepared));
        },
        fail: reject,
      },
    });
    passage.send(prepared.request, reader);
  });
}

interface Reading {
  readonly passage: Passage;
  readonly delivers: boolean;
  readonly consumer: StreamConsumer;
}

function readStream(attempt: Attempt, reading: Reading): StreamReader {
  const { call, dialect, host, target, passage } = attempt;
  const { sizes, times } = call.snapshot;
  return new StreamReader({
    ...reading,
    clock: passage.clock,
    framing: host.framing,
    framer: openFramer(host.framing, { maxFrameBytes: sizes.upstreamFrameBytes, unwrap: host.unwrap }),
    decoder: dialect.openStream(target),
    decodeWhole: (text, contentType) => decodeInsteadOfStream(dialect, target, { text, contentType }),
    timeouts: call.deployment.timeouts,
    held: sizes,
    slowProviderMs: times.slowProviderMs,
  });
}

const OK = 200;
const NO_HEADERS: ReadonlyMap<string, string> = new Map();

/** A whole reply where a stream was asked for: an error that came with status 200, or all of the answer at once. */
function decodeInsteadOfStream(
  dialect: Dialect,
  target: Target,
  { text, contentType }: { readonly text: string; readonly contentType: string },
): Decoded {
  const reply = parseReply(text, contentType, dialect.parseReply);
  if (isErrorObject(reply)) throw dialect.decodeError(OK, NO_HEADERS, contentType, text);
  return dialect.decodeComplete(reply, target);
}

function isErrorObject(reply: unknown): boolean {
  return typeof reply === 'object' && reply !== null && 'error' in reply && Boolean(reply.error);
}

function encode({ dialect, target, ...rest }: Attempt, generation: Generation, stream: boolean): PreparedRequest {
  const encoded = dialect.encodeComplete(generation, target, stream);
  return requestOf({ dialect, target, ...rest }, encoded, stream);
}

function answerOf({ call }: Attempt, decoded: Decoded, { adaptations }: PreparedRequest): MessageAnswer {
  const { deployment } = call;
  const { message, finishReason, usage, upstreamModel } = decoded;
  return {
    kind: 'message',
    deployment,
    upstreamModel: modelName(upstreamModel, deployment),
    message,
    finishReason,
    usage,
    adaptations,
  };
}

function generationOf(generation: Generation | undefined): Generation {
  if (generation === undefined) throw new GatewayError('INTERNAL', 'a call without a generation was let through');
  return generation;
}
