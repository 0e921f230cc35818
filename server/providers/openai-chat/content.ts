/** Content that is a list of chunks instead of a text (Mistral), images, citations and log probabilities. */
import type { Citation, OpaqueState, Part, TokenLogprob, TopLogprob } from '../../model/wire.ts';
import type { Target } from '../dialect.ts';
import { decodeDataUrl } from '../shared/base64.ts';
import { NO_LOGPROBS } from '../shared/events.ts';
import { asList, asObject, asText, isJsonObject, type JsonObject } from '../shared/json.ts';
import { makeOpaquePart, makeOpaqueState } from '../shared/opaque-state.ts';
import { imagePart } from '../shared/parts.ts';
import { STATE, type WireReply } from './wire.ts';

/** One piece of content. */
export type ContentPiece =
  | { readonly kind: 'text' | 'reasoning'; readonly text: string; readonly state?: readonly OpaqueState[] }
  | { readonly kind: 'citation'; readonly citation: Citation }
  | { readonly kind: 'part'; readonly part: Part };

/** The pieces of a list of content chunks. Chunks of unknown types are kept as opaque parts. */
export function readChunks(chunks: readonly unknown[], target: Target): readonly ContentPiece[] {
  const pieces: ContentPiece[] = [];
  for (const chunk of chunks) {
    if (typeof chunk === 'string') pieces.push({ kind: 'text', text: chunk });
    else if (isJsonObject(chunk)) pieces.push(readChunk(chunk, target));
  }
  return pieces;
}

function readChunk(chunk: JsonObject, target: Target): ContentPiece {
  const { type } = chunk;
  if (typeof chunk.text === 'string' && (type === 'text' || type === undefined)) {
    return { kind: 'text', text: chunk.text };
  }
  if (type === 'thinking') return readThinking(chunk, target);
  if (type === 'reference') return { kind: 'citation', citation: makeCitation(chunk, {}) };
  const image = type === 'image_url' ? readImage(chunk) : undefined;
  const part = image ?? makeOpaquePart(target, asText(type) ?? '', JSON.stringify(chunk));
  return { kind: 'part', part };
}

/** A thinking chunk: its text is a list of text chunks, or a text; its signature belongs to the whole of the thought. */
function readThinking({ thinking, signature }: JsonObject, target: Target): ContentPiece {
  const texts = asList(thinking).map((inner) => asObject(inner)?.text);
  const text = typeof thinking === 'string' ? thinking : texts.filter((inner) => typeof inner === 'string').join('');
  if (typeof signature !== 'string' || signature === '') return { kind: 'reasoning', text };
  return { kind: 'reasoning', text, state: [makeOpaqueState(target, STATE.thinkingSignature, signature)] };
}

/** An image of a reply, {image_url: {url}}; undefined if it is none. */
export function readImage(value: unknown): Part | undefined {
  const image = asObject(value)?.image_url;
  const url = asText(asObject(image)?.url ?? image);
  if (url === undefined || url === '') return undefined;
  const inline = decodeDataUrl(url);
  if (inline === undefined) return imagePart({ $case: 'uri', value: url }, '');
  return imagePart({ $case: 'data', value: inline.data }, inline.mediaType);
}

/** A citation out of an annotation of a message; undefined if it is no object. */
export function readAnnotation(annotation: unknown): Citation | undefined {
  if (!isJsonObject(annotation)) return undefined;
  const { type } = annotation;
  return makeCitation(annotation, asObject(typeof type === 'string' ? annotation[type] : undefined) ?? annotation);
}

/** The citations that a reply or chunk carries beside its choices, in the order of their numbers in the text. */
export function readSources({ citations, search_results }: WireReply): readonly Citation[] {
  const results = asList(search_results);
  if (!Array.isArray(citations)) return results.filter(isJsonObject).map((result) => makeCitation(result, result));
  return citations.map((source: unknown, index) => {
    const result = asObject(results[index]);
    const url = typeof source === 'string' ? source : undefined;
    return makeCitation(source, { ...(result?.url === url || url === undefined ? result : {}), ...(url && { url }) });
  });
}

function makeCitation(raw: unknown, source: JsonObject): Citation {
  return {
    startIndex: readIndex(source.start_index),
    endIndex: readIndex(source.end_index),
    uri: asText(source.url) ?? '',
    title: asText(source.title) ?? asText(source.filename) ?? '',
    citedText: asText(source.content) ?? asText(source.snippet) ?? '',
    documentIndex: undefined,
    location: undefined,
    rawJson: JSON.stringify(raw).toWellFormed(),
  };
}

function readIndex(value: unknown): number | undefined {
  return Number.isInteger(value) && typeof value === 'number' && value >= 0 && value < 2 ** 31 ? value : undefined;
}

/** Log probabilities of text or refusal tokens. */
export function readLogprobs(tokens: unknown): readonly TokenLogprob[] {
  if (!Array.isArray(tokens) || tokens.length === 0) return NO_LOGPROBS;
  return tokens.filter(isJsonObject).map((token) => ({
    ...readTopLogprob(token),
    top: asList(token.top_logprobs).filter(isJsonObject).map(readTopLogprob),
  }));
}

function readTopLogprob({ token, logprob, bytes }: JsonObject): TopLogprob {
  return {
    token: asText(token) ?? '',
    logprob: typeof logprob === 'number' ? logprob : UNLIKELY,
    utf8: Uint8Array.from(asList(bytes).filter((byte) => typeof byte === 'number')),
  };
}

/** OpenAI's own word for a probability too small to tell. */
const UNLIKELY = -9999;
