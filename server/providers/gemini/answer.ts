/**
 * Reads an answer: one whole reply, or the pieces of a stream, which have the same form. What both mean is therefore
 * written once; a whole reply is decoded by folding its events.
 */
import type { StreamEvent, Usage } from '../../model/wire.ts';
import type { Target } from '../dialect.ts';
import { finished } from '../shared/events.ts';
import { asList, asObject, asText, isJsonObject, type JsonObject } from '../shared/json.ts';
import { makeOpaquePart } from '../shared/opaque-state.ts';
import { AnswerParts } from './answer-parts.ts';
import { Citations } from './citations.ts';
import { decodeErrorValue, findError, promptBlocked } from './error.ts';
import { decodeFinish, isFinish } from './finish.ts';
import { FunctionCalls } from './function-calls.ts';
import { readLogprobs } from './logprobs.ts';
import { readMedia } from './media.ts';
import { ToolUses } from './tool-uses.ts';
import { decodeUsage, hasCounts, readTier } from './usage.ts';
import { typeOfPart, type WireCandidate, type WirePart, type WireReply } from './wire.ts';

/** The state of one answer. */
export class Answer {
  /** Model as the provider names it; empty if it has not. */
  upstreamModel = '';
  /** Whether there was a candidate at all. */
  hasCandidate = false;
  readonly #target: Target;
  readonly #parts: AnswerParts;
  readonly #calls: FunctionCalls;
  readonly #citations = new Citations();
  readonly #toolUses = new ToolUses();
  #responseId = '';
  #counts: JsonObject | undefined;
  #tier = '';
  #finish: unknown;

  constructor(target: Target) {
    this.#target = target;
    this.#parts = new AnswerParts(target);
    this.#calls = new FunctionCalls(this.#parts);
  }

  /** Whether the provider has named a finish reason. */
  get finishing(): boolean {
    return isFinish(this.#finish);
  }

  /** Usage as far as it has been reported; undefined: nothing was. */
  get usage(): Usage | undefined {
    if (this.#counts === undefined) return undefined;
    return decodeUsage(this.#counts, { serverToolUses: this.#toolUses.list(), serviceTier: this.#tier });
  }

  /** Takes a reply or a piece. @throws GatewayError the error that it is, or the refusal of the prompt */
  take(reply: JsonObject): readonly StreamEvent[] {
    if (findError(reply) !== undefined) throw decodeErrorValue(reply);
    this.#takeHead(reply);
    const candidate = findCandidate(reply.candidates);
    if (candidate !== undefined) this.#takeCandidate(candidate);
    else this.#refuseBlocked(reply);
    return this.#parts.take();
  }

  /** Ends the answer: closes what is open; `finished` comes last. */
  end(): readonly StreamEvent[] {
    const isCut = asText(this.#finish) === 'MAX_TOKENS';
    this.#calls.close(isCut);
    this.#parts.close();
    const usage = this.usage ?? decodeUsage(undefined, { serverToolUses: [], serviceTier: this.#tier });
    return [...this.#parts.take(), finished(decodeFinish(this.#finish, this.#calls.count > 0), usage)];
  }

  #takeHead({ modelVersion, responseId, usageMetadata }: WireReply): void {
    this.upstreamModel = asText(modelVersion) || this.upstreamModel;
    this.#responseId = asText(responseId) || this.#responseId;
    if (hasCounts(usageMetadata)) this.#counts = usageMetadata;
    this.#tier = readTier(usageMetadata) || this.#tier;
  }

  #refuseBlocked({ promptFeedback }: WireReply): void {
    const feedback = asObject(promptFeedback);
    if (feedback !== undefined && isFinish(feedback.blockReason)) throw promptBlocked(feedback);
  }

  #takeCandidate(candidate: WireCandidate): void {
    this.hasCandidate = true;
    if (isFinish(candidate.finishReason)) this.#finish = candidate.finishReason;
    this.#parts.holdLogprobs(readLogprobs(candidate.logprobsResult));
    for (const part of asList(asObject(candidate.content)?.parts)) {
      if (isJsonObject(part)) this.#takePart(part);
    }
    this.#cite(candidate);
    this.#parts.endTexts();
  }

  #takePart(part: JsonObject): void {
    const wire: WirePart = part;
    const signature = asText(wire.thoughtSignature) || undefined;
    if (wire.text === '' && signature === undefined) return; // The last piece of a stream, for its finish reason only.
    const call = asObject(wire.functionCall);
    if (call !== undefined) {
      this.#calls.add(call, { signature, responseId: this.#responseId });
      return;
    }
    this.#calls.close(false); // A call whose closing piece is missing ends where something else begins.
    const type = typeOfPart(part);
    if (typeof wire.text === 'string' || (type === undefined && signature !== undefined)) {
      this.#parts.addText(wire.thought === true ? 'reasoning' : 'text', readRaw(wire.text), signature);
      return;
    }
    const media = type === 'thought' ? undefined : readMedia(wire);
    if (media !== undefined) this.#parts.addMedia(media, signature);
    else if (type !== undefined) this.#takeItem(part, type);
  }

  #takeItem(part: JsonObject, type: string): void {
    if (type === 'executableCode') this.#toolUses.addCode();
    this.#parts.addPart(makeOpaquePart(this.#target, type.toWellFormed(), JSON.stringify(part)));
  }

  #cite({ groundingMetadata, citationMetadata, urlContextMetadata }: WireCandidate): void {
    if (groundingMetadata !== undefined) {
      this.#toolUses.addSearches(groundingMetadata);
      this.#parts.cite(this.#citations.readGrounding(groundingMetadata));
    }
    if (citationMetadata !== undefined) this.#parts.cite(this.#citations.readCitations(citationMetadata));
    if (urlContextMetadata !== undefined) this.#toolUses.addUrls(urlContextMetadata);
    if (this.finishing && this.#parts.isCitable) this.#parts.cite(this.#citations.takeUnplaced());
  }
}

/** As it came: halves of surrogate pairs are mended where fragments are joined. */
function readRaw(text: unknown): string {
  return typeof text === 'string' ? text : '';
}

function findCandidate(candidates: unknown): WireCandidate | undefined {
  return asList(candidates)
    .map(asObject)
    .find((candidate) => (candidate?.index ?? 0) === 0);
}
