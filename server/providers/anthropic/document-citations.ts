/** Citations of documents: Anthropic takes them for all documents of a request or for none. */
import { AdaptationAction } from '../../model/wire.ts';
import type { Adapter } from '../shared/adapter.ts';
import { asList, isJsonObject } from '../shared/json.ts';
import type { Block } from './encode-media.ts';
import type { Entry } from './encode-parts.ts';

/**
 * Makes the documents agree: if one shall be cited, all are citable; with a schema for the answer none is
 * (https://platform.claude.com/docs/en/build-with-claude/citations and /structured-outputs, read 2026-11-24).
 */
export function alignDocumentCitations(entries: readonly Entry[], hasSchema: boolean, adapter: Adapter): void {
  const documents = entries.flatMap(findDocuments);
  if (!documents.some(({ block }) => block.citations !== undefined)) return;
  for (const { block, field } of documents) {
    if (hasSchema) {
      if (block.citations !== undefined) adapter.drop(field, 'Anthropic does not cite where the answer has a schema.');
      delete block.citations;
    } else if (block.citations === undefined) {
      block.citations = { enabled: true };
      adapter.report(field, AdaptationAction.REWRITTEN, 'Anthropic cites all documents or none: it may be cited too.');
    }
  }
}

interface DocumentPlace {
  readonly block: Block;
  readonly field: string;
}

function findDocuments({ block, field }: Entry): readonly DocumentPlace[] {
  if (block.type === 'document') return [{ block, field: `${field}.document.cite` }];
  if (block.type !== 'tool_result') return [];
  const path = `${field}.tool_result.content`;
  return asList(block.content)
    .filter(isBlock)
    .filter((piece) => piece.type === 'document')
    .map((piece) => ({ block: piece, field: path }));
}

/** Blocks of a request are this dialect's own, and fresh. */
function isBlock(value: unknown): value is Block {
  return isJsonObject(value);
}
