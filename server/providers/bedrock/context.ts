/** What one encoding remembers while it goes over a request: adaptations, ids that were given, names of documents. */
import { AdaptationAction } from '../../model/wire.ts';
import type { Adapter } from '../shared/adapter.ts';
import { type Family, familyOf } from './model-id.ts';

/** The memory of one encoding. */
export interface EncodeContext {
  readonly adapter: Adapter;
  readonly family: Family;
  readonly ids: WireIds;
  readonly documentNames: DocumentNames;
}

/** A fresh memory. */
export function makeContext(adapter: Adapter): EncodeContext {
  const family = familyOf(adapter.target.upstreamModel);
  return { adapter, family, ids: new WireIds(adapter), documentNames: new DocumentNames(adapter) };
}

/** Ids of tool calls as Bedrock takes them: those of other providers may hold more, or be longer; call and result stay paired. */
export class WireIds {
  readonly #adapter: Adapter;
  readonly #given = new Map<string, string>();

  constructor(adapter: Adapter) {
    this.#adapter = adapter;
  }

  /** The id to send, the same each time for the same id. */
  take(id: string, field: string): string {
    if (WIRE_ID.test(id)) return id;
    // An id means nothing to the model, so that this is no error under STRICT.
    this.#adapter.report(
      field,
      AdaptationAction.REWRITTEN,
      'Bedrock takes 1 to 64 letters, digits, _ and - in ids only.',
    );
    const given = this.#given.get(id) ?? `kanmon_call_${this.#given.size + 1}`;
    this.#given.set(id, given);
    return given;
  }
}

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolUseBlock.html, read 2026-11-24. */
const WIRE_ID = /^[a-zA-Z0-9_-]{1,64}$/;

/**
 * Names of documents, which Bedrock demands, of few characters, and each only once in a request
 * (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_DocumentBlock.html, read 2026-11-24).
 */
export class DocumentNames {
  readonly #adapter: Adapter;
  readonly #taken = new Set<string>();

  constructor(adapter: Adapter) {
    this.#adapter = adapter;
  }

  /** The name to send for the one that the caller gave; empty: it gave none. */
  take(given: string, field: string): string {
    const clean = cleanName(given) || DEFAULT_NAME;
    const name = this.#unique(clean);
    // It is told to the model, but no more than a name: no error under STRICT.
    if (given === '')
      this.#adapter.report(field, AdaptationAction.ADDED, `Bedrock demands a name: "${name}" was sent.`);
    else if (name !== given) this.#adapter.report(field, AdaptationAction.REWRITTEN, NAME_RULE);
    return name;
  }

  #unique(clean: string): string {
    let name = clean;
    for (let copy = 2; this.#taken.has(name); copy++) name = `${clean} (${copy})`;
    this.#taken.add(name);
    return name;
  }
}

/** Neutral, as AWS recommends: a model may take a name for an instruction. */
const DEFAULT_NAME = 'document';

const NAME_RULE = 'Bedrock takes letters, digits, single spaces, -, ( ) and [ ] in names, each name once: rewritten.';

/** Bedrock takes 200 characters; a copy's number must fit behind. */
const MAX_NAME_LENGTH = 180;

function cleanName(name: string): string {
  return name
    .replaceAll(/[^A-Za-z0-9\s()[\]-]+/g, '-')
    .replaceAll(/\s+/g, ' ')
    .slice(0, MAX_NAME_LENGTH)
    .trim();
}
