/** Citations of text blocks, both ways. */
import { type Citation, type CitationLocation, CitationLocationUnit } from '../../model/wire.ts';
import { asText, isJsonObject, type JsonObject, tryParseJson } from '../shared/json.ts';
import { readCount } from '../shared/usage.ts';

/** A citation of a reply; undefined if it is none. */
export function decodeCitation(wire: unknown): Citation | undefined {
  if (!isJsonObject(wire)) return undefined;
  const text = (member: string) => asText(wire[member]) ?? '';
  return {
    // Anthropic cites for the whole block: which characters of it are supported is not said.
    startIndex: undefined,
    endIndex: undefined,
    uri: text('url') || text('source'),
    title: text('title') || text('document_title'),
    citedText: text('cited_text'),
    documentIndex: readCount(wire.document_index),
    location: decodeLocation(wire),
    rawJson: JSON.stringify(wire),
  };
}

/** The citation as requests carry it; undefined if it is none of Anthropic's. */
export function encodeCitation({ rawJson }: Citation): JsonObject | undefined {
  const raw = tryParseJson(rawJson);
  if (!isJsonObject(raw) || typeof raw.type !== 'string') return undefined;
  const members = REQUEST_MEMBERS.get(raw.type);
  if (members === undefined) return undefined;
  const citation: Record<string, unknown> = { type: raw.type };
  for (const member of members) {
    if (!(member in raw)) return undefined;
    citation[member] = raw[member];
  }
  return citation;
}

const LOCATIONS: ReadonlyMap<unknown, readonly [CitationLocationUnit, start: string, end: string]> = new Map([
  ['char_location', [CitationLocationUnit.CHARACTER, 'start_char_index', 'end_char_index']],
  ['page_location', [CitationLocationUnit.PAGE, 'start_page_number', 'end_page_number']],
  ['content_block_location', [CitationLocationUnit.BLOCK, 'start_block_index', 'end_block_index']],
  ['search_result_location', [CitationLocationUnit.BLOCK, 'start_block_index', 'end_block_index']],
]);

const OF_DOCUMENT = ['cited_text', 'document_index', 'document_title'];

/** Members of each type in a request: replies have more (file_id), which requests refuse. */
const REQUEST_MEMBERS: ReadonlyMap<string, readonly string[]> = new Map([
  ['char_location', [...OF_DOCUMENT, 'start_char_index', 'end_char_index']],
  ['page_location', [...OF_DOCUMENT, 'start_page_number', 'end_page_number']],
  ['content_block_location', [...OF_DOCUMENT, 'start_block_index', 'end_block_index']],
  [
    'search_result_location',
    ['cited_text', 'search_result_index', 'source', 'title', 'start_block_index', 'end_block_index'],
  ],
  ['web_search_result_location', ['cited_text', 'encrypted_index', 'title', 'url']],
]);

function decodeLocation(wire: JsonObject): CitationLocation | undefined {
  const row = LOCATIONS.get(wire.type);
  if (row === undefined) return undefined;
  const [unit, startMember, endMember] = row;
  const start = readCount(wire[startMember]);
  const end = readCount(wire[endMember]);
  return start === undefined || end === undefined ? undefined : { unit, start, end };
}
