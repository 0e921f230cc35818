/** What inputs are mutated from: recordings and fixtures, sorted by the dialect that reads them, long streams shortened. */
import { createHash } from 'node:crypto';
import { GatewayError } from '../../server/model/errors.ts';
import { EmbedRequest } from '../../server/model/wire.ts';
import type { Dialect, Frame, Target } from '../../server/providers/dialect.ts';
import { DIALECTS } from '../../server/providers/dialects.ts';
import { readFixtures, readRecordings, recordingsFolder } from '../support/recordings.ts';
import { makeTarget } from '../support/targets.ts';
import { payloadsOf } from '../support/wire/read-sse.ts';
import { OWN_REPLIES, OWN_STREAMS } from './own-samples.ts';

/** What one dialect can read. */
export interface DialectSamples {
  readonly dialect: Dialect;
  readonly target: Target;
  readonly streams: readonly (readonly Frame[])[];
  readonly replies: readonly unknown[];
  readonly vectors: readonly unknown[];
}

/** Everything to mutate. */
export interface Samples {
  readonly dialects: readonly DialectSamples[];
  /** All streams and replies of all languages: a dialect gets those of others too. */
  readonly streams: readonly (readonly Frame[])[];
  readonly replies: readonly unknown[];
  /** Replies that say what went wrong. */
  readonly errors: readonly unknown[];
  /** The same samples, seed and count give the same inputs. */
  readonly digest: string;
}

/** So many inputs does the request have whose vectors are decoded. */
const REQUEST = EmbedRequest.fromPartial({
  inputs: ['a', 'b'].map((value) => ({ parts: [{ content: { $case: 'text', value } as const }] })),
});

/** The request to which every reply with vectors is read as an answer. */
export const EMBED_REQUEST: EmbedRequest = REQUEST;

/** Reads the fixtures, and unless they are left out the recordings, where there are some. */
export function readSamples(withRecordings = true): Samples {
  const folder = withRecordings ? recordingsFolder() : undefined;
  const recordings = [...readFixtures(), ...(folder === undefined ? [] : readRecordings(folder))];
  const payloads = [
    ...recordings.map(payloadsOf),
    ...OWN_STREAMS.map((stream) => stream.map((it) => JSON.stringify(it))),
  ];
  const streams = payloads.filter(({ length }) => length > 0).map(shorten);
  const texts = recordings.filter(({ form }) => form === 'reply').map(({ text }) => text);
  const replies = [...texts.flatMap(parse), ...OWN_REPLIES];
  return {
    dialects: [...DIALECTS.values()].map((dialect) => sortOut(dialect, streams, replies)),
    streams: streams.map((chunks) => chunks.map(toFrame)),
    replies,
    errors: replies.filter((reply) => ERROR_MEMBERS.test(JSON.stringify(reply).slice(0, 200))),
    digest: createHash('sha256')
      .update(JSON.stringify([streams, replies]))
      .digest('hex')
      .slice(0, 12),
  };
}

const ERROR_MEMBERS = /^.{0,40}"(?:error|message|detail)":/s;

const HEAD_EVENTS = 12;
const TAIL_EVENTS = 12;

/** Most of a long stream is the same event again; its ends are where the rules are. */
function shorten(chunks: readonly string[]): readonly string[] {
  if (chunks.length <= HEAD_EVENTS + TAIL_EVENTS) return chunks;
  return [...chunks.slice(0, HEAD_EVENTS), ...chunks.slice(-TAIL_EVENTS)];
}

/** A dialect's own are those that it reads, or of which it reads an error. */
function sortOut(
  dialect: Dialect,
  streams: readonly (readonly string[])[],
  replies: readonly unknown[],
): DialectSamples {
  const target = makeTarget(dialect.id);
  const toFrames = dialect.id === 'bedrock.converse' ? toBedrockFrame : toFrame;
  const vectors = [target, ...EMBEDDING_MODELS.map((upstreamModel) => ({ ...target, upstreamModel }))];
  return {
    dialect,
    target,
    streams: streams
      .map((chunks) => [...chunks.map(toFrames), ...(dialect.id === 'openai.chat' ? [DONE] : [])])
      .filter((frames) => isRead(() => readStream(dialect, target, frames))),
    replies: replies.filter((reply) => isRead(() => dialect.decodeComplete(reply, target))),
    vectors: replies.filter((reply) => vectors.some((one) => isRead(() => readVectors(dialect, reply, one)))),
  };
}

/** Bedrock has a wire for each maker of embedding models. */
export const EMBEDDING_MODELS: readonly string[] = [
  'amazon.titan-embed-text-v2:0',
  'cohere.embed-v4:0',
  'amazon.nova-2-multimodal-embeddings-v1:0',
  'gemini-embedding-001',
];

const DONE: Frame = { event: '', data: '[DONE]' };

function readStream(dialect: Dialect, target: Target, frames: readonly Frame[]): void {
  const decoder = dialect.openStream(target);
  for (const frame of frames) if (!decoder.done) decoder.push(frame);
  decoder.end();
}

/** One with as many inputs as there are vectors must be read: the number that the request has need not be the sample's. */
function readVectors({ embed }: Dialect, reply: unknown, target: Target): void {
  if (embed === undefined) throw new GatewayError('UPSTREAM_PROTOCOL', 'no vectors in this dialect');
  for (const count of [1, 2, 3]) {
    const inputs = Array.from({ length: count }, () => REQUEST.inputs[0]).filter((input) => input !== undefined);
    if (count === 3) return void embed.decode(reply, { ...REQUEST, inputs }, target);
    if (isRead(() => embed.decode(reply, { ...REQUEST, inputs }, target))) return;
  }
}

const NOT_READ: ReadonlySet<string> = new Set(['UPSTREAM_PROTOCOL', 'UPSTREAM_TRUNCATED', 'PARAMETER_UNSUPPORTED']);

function isRead(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch (thrown) {
    return thrown instanceof GatewayError && !NOT_READ.has(thrown.reason);
  }
}

function toFrame(data: string): Frame {
  const [json] = parse(data);
  const type = typeof json === 'object' && json !== null && 'type' in json ? json.type : undefined;
  return { event: typeof type === 'string' ? type : '', data };
}

function toBedrockFrame(data: string): Frame {
  const [json] = parse(data);
  const [[name, payload] = ['', json]] = typeof json === 'object' && json !== null ? Object.entries(json) : [];
  return { event: name.endsWith('Exception') ? `exception:${name}` : name, data: JSON.stringify(payload) ?? '' };
}

function parse(text: string): readonly unknown[] {
  try {
    return [JSON.parse(text)];
  } catch {
    return []; // Broken on purpose: other samples are broken here.
  }
}
