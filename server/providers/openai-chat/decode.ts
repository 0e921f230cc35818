/** Decodes whole replies. */
import { GatewayError } from '../../model/errors.ts';
import { type Citation, type Part, Role, type TokenLogprob } from '../../model/wire.ts';
import type { Decoded, Target } from '../dialect.ts';
import { NO_LOGPROBS, NO_STATE } from '../shared/events.ts';
import { asList, asObject, asText, isJsonObject } from '../shared/json.ts';
import { reasoningPart, refusalPart, textPart } from '../shared/parts.ts';
import { SpokenAnswer } from './audio.ts';
import { type ContentPiece, readAnnotation, readChunks, readImage, readLogprobs, readSources } from './content.ts';
import { decodeErrorValue, isErrorValue } from './error.ts';
import { decodeFinish, FAILED } from './finish.ts';
import { ReasoningDetails } from './reasoning-details.ts';
import { ThinkTags } from './think-tags.ts';
import { decodeToolCalls } from './tool-calls.ts';
import { decodeUsage, findUsage } from './usage.ts';
import type { WireChoice, WireMessage, WireReply } from './wire.ts';

/**
 * Decodes a reply.
 * @throws GatewayError UPSTREAM_PROTOCOL if it is no chat completion, or the error that it is.
 */
export function decodeComplete(reply: unknown, target: Target): Decoded {
  if (!isJsonObject(reply)) throw notACompletion();
  if (isErrorValue(reply)) throw decodeErrorValue(reply, 'UPSTREAM_5XX');
  const choice = findChoice(reply);
  const message = asObject(choice?.message);
  if (choice === undefined || message === undefined) throw notACompletion();
  const parts = decodeParts(message, choice, { reply, target });
  return {
    message: { role: Role.ASSISTANT, parts },
    finishReason: decodeFinish(choice, {
      refused: parts.some(({ content }) => content?.$case === 'refusal'),
      called: parts.some(({ content }) => content?.$case === 'toolCall'),
    }),
    usage: decodeUsage(findUsage(reply), reply.service_tier),
    upstreamModel: asText(reply.model) ?? '',
  };
}

function notACompletion(): GatewayError {
  return new GatewayError('UPSTREAM_PROTOCOL', "The provider's reply is not a chat completion.");
}

function findChoice(reply: WireReply): WireChoice | undefined {
  const choice = asList(reply.choices)
    .map(asObject)
    .find((other) => (other?.index ?? 0) === 0);
  if (choice !== undefined && (choice.error != null || choice.finish_reason === FAILED)) {
    throw decodeErrorValue({ error: choice.error }, 'UPSTREAM_5XX');
  }
  return choice;
}

interface ReplyContext {
  readonly reply: WireReply;
  readonly target: Target;
}

/** The parts of a message, in the order in which a stream brings them: reasoning, content, refusal, images, calls, audio. */
function decodeParts(message: WireMessage, choice: WireChoice, { reply, target }: ReplyContext): readonly Part[] {
  const audio = new SpokenAnswer();
  audio.take(message.audio);
  const spoken = audio.toPart(target);
  return [
    ...decodeReasoning(message, target),
    ...decodeContent(message, choice, { reply, target }),
    ...decodeRefusal(message),
    ...asList(message.images)
      .map(readImage)
      .filter((image) => image !== undefined),
    ...decodeToolCalls(message, asText(reply.id) ?? '', target),
    ...(spoken === undefined ? [] : [spoken]),
  ];
}

function decodeReasoning(message: WireMessage, target: Target): readonly Part[] {
  const text = asText(message.reasoning_content) || asText(message.reasoning) || '';
  const details = new ReasoningDetails();
  details.take(message.reasoning_details);
  const state = details.toState(target);
  return text === '' && state.length === 0 ? [] : [reasoningPart(text, state)];
}

function decodeRefusal(message: WireMessage): readonly Part[] {
  const refusal = asText(message.refusal);
  return refusal === undefined || refusal === '' ? [] : [refusalPart(refusal)];
}

/** Text and what else stands in the content, with the citations that stand beside it. */
function decodeContent(message: WireMessage, choice: WireChoice, { reply, target }: ReplyContext): readonly Part[] {
  const pieces = readPieces(message.content, target);
  const parts = new ContentParts(readLogprobs(asObject(choice.logprobs)?.content));
  for (const piece of pieces) parts.add(piece);
  for (const annotation of asList(message.annotations)) {
    const citation = readAnnotation(annotation);
    if (citation !== undefined) parts.add({ kind: 'citation', citation });
  }
  return parts.end(readSources(reply));
}

function readPieces(content: unknown, target: Target): readonly ContentPiece[] {
  if (Array.isArray(content)) return readChunks(content, target);
  if (typeof content !== 'string' || content === '') return [];
  if (target.quirks.thinkTags !== true) return [{ kind: 'text', text: content }];
  const tags = new ThinkTags();
  return [...tags.take(content), ...tags.rest()].filter(({ text }) => text !== '');
}

/** Joins neighbouring pieces of a kind to parts, as a stream does. */
class ContentParts {
  readonly #parts: Part[] = [];
  #kind: 'text' | 'reasoning' | undefined;
  #text = '';
  #citations: Citation[] = [];
  #state = NO_STATE;
  #logprobs: readonly TokenLogprob[];

  constructor(logprobs: readonly TokenLogprob[]) {
    this.#logprobs = logprobs;
  }

  add(piece: ContentPiece): void {
    switch (piece.kind) {
      case 'part':
        this.#close();
        this.#parts.push(piece.part);
        break;
      case 'citation':
        this.#open('text');
        this.#citations.push(piece.citation);
        break;
      default:
        if (piece.text === '' && piece.state === undefined) return;
        this.#open(piece.kind);
        this.#text += piece.text;
        this.#state = piece.state ?? this.#state;
    }
  }

  /** All parts; what was cited beside them belongs to the first text. */
  end(sources: readonly Citation[]): readonly Part[] {
    this.#close();
    const first = this.#parts.findIndex(({ content }) => content?.$case === 'text');
    const part = this.#parts[first];
    if (part?.content?.$case !== 'text' || sources.length === 0) return this.#parts;
    const { text, citations, logprobs } = part.content.value;
    return this.#parts.with(first, textPart(text, { citations: [...citations, ...sources], logprobs }));
  }

  #open(kind: 'text' | 'reasoning'): void {
    if (this.#kind !== kind) this.#close();
    this.#kind = kind;
  }

  #close(): void {
    const text = this.#text.toWellFormed();
    if (this.#kind === 'reasoning') this.#parts.push(reasoningPart(text, this.#state));
    else if (this.#kind === 'text') {
      this.#parts.push(textPart(text, { citations: this.#citations, logprobs: this.#logprobs }));
      this.#logprobs = NO_LOGPROBS;
    }
    this.#kind = undefined;
    this.#text = '';
    this.#state = NO_STATE;
    this.#citations = [];
  }
}
