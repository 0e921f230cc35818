/** Gives one input to what decodes it, and says what is wrong with what comes back. */
import { GatewayError } from '../../server/model/errors.ts';
import {
  ChatMessage,
  type EmbedRequest,
  EmbedResponse,
  FinishKind,
  StreamEvent,
  StreamFold,
} from '../../server/model/wire.ts';
import type { Decoded, DecodedVectors, Frame } from '../../server/providers/dialect.ts';
import { finished } from '../../server/providers/shared/events.ts';
import { readingError } from '../../server/upstream/attribution.ts';
import { parseReply } from '../../server/upstream/body.ts';
import { openFramer } from '../../server/upstream/framing/framing.ts';
import { Pipeline } from '../../server/upstream/pipeline.ts';
import { replyHasFinish, streamHasFinish } from './finish-oracle.ts';
import type { Input } from './inputs.ts';
import { EMBED_REQUEST } from './samples.ts';

/** What became of an input. */
export interface Verdict {
  /** OK, or the reason of the error. */
  readonly outcome: string;
  /** CPU time of decoding alone, in milliseconds, of this thread. */
  readonly cpuMs: number;
  /** What is wrong; undefined: nothing. */
  readonly fault: string | undefined;
}

/** Decodes an input and judges the result. */
export function judge(input: Input): Verdict {
  const before = process.threadCpuUsage();
  const result = attempt(input);
  const { user, system } = process.threadCpuUsage(before);
  const cpuMs = (user + system) / 1000;
  if ('thrown' in result) return { cpuMs, ...judgeThrown(result.thrown, input) };
  return { outcome: 'OK', cpuMs, fault: faultOf(() => result.check()) };
}

type Result = { readonly thrown: unknown } | { readonly check: () => string | undefined };

function attempt(input: Input): Result {
  try {
    return { check: decode(input) };
  } catch (thrown) {
    return { thrown };
  }
}

/** A check that throws found something that cannot be sent, or not be folded. */
function faultOf(check: () => string | undefined): string | undefined {
  try {
    return check();
  } catch (thrown) {
    return `what was decoded cannot be sent: ${describe(thrown)}`;
  }
}

function judgeThrown(thrown: unknown, input: Input): Pick<Verdict, 'outcome' | 'fault'> {
  if (input.kind === 'error') return { outcome: 'CRASH', fault: `decodeError threw: ${describe(thrown)}` };
  const isTooDeep = thrown instanceof RangeError && thrown.message.startsWith('Maximum call stack');
  const error = isTooDeep ? readingError(thrown) : thrown; // As the readers of upstream do.
  if (!(error instanceof GatewayError)) return { outcome: 'CRASH', fault: `not a GatewayError: ${describe(thrown)}` };
  const { reason, message } = error;
  if (reason === 'INTERNAL') return { outcome: reason, fault: `INTERNAL: ${describe(thrown)}` };
  return { outcome: reason, fault: message.isWellFormed() ? undefined : 'the message is not well-formed' };
}

function describe(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message).split('\n').slice(0, 6).join('\n') : String(thrown);
}

/** Decodes, and gives what checks the result: outside of the time that is measured. */
function decode(input: Input): () => string | undefined {
  const { target, of } = input;
  const { dialect } = of;
  switch (input.kind) {
    case 'reply': {
      const decoded = dialect.decodeComplete(parseReply(input.text, 'application/json', dialect.parseReply), target);
      return () => checkDecoded(decoded, dialect.id, input.text);
    }
    case 'vectors': {
      const request = requestOf(input);
      const reply = parseReply(input.text, 'application/json');
      const decoded = dialect.embed?.decode(reply, request, target, new Map());
      return () => checkVectors(decoded, request);
    }
    case 'error': {
      const { status, headers, contentType, text } = input;
      const error = dialect.decodeError(status, headers, contentType, text);
      return () => checkError(error, status);
    }
    case 'frames':
      return decodeFrames(input);
    case 'bytes':
      return decodeBytes(input);
    default:
      throw new Error(`no such kind: ${String(input satisfies never)}`);
  }
}

function decodeFrames({ of, target, frames }: Input & { kind: 'frames' }): () => string | undefined {
  const decoder = of.dialect.openStream(target);
  const events: StreamEvent[] = [];
  const taken: Frame[] = [];
  for (const frame of frames) {
    if (decoder.done) break;
    taken.push(frame);
    for (const event of decoder.push(frame)) events.push(event);
  }
  for (const event of decoder.end()) events.push(event);
  return () => checkStream(of.dialect.id, taken, events);
}

