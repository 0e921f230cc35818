/** A configuration's text as YAML nodes that know where they stand. Pure. */
import { isAlias, isMap, isScalar, LineCounter, type Node, parseDocument, type YAMLError } from 'yaml';
import type { Fault, Path } from './faults.ts';

/** Parsed text. */
export interface Source {
  /** The outermost node; undefined: the text says nothing. */
  readonly root: Node | undefined;
  /** What is wrong with it as YAML. */
  readonly faults: readonly Fault[];
  /** The node behind an alias; the node itself if it is none; undefined: an alias to nothing. */
  readonly follow: (node: Node) => Node | undefined;
  /** Remembers where a path stands; whoever walks the nodes says so. */
  readonly place: (path: Path, offset: number) => void;
  /** Makes a fault at a path, or at its nearest ancestor that has a place. */
  readonly fault: (path: Path, message: string) => Fault;
}

/** One entry of a map. */
export interface Entry {
  readonly key: string;
  readonly keyOffset: number;
  readonly value: Node | undefined;
}

/** Reads YAML 1.2 (core schema, one document, no duplicate keys). */
export function parseSource(file: string, text: string): Source {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, version: '1.2', schema: 'core' });
  const offsets = new Map<string, number>();
  const at = (path: Path, offset: number | undefined, message: string): Fault => {
    const position = offset === undefined ? { line: 0, col: 0 } : lines.linePos(offset);
    return { file, line: position.line, column: position.col, path, message };
  };
  const problems: readonly YAMLError[] = [...document.errors, ...document.warnings];
  return {
    root: document.contents ?? undefined,
    faults: problems.map((problem) => at([], problem.pos[0], describeProblem(problem))),
    follow: (node) => (isAlias(node) ? node.resolve(document) : node),
    place: (path, offset) => void offsets.set(JSON.stringify(path), offset),
    fault: (path, message) => at(path, nearest(offsets, path), message),
  };
}

/** Entries of a map; keys that are no plain text are given as they are written. */
export function mapEntries(node: Node): readonly Entry[] {
  if (!isMap(node)) return [];
  return node.items.map(({ key, value }) => {
    const name = isScalar(key) ? String(key.source ?? key.value) : String(key);
    // Parsed nodes have ranges, and maps of parsed documents hold parsed nodes.
    const keyNode = key as Node;
    return { key: name, keyOffset: keyNode.range?.[0] ?? 0, value: (value ?? undefined) as Node | undefined };
  });
}

/** The parser's words, without the text that it may quote: that could be a secret. */
function describeProblem({ code, message }: YAMLError): string {
  switch (code) {
    case 'DUPLICATE_KEY':
      return 'this key is there twice; keep one of them';
    case 'TAB_AS_INDENT':
      return 'indent with spaces, not with tabs';
    case 'MULTIPLE_DOCS':
      return 'the file has a second document (---); a configuration is one document';
    case 'TAG_RESOLVE_FAILED':
      return 'tags (!…) are not used in configurations';
    default:
      return `not YAML: ${message.replace(/[:\n"].*/s, '')}`;
  }
}

function nearest(offsets: ReadonlyMap<string, number>, path: Path): number | undefined {
  for (let length = path.length; length >= 0; length -= 1) {
    const offset = offsets.get(JSON.stringify(path.slice(0, length)));
    if (offset !== undefined) return offset;
  }
  return undefined;
}
