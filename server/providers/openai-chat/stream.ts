/** Decodes streams: chunks whose deltas are read member by member, each by a small function of its own. */
import { GatewayError } from '../../model/errors.ts';
import type { FinishReason, StreamEvent, Usage } from '../../model/wire.ts';
import type { Frame, StreamDecoder, Target } from '../dialect.ts';
import { finished, NO_EVENTS, NO_LOGPROBS } from '../shared/events.ts';
import { asList, asObject, isJsonObject, type JsonObject } from '../shared/json.ts';
import { partialUsage } from '../shared/usage.ts';
import { SpokenAnswer } from './audio.ts';
import { type ContentPiece, readAnnotation, readChunks, readImage, readLogprobs, readSources } from './content.ts';
import { decodeErrorValue, isErrorValue } from './error.ts';
import { decodeFinish, FAILED } from './finish.ts';
import { RepeatedChunk } from './repeated-chunk.ts';
import { StreamCalls } from './stream-calls.ts';
import { StreamParts } from './stream-parts.ts';
import { ThinkTags } from './think-tags.ts';
import { listCalls, readCallState, readFragment } from './tool-calls.ts';
import { decodeUsage, findUsage } from './usage.ts';
import type { WireChoice, WireMessage, WireReply, WireUsage } from './wire.ts';

/** Opens the decoder of one stream. */
export function openStream(target: Target): StreamDecoder {
  return new ChatStream(target);
}

/** What the readers of deltas work on. */
interface Answer {
  readonly target: Target;
  readonly parts: StreamParts;
  readonly calls: StreamCalls;
  readonly audio: SpokenAnswer;
  readonly tags: ThinkTags | undefined;
  replyId: string;
}

class ChatStream implements StreamDecoder {
  done = false;
  upstreamModel = '';
  readonly #answer: Answer;
  readonly #repeated = new RepeatedChunk(readOnlyText);
  #finish: WireChoice | undefined;
  #usage: WireUsage | undefined;
  #serviceTier: unknown;
  #hasEnded = false;

  constructor(target: Target) {
    const parts = new StreamParts(target);
    const tags = target.quirks.thinkTags === true ? new ThinkTags() : undefined;
    this.#answer = { target, parts, calls: new StreamCalls(parts), audio: new SpokenAnswer(), tags, replyId: '' };
  }

  get finishing(): boolean {
    return this.#finish !== undefined;
  }

