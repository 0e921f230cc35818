/** Citations of texts, both ways. */
import { type Citation, type CitationLocation, CitationLocationUnit } from '../../model/wire.ts';
import { asList, asObject, asText, isJsonObject, type JsonObject, tryParseJson } from '../shared/json.ts';
import { readCount } from '../shared/usage.ts';

/** A citation of a reply, or the delta that brings it; undefined if it is none. */
export function decodeCitation(wire: unknown): Citation | undefined {
  if (!isJsonObject(wire)) return undefined;
  const [kind, place] = readPlace(wire.location);
  return {
    // It is for the whole block: which characters of it are supported is not said.
    startIndex: undefined,
    endIndex: undefined,
    uri: asText(place?.url) || asText(wire.source) || '',
    title: asText(wire.title) ?? '',
    citedText: asList(wire.sourceContent)
      .map((content) => asText(asObject(content)?.text) ?? '')
      .join(''),
    documentIndex: readCount(place?.documentIndex),
    location: decodeLocation(kind, place),
    rawJson: JSON.stringify(wire).toWellFormed(),
  };
}

/** The citation as requests carry it; undefined if it is none of Converse. */
export function encodeCitation({ rawJson }: Citation): JsonObject | undefined {
  const raw = tryParseJson(rawJson);
  if (!isJsonObject(raw) || !Object.keys(raw).every((member) => MEMBERS.has(member))) return undefined;
  return 'location' in raw || 'sourceContent' in raw ? raw : undefined;
}

const MEMBERS: ReadonlySet<string> = new Set(['title', 'source', 'sourceContent', 'location']);

/** Kinds of places, and in what they count. */
const UNITS: ReadonlyMap<string | undefined, CitationLocationUnit> = new Map([
  ['documentChar', CitationLocationUnit.CHARACTER],
  ['documentPage', CitationLocationUnit.PAGE],
  ['documentChunk', CitationLocationUnit.BLOCK],
  ['searchResultLocation', CitationLocationUnit.BLOCK],
]);

function readPlace(location: unknown): readonly [kind: string | undefined, place: JsonObject | undefined] {
  const [kind, place] = Object.entries(asObject(location) ?? {}).find(([, value]) => isJsonObject(value)) ?? [];
  return [kind, asObject(place)];
}

function decodeLocation(kind: string | undefined, place: JsonObject | undefined): CitationLocation | undefined {
  const unit = UNITS.get(kind);
  const start = readCount(place?.start);
  const end = readCount(place?.end);
  return unit === undefined || start === undefined || end === undefined ? undefined : { unit, start, end };
}
