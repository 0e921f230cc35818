/** Citations, both ways: each of Cohere's is a piece of the answer with everything that supports it. */
import type { Citation } from '../../model/wire.ts';
import { asList, asObject, asText, isJsonObject, type JsonObject, tryParseJson } from '../shared/json.ts';
import { readCount } from '../shared/usage.ts';
import { documentIndexOf } from './documents.ts';
import type { WireCitation } from './wire.ts';

/**
 * The citations of a text that one of Cohere's stands for, one for each source, all with the whole of it as raw_json; none
 * for what cites something else than text. Places are taken as code points: the documentation says "index" and no more.
 */
export function decodeCitation(wire: unknown): readonly Citation[] {
  if (!isJsonObject(wire) || !isOfText(wire)) return [];
  const { start, end, sources }: WireCitation = wire;
  const rawJson = JSON.stringify(wire).toWellFormed();
  const found = asList(sources).filter(isJsonObject);
  return (found.length === 0 ? [{}] : found).map((source: JsonObject) => {
    const document = asObject(source.document);
    return {
      startIndex: readCount(start),
      endIndex: readCount(end),
      uri: asText(document?.url) ?? '',
      title: asText(document?.title) ?? '',
      citedText: '', // Which passage of the source it is, Cohere does not say; its `text` is the answer's own.
      documentIndex: documentIndexOf(source.id),
      location: undefined,
      rawJson,
    };
  });
}

/** Citations as requests carry them. */
export interface EncodedCitations {
  /** As Cohere sent them, each once. */
  readonly encoded: readonly JsonObject[];
  /** Places of those that are none of Cohere's. */
  readonly foreign: readonly number[];
}

/** Encodes the citations of a text. */
export function encodeCitations(citations: readonly Citation[]): EncodedCitations {
  const encoded = new Map<string, JsonObject>();
  const foreign: number[] = [];
  for (const [index, { rawJson }] of citations.entries()) {
    const raw = tryParseJson(rawJson);
    if (isJsonObject(raw) && isCitation(raw)) encoded.set(rawJson, raw);
    else foreign.push(index);
  }
  return { encoded: [...encoded.values()], foreign };
}

function isCitation({ start, end, sources }: WireCitation): boolean {
  return typeof start === 'number' && typeof end === 'number' && Array.isArray(sources);
}

function isOfText({ type }: WireCitation): boolean {
  return type === undefined || type === null || type === 'TEXT_CONTENT';
}