/** Large enough for any sample, small enough that mutations reach it. */
const MAX_FRAME_BYTES = 1 << 16;
const HELD = { heldBytes: 1 << 18, heldFrames: 400 };

function decodeBytes({ of, target, framing, chunks }: Input & { kind: 'bytes' }): () => string | undefined {
  const frames: Frame[] = [];
  const framer = openFramer(framing, { maxFrameBytes: MAX_FRAME_BYTES, unwrap: (frame) => noting(frames, frame) });
  const pipeline = new Pipeline(framer, of.dialect.openStream(target), HELD);
  const events: StreamEvent[] = [];
  const take = (batch: StreamEvent[]) => void events.push(...batch);
  let mostPending = 0;
  for (const chunk of chunks) {
    if (pipeline.finished !== undefined) break;
    pipeline.push(chunk, take);
    mostPending = Math.max(mostPending, framer.pendingBytes);
  }
  pipeline.end(take);
  return () =>
    mostPending > MAX_FRAME_BYTES ? `the framer held ${mostPending} bytes` : checkStream(of.dialect.id, frames, events);
}

function noting(frames: Frame[], frame: Frame): Frame {
  frames.push(frame);
  return frame;
}

function checkStream(dialectId: string, frames: readonly Frame[], events: readonly StreamEvent[]): string | undefined {
  const ends = events.filter(({ event }) => event?.$case === 'finished');
  if (ends.length !== 1 || events.at(-1) !== ends[0]) return `${ends.length} finished events, or not the last`;
  if (!streamHasFinish(dialectId, frames)) return "it ended well without the provider's finish";
  for (const event of events) {
    StreamEvent.encode(event).finish();
    if (!isWellFormed(event)) return 'a text is not well-formed';
  }
  const fold = new StreamFold();
  fold.pushAll(events);
  fold.message();
  return undefined;
}

function checkDecoded(
  { message, finishReason, usage, upstreamModel }: Decoded,
  dialectId: string,
  text: string,
): string | undefined {
  ChatMessage.encode(message).finish();
  StreamEvent.encode(finished(finishReason, usage)).finish();
  if (!isWellFormed([message, finishReason, usage, upstreamModel])) return 'a text is not well-formed';
  // JSON that ends is a whole reply; but what the provider did not say of its end, nobody else may say.
  const isUntold = finishReason.kind === FinishKind.OTHER && finishReason.raw === '';
  return isUntold || replyHasFinish(dialectId, text) ? undefined : `the provider did not say ${finishReason.kind}`;
}

/** Whoever embeds one input a request never sees an answer to two. */
function requestOf({ of, target }: Input): EmbedRequest {
  const { maxInputs } = of.dialect.embed ?? { maxInputs: 1 };
  const most = typeof maxInputs === 'number' ? maxInputs : maxInputs(target.upstreamModel);
  return { ...EMBED_REQUEST, inputs: EMBED_REQUEST.inputs.slice(0, most) };
}

function checkVectors(decoded: DecodedVectors | undefined, { inputs }: EmbedRequest): string | undefined {
  if (decoded === undefined) return 'there are no vectors in this dialect';
  const { embeddings, dimensions, usage, upstreamModel } = decoded;
  EmbedResponse.encode(EmbedResponse.fromPartial({ embeddings, dimensions, usage })).finish();
  if (embeddings.length !== inputs.length) return `${embeddings.length} vectors`;
  return isWellFormed([upstreamModel, usage]) ? undefined : 'a text is not well-formed';
}

function checkError(error: unknown, status: number): string | undefined {
  if (!(error instanceof GatewayError)) return 'decodeError gave no GatewayError';
  if (error.reason === 'INTERNAL' || error.details.upstream?.status !== status) return `${error.reason}, status lost`;
  const afterMs = error.details.retryAfterMs ?? 100;
  if (!(afterMs >= 100 && afterMs <= 300_000)) return `retryAfterMs is ${afterMs}`;
  return error.message.isWellFormed() ? undefined : 'the message is not well-formed';
}

function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return true;
  return Object.values(value).every(isWellFormed);
}