  get usage(): Usage | undefined {
    if (this.#usage === undefined) return undefined;
    const usage = decodeUsage(this.#usage, this.#serviceTier);
    return this.#hasEnded ? usage : partialUsage(usage);
  }

  push({ event, data }: Frame): readonly StreamEvent[] {
    if (this.done || data === '') return NO_EVENTS;
    const text = event === 'error' ? undefined : this.#repeated.match(data);
    if (text !== undefined) {
      this.#repeated.hit();
      readContent(this.#answer, { content: text }, undefined);
      return this.#answer.parts.take();
    }
    if (data.startsWith('[DONE]')) {
      this.done = true;
      return NO_EVENTS;
    }
    const chunk = parseChunk(data);
    if (event === 'error' || isErrorValue(chunk)) throw decodeErrorValue(chunk, 'UPSTREAM_STREAM_ERROR');
    this.#takeHead(chunk);
    const choice = findChoice(chunk.choices);
    if (choice !== undefined) this.#takeChoice(choice);
    this.#repeated.learn(data, chunk);
    return this.#answer.parts.take();
  }

  end(): readonly StreamEvent[] {
    const { parts, calls, audio, tags, target, replyId } = this.#answer;
    const finish = this.#finish;
    if (finish === undefined || (target.quirks.doneMarker === true && !this.done)) {
      throw new GatewayError('UPSTREAM_TRUNCATED', "The provider's stream ended before its answer was whole.");
    }
    for (const { kind, text } of tags?.rest() ?? []) parts.addText(kind, text);
    const hints = { refused: parts.hasRefusal, called: calls.count > 0 };
    calls.close(replyId);
    parts.close();
    const spoken = audio.toPart(target);
    if (spoken !== undefined) parts.addPart(spoken);
    this.#hasEnded = true;
    const finishReason: FinishReason = decodeFinish(finish, hints);
    parts.emit(finished(finishReason, decodeUsage(this.#usage, this.#serviceTier)));
    return parts.take();
  }

  #takeHead(chunk: WireReply): void {
    // Azure's first chunk has an empty model and id.
    if (typeof chunk.model === 'string' && chunk.model !== '') this.upstreamModel = chunk.model;
    if (typeof chunk.id === 'string' && chunk.id !== '') this.#answer.replyId = chunk.id;
    if (typeof chunk.service_tier === 'string') this.#serviceTier = chunk.service_tier;
    // Cumulative wherever it comes more than once: the last one holds.
    this.#usage = findUsage(chunk) ?? this.#usage;
    if (chunk.citations != null || chunk.search_results != null) this.#answer.parts.setSources(readSources(chunk));
  }

  #takeChoice(choice: WireChoice): void {
    if (choice.error != null || choice.finish_reason === FAILED) {
      throw decodeErrorValue({ error: choice.error }, 'UPSTREAM_STREAM_ERROR');
    }
    const delta = asObject(choice.delta ?? choice.message);
    if (delta !== undefined) for (const read of READERS) read(this.#answer, delta, choice.logprobs);
    if (typeof choice.finish_reason === 'string' && choice.finish_reason !== '') this.#finish ??= choice;
  }
}

function parseChunk(data: string): JsonObject {
  try {
    const chunk: unknown = JSON.parse(data);
    return isJsonObject(chunk) ? chunk : {};
  } catch {
    // The parser's own message quotes the provider's text.
    throw new GatewayError('UPSTREAM_PROTOCOL', "An event of the provider's stream is not JSON.");
  }
}

/**
 * The text of a chunk that adds nothing else: whatever the decoder keeps of it, it keeps in any number of times. Undefined
 * for all others.
 */
function readOnlyText(chunk: unknown): string | undefined {
  if (!isJsonObject(chunk) || isErrorValue(chunk) || chunk.citations != null || chunk.search_results != null) {
    return undefined;
  }
  const choice = findChoice(chunk.choices);
  if (choice === undefined || choice.error != null || choice.finish_reason || choice.logprobs != null) return undefined;
  const delta = asObject(choice.delta ?? choice.message);
  if (typeof delta?.content !== 'string') return undefined;
  for (const name in delta) {
    if (name !== 'content' && name !== 'role' && delta[name] !== null) return undefined;
  }
  return delta.content;
}

/** The choice that was asked for; only hosts that were told otherwise send others. */
function findChoice(choices: unknown): WireChoice | undefined {
  if (!Array.isArray(choices)) return undefined;
  for (const choice of choices) {
    if (isJsonObject(choice) && (choice.index === undefined || choice.index === null || choice.index === 0))
      return choice;
  }
  return undefined;
}

/** Reads one thing of a delta. */
type DeltaReader = (answer: Answer, delta: WireMessage, logprobs: unknown) => void;

/** In the order in which what they read stands in a whole message. */
const READERS: readonly DeltaReader[] = [
  readReasoning,
  readContent,
  readAnnotations,
  readRefusal,
  readImages,
  readToolCalls,
  readAudio,
];

function readReasoning({ parts }: Answer, { reasoning_content, reasoning, reasoning_details }: WireMessage): void {
  if (typeof reasoning_content === 'string' && reasoning_content !== '') parts.addText('reasoning', reasoning_content);
  else if (typeof reasoning === 'string') parts.addText('reasoning', reasoning);
  if (Array.isArray(reasoning_details) && reasoning_details.length > 0) parts.addReasoningDetails(reasoning_details);
}

function readContent(answer: Answer, { content }: WireMessage, logprobs: unknown): void {
  if (typeof content === 'string') {
    const tokens = logprobs == null ? NO_LOGPROBS : readLogprobs(asObject(logprobs)?.content);
    if (answer.tags === undefined) answer.parts.addText('text', content, tokens);
    else for (const { kind, text } of answer.tags.take(content)) answer.parts.addText(kind, text);
  } else if (Array.isArray(content)) {
    for (const piece of readChunks(content, answer.target)) addPiece(answer.parts, piece);
  }
}

function addPiece(parts: StreamParts, piece: ContentPiece): void {
  switch (piece.kind) {
    case 'citation':
      parts.addCitation(piece.citation);
      break;
    case 'part':
      parts.addPart(piece.part);
      break;
    default:
      parts.addText(piece.kind, piece.text);
      if (piece.state !== undefined) parts.setReasoningState(piece.state);
  }
}

function readAnnotations({ parts }: Answer, { annotations }: WireMessage): void {
  if (annotations == null) return;
  for (const annotation of asList(annotations)) {
    const citation = readAnnotation(annotation);
    if (citation !== undefined) parts.addCitation(citation);
  }
}

function readRefusal({ parts }: Answer, { refusal }: WireMessage): void {
  if (typeof refusal === 'string') parts.addText('refusal', refusal);
}

function readImages({ parts }: Answer, { images }: WireMessage): void {
  if (images == null) return;
  for (const value of asList(images)) {
    const image = readImage(value);
    if (image !== undefined) parts.addPart(image);
  }
}

function readToolCalls({ calls, replyId, target }: Answer, delta: WireMessage): void {
  if (delta.tool_calls == null && delta.function_call == null) return;
  for (const call of listCalls(delta)) {
    const wireIndex = Number.isInteger(call.index) ? Number(call.index) : undefined;
    calls.add(readFragment(call), wireIndex, { replyId, state: readCallState(call, target) });
  }
}

function readAudio({ audio }: Answer, delta: WireMessage): void {
  if (delta.audio != null) audio.take(delta.audio);
}
