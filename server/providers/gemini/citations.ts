/**
 * Sources of an answer: groundingMetadata (search, retrieval, maps) and citationMetadata (recitation).
 * https://ai.google.dev/api/generate-content#GroundingMetadata and #CitationMetadata, and Vertex's, seen 2026-11-24: places are
 * counted in bytes of UTF-8; in streams the sources of all pieces are one list, to which later pieces refer.
 */
import type { Citation } from '../../model/wire.ts';
import { asList, asObject, asText, isJsonObject, type JsonObject } from '../shared/json.ts';
import { readCount } from '../shared/usage.ts';
import { TextIndex } from './text-index.ts';

/** A citation, and the bytes of the text that it supports. */
export interface PlacedCitation {
  /** Its start_index and end_index are not set yet. */
  readonly citation: Citation;
  readonly start: number;
  /** Undefined: which piece of the text is supported was not said. */
  readonly end: number | undefined;
  /** The supported piece itself; undefined: not said. */
  readonly text: string | undefined;
}

/** Collects the sources of one answer, over all pieces of a stream. */
export class Citations {
  readonly #sources: JsonObject[] = [];
  readonly #seen = new Set<string>();
  #hasSupports = false;

  /** The citations that a groundingMetadata adds. */
  readGrounding(metadata: unknown): readonly PlacedCitation[] {
    const { groundingChunks, groundingSupports } = asObject(metadata) ?? {};
    this.#sources.push(...asList(groundingChunks).map((chunk) => asObject(chunk) ?? {}));
    const supports = asList(groundingSupports).filter(isJsonObject);
    this.#hasSupports ||= supports.length > 0;
    return this.#onlyNew(supports.flatMap((support) => this.#readSupport(support)));
  }

  /** The citations that a citationMetadata adds. */
  readCitations(metadata: unknown): readonly PlacedCitation[] {
    const { citationSources, citations } = asObject(metadata) ?? {};
    const sources = [...asList(citationSources), ...asList(citations)].filter(isJsonObject);
    return this.#onlyNew(
      sources.map((source) => ({
        citation: makeCitation(source, source),
        start: readCount(source.startIndex) ?? 0,
        end: readCount(source.endIndex),
        text: undefined,
      })),
    );
  }

  /** Sources of which nothing says what they support, once, at the end. */
  takeUnplaced(): readonly PlacedCitation[] {
    if (this.#hasSupports) return [];
    const citations = this.#sources.map((source) => makeCitation(source, detailOf(source)));
    this.#sources.length = 0;
    return this.#onlyNew(citations.map((citation) => ({ citation, start: 0, end: undefined, text: undefined })));
  }

  #readSupport(support: JsonObject): readonly PlacedCitation[] {
    const segment = asObject(support.segment);
    const indexes = asList(support.groundingChunkIndices);
    return indexes.flatMap((index) => {
      const source = typeof index === 'number' ? this.#sources[index] : undefined;
      if (source === undefined) return [];
      return {
        citation: makeCitation({ groundingSupport: support, groundingChunk: source }, detailOf(source)),
        start: readCount(segment?.startIndex) ?? 0,
        end: readCount(segment?.endIndex),
        text: asText(segment?.text) || undefined,
      };
    });
  }

  /** Some streams repeat what earlier pieces said. */
  #onlyNew(citations: readonly PlacedCitation[]): readonly PlacedCitation[] {
    return citations.filter(({ citation: { rawJson } }) => {
      if (this.#seen.has(rawJson)) return false;
      this.#seen.add(rawJson);
      return true;
    });
  }
}

/** Places citations in the texts of an answer. */
export class CitationPlaces {
  readonly #texts: readonly TextIndex[];
  #searches = 0;

  constructor(texts: readonly string[]) {
    this.#texts = texts.map((text) => new TextIndex(text));
  }

  /**
   * In which of the texts a citation lies, and at which code points. The supported piece itself is trusted more than its
   * numbers: they count from the start of the provider's own part, which may have been joined with others.
   */
  place(placed: PlacedCitation): { readonly place: number; readonly citation: Citation } {
    const { citation } = placed;
    for (const [place, index] of this.#texts.entries()) {
      const found = this.#find(index, placed);
      if (found === undefined) continue;
      const [startIndex, endIndex] = found.map((unit) => index.pointAt(unit));
      return { place, citation: { ...citation, startIndex, endIndex } };
    }
    return { place: 0, citation };
  }

  /** The piece of a text, in UTF-16 units; undefined if it is not in it. */
  #find(index: TextIndex, { start, end, text }: PlacedCitation): readonly [start: number, end: number] | undefined {
    const from = index.unitAt(start);
    const to = end === undefined ? undefined : index.unitAt(end);
    const isPlaced = from !== undefined && to !== undefined && from <= to;
    if (isPlaced && (text === undefined || index.text.slice(from, to) === text)) return [from, to];
    if (text === undefined || ++this.#searches > MAX_SEARCHES) return undefined;
    const at = index.text.indexOf(text);
    return at < 0 ? undefined : [at, at + text.length];
  }
}

/** Each search reads the whole text; answers have some tens of supports. */
const MAX_SEARCHES = 50;

/** A source is {web: …}, {retrievedContext: …}, {maps: …} or another one. */
function detailOf(source: JsonObject): JsonObject {
  return (
    Object.values(source)
      .map(asObject)
      .find((detail) => detail !== undefined) ?? source
  );
}

function makeCitation(raw: unknown, detail: JsonObject): Citation {
  return {
    startIndex: undefined,
    endIndex: undefined,
    uri: asText(detail.uri) ?? '',
    title: asText(detail.title) ?? '',
    citedText: asText(detail.text) ?? '',
    documentIndex: undefined,
    location: undefined,
    rawJson: JSON.stringify(raw).toWellFormed(),
  };
}
